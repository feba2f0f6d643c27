import MailFormat
public import StatusCodes

// What a person pastes: a whole mail, or the part of one that a mail program showed.
extension MailAnalyzer {
    /// Tells what a report says that a person hands over, with or without the header of the mail.
    ///
    /// A text without a header is read as if a mail system had sent it, for whoever hands it over says so; what names no
    /// outcome even then is an ordinary mail.
    public static func analyze(
        pasted text: Span<UInt8>,
        limits: AnalysisLimits = AnalysisLimits(),
        rules: DecisionRules = .builtIn
    ) -> MailAnalysis {
        guard !hasHeader(text) else { return analyze(text, limits: limits, rules: rules) }
        var analyzer = Self(limits: limits, rules: rules)
        let header = Array(assumedHeader.utf8)
        analyzer.consume(header.span)
        analyzer.consume(text)
        let analysis = analyzer.finish()
        guard analysis.results.contains(where: { $0.finding != nil }) else { return .ordinary(isCut: analysis.isCut) }
        return analysis
    }

    /// The header of a mail that a mail system sends.
    private static let assumedHeader = """
        Return-Path: <>
        From: MAILER-DAEMON
        MIME-Version: 1.0
        Content-Type: text/plain; charset=utf-8
        Content-Transfer-Encoding: 8bit


        """

    /// Whether a text begins with the header of a mail, and not with some other lines that have a colon.
    private static func hasHeader(_ text: Span<UInt8>) -> Bool {
        let header = ReportHeader(text.extracting(start(of: text)...))
        return header.from != nil || header.subject != nil || header.returnPath != nil
    }
}

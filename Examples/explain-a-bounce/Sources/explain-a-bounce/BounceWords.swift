import BounceAnalysis
import DeliveryReports
import MailFormat
import StatusCodes

/// A mail about a mail in words: a paragraph about the mail, and one for each recipient.
struct BounceWords {
    let paragraphs: [String]

    /// Reads a mail; nil when it tells of no delivery.
    init?(_ message: [UInt8], _ catalogue: Catalogue) {
        // BounceAnalysis reads the mail of any system, with a part for programs or without, and concludes.
        let analysis = MailAnalyzer.analyze(message.span)
        let told = analysis.results.compactMap { result in
            result.finding.map { Self.words(for: result, $0, catalogue) }
        }
        guard !told.isEmpty else { return nil }
        paragraphs = [Self.heading(of: analysis, message)] + told
    }

    /// MailFormat reads the header: its fields, encoded words, dates.
    private static func heading(of analysis: MailAnalysis, _ message: [UInt8]) -> String {
        var lines: [String] = []
        if let subject = HeaderBlock(message.span).first("subject", message.span) {
            lines.append("Subject: \(EncodedWord.text(message.span, subject.value))")
        }
        if let reporter = analysis.reportingMTA { lines.append("Reported by: \(reporter)") }
        if let arrival = analysis.arrival { lines.append("Message arrived there: \(ISO8601.text(arrival))") }
        // DeliveryReports reads the part for programs alone (RFC 3464), where there is one.
        if let report = DeliveryReport(message.span), let envelope = report.originalEnvelopeID {
            lines.append("Envelope: \(envelope)")
        }
        return lines.joined(separator: "\n")
    }

    /// StatusCodes says what a finding means.
    private static func words(for result: RecipientResult, _ finding: Finding, _ catalogue: Catalogue) -> String {
        // DeliveryReports has an Explanation too, hence the module's name.
        let explanation = Explanation(finding, in: catalogue)
        let outcome = result.action.map { " \($0.rawValue)" } ?? ""
        return "<\(result.recipient ?? result.originalRecipient ?? "?")>\(outcome)\n\(explanation)"
    }
}

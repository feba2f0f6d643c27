import DeliveryReports
import MailFormat
public import StatusCodes

/// Reads any mail about a mail and tells, for each recipient, what became of it.
///
/// The order of trust: a part for programs (RFC 3464, RFC 5965, RFC 8098), fields like its own wherever they stand, a
/// reply that a notice quotes, a sentence. Whatever is found becomes evidence for the one decision table.
///
/// A mail may come in pieces: no more of it is kept than `limits` say, and the result tells when that was not all.
public struct MailAnalyzer: Sendable {
    private let limits: AnalysisLimits
    private let rules: DecisionRules
    private var kept: [UInt8] = []
    private var isCut = false

    /// Starts at the beginning of a mail; the rules say what replies mean.
    public init(limits: AnalysisLimits = AnalysisLimits(), rules: DecisionRules = .builtIn) {
        self.limits = limits
        self.rules = rules
    }

    /// Takes the next bytes of the mail.
    public mutating func consume(_ bytes: Span<UInt8>) {
        let room = limits.octets - kept.count
        kept.append(bytes, ByteRange(0, min(room, bytes.count)))
        if bytes.count > room { isCut = true }
    }

    /// Ends the mail and tells what it is.
    public consuming func finish() -> MailAnalysis {
        var analysis = Self.analyze(kept.span, limits: limits, rules: rules)
        analysis.isCut = analysis.isCut || isCut
        return analysis
    }

    /// Tells what a mail is that is in memory.
    public static func analyze(
        _ bytes: Span<UInt8>,
        limits: AnalysisLimits = AnalysisLimits(),
        rules: DecisionRules = .builtIn
    ) -> MailAnalysis {
        guard bytes.count <= limits.octets else {
            var analyzer = Self(limits: limits, rules: rules)
            analyzer.consume(bytes)
            return analyzer.finish()
        }
        let start = start(of: bytes)
        if start > 0, start < bytes.count {
            let rest = bytes.copy(ByteRange(start, bytes.count))
            return MailReading(rest.span, limits, rules).analysis(rest.span)
        }
        return MailReading(bytes, limits, rules).analysis(bytes)
    }

    /// Where a mail begins: behind a byte order mark, and empty lines, with which some programs store mail.
    static func start(of bytes: Span<UInt8>) -> Int {
        var start = bytes.matches("\u{FEFF}", at: 0) ? 3 : 0
        while start < bytes.count, bytes[start] == ASCII.lineFeed || bytes[start] == ASCII.carriageReturn { start += 1 }
        return start
    }
}

import DeliveryReports
import MailFormat
import StatusCodes

/// A delivery report (RFC 3464) in words: a paragraph about the report, and one for each recipient.
struct BounceWords {
    let paragraphs: [String]

    /// Reads a message; nil when it is no delivery report.
    init?(_ message: [UInt8], _ catalogue: Catalogue) {
        guard let report = DeliveryReport(message.span), !report.recipients.isEmpty else { return nil }
        paragraphs = [Self.heading(of: report, message)] + report.recipients.map { Self.words(for: $0, catalogue) }
    }

    /// MailFormat reads the header: its fields, encoded words, dates.
    private static func heading(of report: DeliveryReport, _ message: [UInt8]) -> String {
        var lines: [String] = []
        if let subject = HeaderBlock(message.span).first("subject", message.span) {
            lines.append("Subject: \(EncodedWord.text(message.span, subject.value))")
        }
        if let reporter = report.reportingMTA { lines.append("Reported by: \(reporter)") }
        if let arrival = report.arrival { lines.append("Message arrived there: \(ISO8601.text(arrival))") }
        return lines.joined(separator: "\n")
    }

    /// DeliveryReports reads what happened, StatusCodes concludes what it means.
    private static func words(for recipient: DeliveryReport.Recipient, _ catalogue: Catalogue) -> String {
        var reply = PrintedReply(parsing: recipient.diagnostic?.lines.joined(separator: "\n") ?? "")
        reply.status = reply.status ?? recipient.status
        let finding = DecisionTable.decide(Evidence(stage: .report, reply: reply, source: .dsn))
        let explanation = Explanation(finding, in: catalogue)
        let address = recipient.finalRecipient ?? recipient.originalRecipient ?? "?"
        return "<\(address)>\n\(explanation)"
    }
}

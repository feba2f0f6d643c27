import BounceAnalysis
import DeliveryReports
import StatusCodes

/// One mail of `analyze` for a person.
struct AnalysisText {
    let analysis: MailAnalysis
    let place: MailPlace

    /// A line for the mail, and two for each recipient.
    var text: String {
        var name = place.file ?? "standard input"
        if let number = place.number { name += ", mail \(number)" }
        var text = "\(name): \(analysis.kind.rawValue)"
        if let id = analysis.original.messageID { text += ", about <\(id)>" }
        if analysis.isCut { text += ", too large to be read to its end" }
        text += "\n"
        for result in analysis.results { text += Self.lines(result) }
        return text
    }

    private static func lines(_ result: RecipientResult) -> String {
        var line = "  \(result.recipient ?? "(no address)")"
        if let original = result.originalRecipient { line += " (sent to \(original))" }
        guard let finding = result.finding else {
            return line + (result.feedbackType.map { "  \($0)" } ?? "") + "\n"
        }
        let action = result.action.map { "\($0.rawValue), " } ?? ""
        line += "  \(action)\(finding.status) \(finding.cause.name), \(finding.bounce.rawValue), "
        line += "fault: \(finding.fault.rawValue), \(finding.confidence.rawValue)\n"
        if let diagnostic = result.diagnostic, !diagnostic.isEmpty {
            line += "    \(diagnostic.split(separator: "\n").joined(separator: "\n    "))\n"
        }
        return line
    }
}

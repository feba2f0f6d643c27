import BounceAnalysis
import DeliveryReports
import MailFormat
import StatusCodes

/// One address of `analyze` with the keys and reasons of Sisimai's dump, so that its users can switch.
struct SisimaiRecord {
    /// The object on one line.
    let json: String

    init(_ analysis: MailAnalysis, _ result: RecipientResult, _ place: MailPlace) {
        let original = analysis.original
        let recipient = result.recipient ?? ""
        let sender = original.returnPath ?? original.from ?? ""
        let reason = Self.reason(analysis, result)
        let status = Self.status(result)
        var object = OrderedObject()
        if let file = place.file { object.add("file", file) }
        if let number = place.number { object.add("number", number) }
        object.add("recipient", recipient)
        object.add("addresser", sender)
        object.add("alias", result.originalRecipient ?? "")
        object.add("deliverystatus", status?.description ?? "")
        object.add("replycode", Self.replyCode(result, status))
        object.add("reason", reason)
        object.add("hardbounce", result.finding?.bounce == .hard)
        object.add("action", Self.action(result, reason))
        object.add("diagnosticcode", (result.diagnostic ?? "").replacingNewlines)
        object.add("diagnostictype", result.diagnosticType.uppercased())
        object.add("feedbacktype", result.feedbackType ?? "")
        object.add("smtpcommand", Self.command(result.evidence?.stage))
        object.add("lhost", analysis.reportingMTA ?? "")
        object.add("rhost", result.remoteMTA ?? "")
        object.add("destination", Self.domain(recipient))
        object.add("senderdomain", Self.domain(sender))
        object.add("messageid", original.messageID ?? "")
        object.add("subject", original.subject ?? "")
        object.add("timestamp", Int(original.date?.seconds ?? 0))
        json = object.text
    }

    /// The reason in that vocabulary.
    private static func reason(_ analysis: MailAnalysis, _ result: RecipientResult) -> String {
        switch analysis.kind {
        case .feedback: return "feedback"
        case .autoReply: return "vacation"
        default: break
        }
        guard let finding = result.finding, let evidence = result.evidence else { return "undefined" }
        let reason = finding.cause.sisimaiReason(at: evidence.stage)
        // What timed out is called expired there, also within a session.
        if finding.cause == .connectionLost, result.diagnostic?.lowercased().contains("timed out") ?? false {
            return "expired"
        }
        // A program on the reporter's own system that says nothing else has a reason of its own there.
        return result.diagnosticType == "x-unix" && finding.cause == .unexplained ? "mailererror" : reason
    }

    /// The printed status; else the concluded one, in the class of the reply where one was printed: a refusal that we
    /// would answer with another attempt is still a refusal in a report.
    private static func status(_ result: RecipientResult) -> EnhancedStatusCode? {
        guard result.printedStatus == nil, let finding = result.finding, let statusClass = result.reply?.statusClass
        else { return result.printedStatus ?? result.finding?.status }
        return EnhancedStatusCode(statusClass, finding.status.status)
    }

    /// What it calls expired has the action `delayed` there.
    private static func action(_ result: RecipientResult, _ reason: String) -> String {
        guard let action = result.action else { return "" }
        return reason == "expired" ? "delayed" : action.rawValue
    }

    /// A code whose first digit contradicts the status is left out there.
    private static func replyCode(_ result: RecipientResult, _ status: EnhancedStatusCode?) -> String {
        guard let code = result.reply else { return "" }
        if let status, let codeClass = code.statusClass, codeClass != status.statusClass { return "" }
        return code.description
    }

    private static func command(_ stage: Stage?) -> String {
        switch stage {
        case .connect, .greeting: "CONN"
        case .helo: "EHLO"
        case .starttls, .tls: "STARTTLS"
        case .auth: "AUTH"
        case .mail: "MAIL"
        case .rcpt: "RCPT"
        case .data, .dot, .bdat: "DATA"
        case .quit: "QUIT"
        default: ""
        }
    }

    private static func domain(_ address: String) -> String {
        address.lastIndex(of: "@").map { String(address[address.index(after: $0)...]) } ?? ""
    }
}

extension String {
    /// The text on one line.
    fileprivate var replacingNewlines: String { split(separator: "\n").joined(separator: " ") }
}

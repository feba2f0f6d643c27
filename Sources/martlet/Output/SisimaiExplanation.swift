import Foundation
import StatusCodes

/// An explanation with the keys and the vocabulary of Sisimai's `dump`, so that its users can switch without changing
/// their scripts; `line` is ours.
///
/// Status and reply code are the printed ones where they are well-formed, else the concluded ones, else empty.
struct SisimaiExplanation {
    let explanation: Explanation?
    let text: String
    let line: Int?

    /// Makes one; without an explanation it says that too little is known.
    init(_ explanation: Explanation?, text: String, line: Int?) {
        self.explanation = explanation
        self.text = text
        self.line = line
    }

    /// The object on one line.
    var json: String {
        var object = OrderedObject()
        if let line { object.add("line", line) }
        object.add("recipient", "")
        object.add("deliverystatus", status)
        object.add("replycode", reply)
        object.add("reason", reason)
        object.add("hardbounce", explanation?.finding.bounce == .hard)
        object.add("action", action)
        object.add("diagnosticcode", text)
        object.add("diagnostictype", "SMTP")
        object.add("smtpcommand", explanation.flatMap { Self.command(of: $0.stage) } ?? "")
        object.add("rhost", "")
        object.add("lhost", "")
        object.add("destination", "")
        object.add("senderdomain", "")
        object.add("feedbacktype", "")
        return object.text
    }

    private var reason: String {
        guard let explanation else { return "onhold" }
        return explanation.finding.cause.sisimaiReason(at: explanation.stage)
    }

    private var status: String {
        guard let finding = explanation?.finding else { return "" }
        return (finding.printed?.status ?? finding.status).description
    }

    private var reply: String { explanation?.finding.printed?.code?.description ?? "" }

    private var action: String {
        guard let finding = explanation?.finding else { return "" }
        switch finding.status.statusClass {
        case .success: return finding.cause == .relayed ? "relayed" : "delivered"
        case .persistentTransientFailure: return "delayed"
        case .permanentFailure: return "failed"
        }
    }

    private static func command(of stage: Stage) -> String? {
        switch stage {
        case .connect, .greeting: "CONN"
        case .helo: "EHLO"
        case .starttls: "STARTTLS"
        case .auth: "AUTH"
        case .mail: "MAIL"
        case .rcpt: "RCPT"
        case .data, .bdat, .burl, .dot: "DATA"
        default: nil
        }
    }
}

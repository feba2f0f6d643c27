import MailFormat
import Relay
import StatusCodes

/// An event for a person, and for a script.
extension EventItem {
    /// One line.
    var text: String {
        var line = "\(time)  \(name)  \(message)"
        if let recipient { line += "  \(Printable.text(recipient))" }
        if let by { line += "  by \(Printable.text(by))" }
        if let reason { line += ": \(Printable.text(reason))" }
        guard let attempt else { return line }
        line += "  \(attempt.status) \(attempt.cause)"
        if !attempt.reply.isEmpty {
            line += "  \(attempt.remote.isEmpty ? "" : "\(attempt.remote) said: ")\(Printable.reply(attempt.reply))"
        }
        return line
    }

    /// The object on one line: keys in the promised order, absent when unknown.
    var json: String {
        var object = OrderedObject()
        object.add("id", Int(number))
        object.add("time", time)
        object.add("event", name)
        object.add("message", message)
        if let recipient { object.add("recipient", recipient) }
        if let by { object.add("by", by) }
        if let reason { object.add("reason", reason) }
        if let attempt { Self.add(attempt, to: &object) }
        return object.text
    }

    private var time: String { ISO8601.text(Timestamp(milliseconds: at), milliseconds: true) }

    private static func add(_ attempt: QueueItem.Attempt, to object: inout OrderedObject) {
        if let status = EnhancedStatusCode(attempt.status) { Self.add(status, to: &object) }
        func add(_ key: StaticString, _ value: String) {
            if !value.isEmpty { object.add(key, value) }
        }
        add("reply", attempt.reply)
        add("cause", attempt.cause)
        if let cause = Cause(name: attempt.cause) { object.add("fault", cause.fault.rawValue) }
        add("condition", attempt.condition)
        add("rule", attempt.rule)
        add("stage", attempt.stage)
        add("remote", attempt.remote)
        object.add("outcome_known", attempt.outcome_known)
    }

    private static func add(_ status: EnhancedStatusCode, to object: inout OrderedObject) {
        object.add("status") { object in
            object.add("class", Int(status.statusClass.rawValue))
            object.add("subject", Int(status.status.subject))
            object.add("detail", Int(status.status.detail))
            object.add("code", status.description)
        }
    }
}

import Relay

/// The queue as lines for a person.
enum QueueText {
    static let header = "ID             SIZE  AGE     STATE     SENDER → RECIPIENTS"

    /// One message, one line; the reason of the first recipient that has one beneath.
    static func row(_ item: QueueItem) -> String {
        let sender = item.sender.isEmpty ? "<>" : item.sender
        let first = item.recipients.first?.address ?? "(none)"
        let more = item.recipients.count > 1 ? " +\(item.recipients.count - 1)" : ""
        var line = "\(item.queue_id)  \(pad(size(item.message_size), 5)) \(pad(age(item.arrival_time), 7)) "
        line += "\(pad(item.queue_name, 9)) \(sender) → \(first)\(more)"
        if let reason = item.recipients.lazy.compactMap(\.delay_reason).first {
            line += "\n               \(Printable.text(reason))"
        }
        return line
    }

    /// Everything about a message.
    static func details(_ item: QueueItem) -> [String] {
        var lines = [
            "message    \(item.queue_id)", "arrived    \(iso(item.arrival_time)) (\(age(item.arrival_time)) ago)",
            "size       \(item.message_size) bytes", "sender     \(item.sender.isEmpty ? "<>" : item.sender)",
        ]
        for recipient in item.recipients {
            lines.append("recipient  \(recipient.address): \(standing(recipient))")
            for attempt in recipient.history ?? [] { lines += history(attempt) }
        }
        return lines
    }

    /// Why each recipient is where it is and what would change it.
    static func why(_ item: QueueItem) -> [String] {
        item.recipients.flatMap { recipient -> [String] in
            var lines = ["\(recipient.address): \(standing(recipient))"]
            if let history = recipient.history, !history.isEmpty {
                lines += history.flatMap(Self.history)
            } else {
                lines.append("  no attempt has ended yet")
            }
            return lines
        }
    }

    private static func standing(_ recipient: QueueItem.Recipient) -> String {
        let next = recipient.next.map { " \($0)" } ?? ""
        switch recipient.state {
        case "leased": return "being delivered now (until\(next) at the latest)"
        case "scheduled": return "next attempt\(next), after \(recipient.attempts) without success"
        default:
            return
                "held\(recipient.hold.map { ": \($0)" } ?? "")\(recipient.next.map { "; to be reviewed \($0)" } ?? "")"
        }
    }

    private static func history(_ attempt: QueueItem.Attempt) -> [String] {
        var lines = [
            "  \(attempt.at)  \(attempt.remote.isEmpty ? "no host reached" : attempt.remote), stage \(attempt.stage)"
        ]
        if !attempt.reply.isEmpty {
            lines.append("    said: \(Printable.reply(attempt.reply))")
        }
        lines.append("    concluded: \(attempt.status) \(attempt.cause) (\(attempt.condition)), rule \(attempt.rule)")
        if !attempt.outcome_known {
            lines.append("    the reply to the final dot was lost: the peer may have taken it")
        }
        return lines
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text.count >= width ? text : text + String(repeating: " ", count: width - text.count)
    }

    private static func size(_ bytes: Int) -> String {
        bytes < 10_000 ? "\(bytes)" : bytes < 10_000_000 ? "\(bytes / 1000)K" : "\(bytes / 1_000_000)M"
    }

    private static func age(_ arrival: Int64) -> String {
        let seconds = max(0, Moment.nowSeconds - arrival)
        switch seconds {
        case ..<120: return "\(seconds)s"
        case ..<7200: return "\(seconds / 60)m"
        case ..<172_800: return "\(seconds / 3600)h"
        default: return "\(seconds / 86400)d"
        }
    }

    private static func iso(_ seconds: Int64) -> String { Moment.iso(seconds) }
}

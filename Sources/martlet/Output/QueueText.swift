import Relay

/// The queue as lines for a person.
enum QueueText {
    static let header = "ID             SIZE  AGE     STATE     SENDER → RECIPIENTS"

    /// One message, one line; the reason of the first recipient that has one beneath.
    static func row(_ item: QueueItem) -> String {
        let first = item.recipients.first?.address ?? "(none)"
        let more = item.recipients.count > 1 ? " +\(item.recipients.count - 1)" : ""
        let (bytes, old) = (item.message_size.map(size) ?? "-", item.arrival_time.map(age) ?? "-")
        var line = "\(item.queue_id)  \(pad(bytes, 5)) \(pad(old, 7)) "
        line += "\(pad(item.queue_name, 9)) \(item.sender.map(path) ?? "-") → \(first)\(more)"
        if let reason = item.recipients.lazy.compactMap(\.delay_reason).first {
            line += "\n               \(Printable.text(reason))"
        }
        return line
    }

    /// Everything about a message.
    static func details(_ item: QueueItem) -> [String] {
        var lines = ["message    \(item.queue_id)"]
        if let arrival = item.arrival_time { lines.append("arrived    \(iso(arrival)) (\(age(arrival)) ago)") }
        if let size = item.message_size { lines.append("size       \(size) bytes") }
        if let sender = item.sender { lines.append("sender     \(path(sender))") }
        for recipient in item.recipients {
            lines.append("recipient  \(recipient.address): \(standing(recipient))")
            for attempt in recipient.history ?? [] { lines += history(attempt) }
        }
        return lines
    }

    /// Why each recipient is where it is and what would change it; what became of those that are done.
    static func why(_ item: QueueItem) -> [String] {
        item.recipients.flatMap { recipient -> [String] in
            var lines = ["\(recipient.address): \(standing(recipient))"]
            if let history = recipient.history, !history.isEmpty {
                lines += history.flatMap(Self.history)
            } else {
                lines.append("  no attempt has ended yet")
            }
            if let wait = recipient.waits_for { lines.append("  \(text(wait))") }
            return lines
        } + (item.ended ?? []).flatMap(past)
    }

    private static func path(_ sender: String) -> String { sender.isEmpty ? "<>" : sender }

    private static func standing(_ recipient: QueueItem.Recipient) -> String {
        let next = recipient.next.map { " \($0)" } ?? ""
        switch recipient.state {
        case "leased":
            let what = recipient.waits_for == nil ? "being delivered now" : "its turn comes"
            return "\(what) (until\(next) at the latest)"
        case "scheduled": return "next attempt\(next), after \(recipient.attempts) without success"
        default:
            return
                "held\(recipient.hold.map { ": \($0)" } ?? "")\(recipient.next.map { "; to be reviewed \($0)" } ?? "")"
        }
    }

    private static func text(_ wait: QueueItem.Wait) -> String {
        var place = Printable.text(wait.destination)
        if let domains = wait.site_domains {
            place = "the site \(place), which \(domains) domain\(domains == 1 ? "" : "s") of the queue share"
            if domains == 1 { place += "s" }
        }
        let end = wait.until.map { " until \($0)" } ?? ""
        switch wait.limit {
        case "pause": return "waits for the end of a pause\(end)\(wait.trouble.map { " (\($0))" } ?? "") of \(place)"
        case "rate": return "waits for the rate\(end) of \(place)"
        default: return "waits for a connection to \(place): as many as may be are in use"
        }
    }

    // MARK: What is done

    private static func past(_ ended: QueueItem.Ended) -> [String] {
        ["\(ended.address.map(Printable.text) ?? "the whole message"): \(ended.state)"] + ended.timeline.flatMap(step)
    }

    private static func step(_ step: QueueItem.Step) -> [String] {
        var line = "  \(step.at)  \(words[step.event] ?? step.event)"
        if let by = step.by { line += " by \(Printable.text(by))" }
        if let reason = step.reason { line += ": \(Printable.text(reason))" }
        return [line] + (step.attempt.map(conclusion) ?? [])
    }

    /// What the events mean to somebody who asks about one message.
    private static let words = [
        "recipient.relayed": "another system took it", "recipient.failed": "refused for good",
        "recipient.expired": "given up", "recipient.suppressed": "not tried, for it is on the suppression list",
        "recipient.bounced": "a report says that it failed after that",
        "recipient.complained": "the recipient complained about it", "message.deleted": "deleted",
    ]

    private static func history(_ attempt: QueueItem.Attempt) -> [String] {
        var lines = [
            "  \(attempt.at)  \(attempt.remote.isEmpty ? "no host reached" : attempt.remote), stage \(attempt.stage)"
        ]
        lines += conclusion(attempt)
        if !attempt.outcome_known {
            lines.append("    the reply to the final dot was lost: the peer may have taken it")
        }
        return lines
    }

    private static func conclusion(_ attempt: QueueItem.Attempt) -> [String] {
        let said = attempt.reply.isEmpty ? [] : ["    said: \(Printable.reply(attempt.reply))"]
        let condition = attempt.condition.isEmpty ? "" : " (\(attempt.condition))"
        return said + ["    concluded: \(attempt.status) \(attempt.cause)\(condition), rule \(attempt.rule)"]
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

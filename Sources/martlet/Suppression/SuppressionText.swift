import MailFormat
import Relay

/// The suppression list as text for people, and in the formats of other services.
enum SuppressionText {
    /// One subject, one line.
    static func row(_ item: SuppressionItem) -> String { "\(Printable.text(item.address))  \(standing(item))" }

    /// Everything about one subject.
    static func details(_ item: SuppressionItem) -> [String] {
        var lines = [row(item)]
        for attempt in item.history ?? [] {
            lines.append("  \(attempt.at)  \(attempt.status) \(attempt.cause), rule \(attempt.rule)")
            let speaker = attempt.remote.isEmpty ? "" : "\(attempt.remote) said: "
            if !attempt.reply.isEmpty { lines.append("    \(speaker)\(Printable.reply(attempt.reply))") }
        }
        return lines
    }

    /// What would become of mail for it.
    static func preview(_ item: SuppressionItem) -> String {
        var line = "\(Printable.text(item.address))  \(item.outlook ?? "")"
        if item.origin != "none" { line += "  (\(standing(item)))" }
        return line
    }

    private static func standing(_ item: SuppressionItem) -> String {
        let end = item.until.map { "until \($0)" } ?? "until it is lifted"
        let verdict =
            item.suppressed
            ? "suppressed \(end)" : item.until == nil ? "not suppressed" : "over since \(item.until ?? "")"
        guard let attempt = item.evidence else {
            return "\(verdict), by \(Printable.text(item.by ?? item.origin)) since \(item.since): "
                + Printable.text(item.reason ?? "")
        }
        let times = item.count.map { $0 == 1 ? "once" : "\($0) times" } ?? ""
        let said = attempt.reply.isEmpty ? attempt.status : Printable.reply(attempt.reply)
        return "\(verdict), \(attempt.cause) \(times) since \(item.since): \(said)"
    }
}

extension SuppressionItem {
    /// The object on one line: keys in the promised order, absent when unknown.
    var json: String {
        var object = OrderedObject()
        object.add("address", address)
        object.add("suppressed", suppressed)
        if let until { object.add("until", until) }
        object.add("origin", origin)
        object.add("since", since)
        if let by { object.add("by", by) }
        if let reason { object.add("reason", reason) }
        if let count { object.add("count", count) }
        if let provider { object.add("provider", provider) }
        if let message { object.add("message", message) }
        if let evidence { object.add("evidence") { evidence.write(to: &$0) } }
        if let history { object.add("history", objectsOf: history) { $1.write(to: &$0) } }
        if let outlook { object.add("outlook", outlook) }
        return object.text
    }
}

/// `suppression export --format …`.
enum ExportFormat: String, CaseIterable {
    case json
    case ses
    case sendgrid
    case postmark

    /// The line before the first; nil where there is none.
    var header: String? {
        switch self {
        case .json, .ses: nil
        case .sendgrid: "status,reason,email,created"
        case .postmark: "EmailAddress,SuppressionReason,Origin,CreatedAt"
        }
    }

    /// One subject; nil for a whole domain where the format has no word for that.
    func line(_ item: SuppressionItem) -> String? {
        guard self == .json || !item.address.hasPrefix("@") else { return nil }
        let isComplaint = item.origin == "complaint"
        switch self {
        case .json: return item.json
        case .ses: return CSVReader.row([item.address, isComplaint ? "COMPLAINT" : "BOUNCE"])
        case .sendgrid:
            let created = ISO8601.read(item.since).map { "\($0.seconds)" } ?? ""
            return CSVReader.row([
                item.evidence?.status ?? "", item.evidence?.reply ?? item.reason ?? "", item.address, created,
            ])
        case .postmark:
            let reason = isComplaint ? "SpamComplaint" : item.origin == "operator" ? "ManualSuppression" : "HardBounce"
            return CSVReader.row([item.address, reason, item.origin == "operator" ? "Admin" : "Recipient", item.since])
        }
    }
}

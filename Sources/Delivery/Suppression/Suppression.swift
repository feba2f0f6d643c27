public import MailFormat
import StatusCodes

/// The decision not to attempt a delivery, with what it rests on.
public struct Suppression: Hashable, Sendable {
    /// Whom it is about.
    public let subject: SuppressionSubject
    /// Until when; nil until somebody lifts it.
    public let until: Timestamp?
    /// Why.
    public let ground: Ground

    /// What a suppression rests on.
    public enum Ground: Hashable, Sendable {
        /// Somebody's word.
        case entry(SuppressionEntry)
        /// Refusals: the latest of them, how many, since when.
        case sightings(latest: Sighting, count: Int, since: Timestamp)
    }

    /// Whether it holds at an instant.
    public func holds(at now: Timestamp) -> Bool { until.map { now < $0 } ?? true }

    /// The instant until which it holds in milliseconds; `.max` for one without end.
    var deadline: Int64 { until?.milliseconds ?? .max }

    /// The old evidence in one line, for replies, reports and lists.
    public var quotation: String {
        let end = until.map { "until \(ISO8601.text($0))" } ?? "until it is lifted"
        switch ground {
        case .entry(let entry):
            return "suppressed \(end) by \(entry.by) since \(ISO8601.text(entry.at)): \(entry.reason)"
        case .sightings(let latest, let count, let since):
            let attempt = latest.attempt
            let times = count == 1 ? "" : ", \(count) times since \(ISO8601.text(since))"
            let reply = attempt.reply.split(separator: "\n").joined(separator: " / ")
            let speaker = attempt.remote.isEmpty ? "" : "\(attempt.remote) said "
            let said = reply.isEmpty ? attempt.status.description : Self.clipped(reply)
            return "suppressed \(end) for \(attempt.cause)\(times): \(speaker)\(said) at \(ISO8601.text(latest.at))"
        }
    }

    /// The octets of an old reply that are quoted: a reply line of our own has 512 (RFC 5321 §4.5.3.1.5).
    private static let quotedOctets = 200

    private static func clipped(_ text: String) -> String {
        guard text.utf8.count > quotedOctets else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: quotedOctets)
        while text.utf8[end] & 0xC0 == 0x80 { end = text.utf8.index(before: end) }
        return String(text[..<end]) + "…"
    }
}

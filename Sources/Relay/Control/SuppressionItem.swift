package import Delivery
package import MailFormat
import StatusCodes

/// What is known against an address or a domain, as people and scripts see it.
package struct SuppressionItem: Codable, Sendable {
    /// The address, or `@domain`.
    package var address: String
    /// Whether mail for it is not attempted now.
    package var suppressed: Bool
    /// Until when (ISO 8601); nil when it is not, or until somebody lifts it.
    package var until: String?
    /// What it rests on: `finding`, `operator`, `import`, `complaint`.
    package var origin: String
    /// When it began: the first refusal of the chain, or when somebody said so (ISO 8601).
    package var since: String
    /// Who said so; nil for a finding.
    package var by: String?
    /// Why, in their words.
    package var reason: String?
    /// How many findings of this cause count.
    package var count: Int?
    /// Who refused: a provider, else a domain.
    package var provider: String?
    /// The message that was refused last.
    package var message: String?
    /// The latest refusal; nil for somebody's word.
    package var evidence: QueueItem.Attempt?
    /// Everything that is kept, oldest first; `show` only.
    package var history: [QueueItem.Attempt]?
    /// What another refusal like the latest would do now; `preview` only.
    package var outlook: String?
}

extension SuppressionItem {
    /// A record as people see it at an instant.
    package init(_ record: SuppressionRecord, at now: Timestamp, withHistory: Bool = false) {
        let suppression = record.suppression
        let holds = suppression?.holds(at: now) ?? false
        let entry: SuppressionEntry?
        let latest: Sighting?
        var (count, since) = (Int?.none, Timestamp?.none)
        switch suppression?.ground {
        case .entry(let word): (entry, latest, since) = (word, nil, word.at)
        case .sightings(let sighting, let number, let first):
            (entry, latest) = (nil, sighting)
            (count, since) = (number, first)
        case nil: (entry, latest) = (nil, record.sightings.last)
        }
        if let latest, count == nil {
            let alike = record.sightings.filter { $0.attempt.cause == latest.attempt.cause }
            (count, since) = (alike.count, alike.first?.at)
        }
        self.init(
            address: record.subject.text,
            suppressed: holds,
            until: suppression?.until.map { ISO8601.text($0) },
            origin: entry?.origin.rawValue ?? "finding",
            since: ISO8601.text(since ?? now),
            by: entry?.by,
            reason: entry?.reason,
            count: count,
            provider: latest?.provider,
            message: latest?.recipient?.message.description,
            evidence: latest.map { QueueItem.Attempt($0.attempt) },
            history: withHistory ? record.sightings.map { QueueItem.Attempt($0.attempt) } : nil
        )
    }

    /// A record with what would come next: what stands now, or what one more refusal like the latest would do.
    package init(previewing record: SuppressionRecord, at now: Timestamp) {
        self.init(record, at: now)
        if record.suppression?.holds(at: now) == true {
            outlook = "refused at submission, and not attempted"
        } else if let next = record.outlook(at: now) {
            outlook = next.until.map { "another refusal suppresses it until \(ISO8601.text($0))" } ?? Self.forGood
        } else {
            outlook = "attempted; another refusal is not enough yet"
        }
    }

    private static let forGood = "another refusal suppresses it until it is lifted"

    /// An address of which nothing is known.
    package init(unknown subject: SuppressionSubject, at now: Timestamp) {
        self.init(
            address: subject.text,
            suppressed: false,
            origin: "none",
            since: ISO8601.text(now),
            outlook: "attempted; nothing is known against it"
        )
    }
}

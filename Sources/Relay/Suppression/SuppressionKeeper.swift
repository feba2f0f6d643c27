package import Delivery
package import MailFormat
import SMTPProtocol
import StatusCodes

/// Keeps the suppression list on the queue thread: turns what became of recipients into evidence, and looks after it.
///
/// A batch is counted as a whole before any of it becomes evidence, so that a provider that suddenly refuses everybody
/// bans nobody of that batch either (`RefusalWatch`). Recipients of our own domains leave no evidence: their addresses
/// are looked up in our own directory for every message, and a list would only outlive it.
package struct SuppressionKeeper {
    private let gate: SuppressionGate
    let reader: any QueueReader
    private let log: EventLog
    private var ownDomains: Set<String>
    private var watch = RefusalWatch(seed: .random(in: .min ... .max))
    /// What providers said that are not believed any more: still to be taken back, a page a turn.
    var retractions: [PendingRetraction] = []
    private var isFullNoted = false
    /// When the next page is looked at for what may be forgotten, and the subject behind which it begins.
    var nextSweep: Timestamp
    var sweepPosition: SuppressionSubject?

    /// Evidence to be taken back, and how far that has come.
    struct PendingRetraction {
        let retraction: Retraction
        var position: SightedSubject?
    }

    /// Makes a keeper; the first look for what may be forgotten comes an hour after the start.
    package init(
        gate: SuppressionGate,
        reader: any QueueReader,
        configuration: RelayConfiguration,
        log: EventLog,
        now: Timestamp
    ) {
        self.gate = gate
        self.reader = reader
        self.log = log
        self.ownDomains = Self.ownDomains(configuration)
        self.nextSweep = now.advanced(by: .seconds(3600))
    }

    private static func ownDomains(_ configuration: RelayConfiguration) -> Set<String> {
        configuration.admission.localDomains.union(configuration.admission.relayDomains)
    }

    /// Goes on under another configuration.
    mutating func follow(_ configuration: RelayConfiguration) { ownDomains = Self.ownDomains(configuration) }

    /// Fills the gate with what the store knows; before anything is accepted or sent.
    package static func load(_ gate: SuppressionGate, from reader: any QueueReader) throws(StoreError) {
        var last: SuppressionSubject?
        while true {
            let page = try reader.suppressions(after: last, limit: loadedAtOnce)
            gate.update(page)
            guard page.count == loadedAtOnce, let end = page.last else { return }
            last = end.subject
        }
    }

    private static let loadedAtOnce = 1000

    /// What a commit has changed.
    func committed(_ records: [SuppressionRecord]) { gate.update(records) }

    // MARK: Outcomes

    /// What a batch says for and against addresses: what became of recipients, what is stored of each of them, and the
    /// outcomes that the conclusions name by their positions.
    mutating func changes(
        _ conclusions: [Conclusion],
        _ transitions: [RecipientTransition],
        _ outcomes: [DeliveryOutcome],
        now: Timestamp
    ) -> [SuppressionChange] {
        guard !conclusions.isEmpty else { return [] }
        var tallies: [UInt64: Tally] = [:]
        var seen: [(key: UInt64, change: SuppressionChange)] = []
        for (place, conclusion) in conclusions.enumerated() {
            let outcome = conclusion.outcome.map { outcomes[$0] }
            let change = evidence(conclusion, transitions[place].attempt, outcome)
            if let outcome, let key = self.key(conclusion, outcome) {
                tallies[key, default: Tally(conclusion, outcome.provider)].attempts += 1
                guard let change else { continue }
                tallies[key]?.refusals += 1
                seen.append((key, change))
            } else if let change {
                seen.append((watch.key(Self.provider(change).utf8.span), change))
            }
        }
        count(tallies, now: now)
        let disproved = gate.watched(conclusions).compactMap { conclusion in
            Self.subject(conclusion).map { SuppressionChange($0, .accepted) }
        }
        return disproved + believed(seen, now: now)
    }

    /// What a late report says against its recipient: counted and believed like a refusal in a session.
    mutating func changes(_ late: LateReport, now: Timestamp) -> [SuppressionChange] {
        guard let change = late.suppression else { return [] }
        guard case .sighted = change.kind else { return fitting([change], now: now) }
        let provider = late.dispatch.provider
        guard !ownDomains.contains(String(change.subject.domain)) else { return [] }
        let key = watch.key(provider.utf8.span)
        note(watch.count(key, name: provider, attempts: 0, refusals: 0, late: 1, now: now), now)
        return believed([(key, change)], now: now)
    }

    /// What was counted for one provider in a batch.
    private struct Tally {
        let sample: Conclusion
        let provider: Provider?
        var attempts = 0
        var refusals = 0

        init(_ sample: Conclusion, _ provider: Provider?) {
            self.sample = sample
            self.provider = provider
        }

        var name: String { provider?.name ?? SuppressionKeeper.domain(sample) }
    }

    /// The provider that an outcome is counted for; nil when nobody answered for a recipient.
    private func key(_ conclusion: Conclusion, _ outcome: DeliveryOutcome) -> UInt64? {
        switch outcome.result {
        case .delivered, .putAside, .untried, .resolved: return nil
        case .refused(let ruling) where ruling.source != .live: return nil
        case .refused, .relayed: break
        }
        if let provider = outcome.provider { return watch.key(provider.name.utf8.span) }
        let envelope = conclusion.message.envelope
        return watch.key(envelope.arena.span.extracting(envelope.recipients[Int(conclusion.index)].domain.offsets))
    }

    private mutating func count(_ tallies: [UInt64: Tally], now: Timestamp) {
        for (key, tally) in tallies {
            let notice = watch.count(
                key,
                name: tally.name,
                attempts: tally.attempts,
                refusals: tally.refusals,
                now: now
            )
            note(notice, now)
        }
    }

    private mutating func note(_ notice: RefusalWatch.Notice?, _ now: Timestamp) {
        switch notice {
        case .suspended(let provider, let since):
            retractions.append(PendingRetraction(retraction: Retraction(provider: provider, since: since)))
            note("incident.opened", Self.suspended, provider, now)
        case .resumed(let provider): note("incident.closed", Self.resumed, provider, now)
        case nil: break
        }
    }

    private static let suspended =
        "this provider suddenly refuses recipients everywhere; nobody is suppressed on its word until it is calm for an hour"
    private static let resumed = "this provider's refusals are as usual again; they count against addresses once more"

    private func note(_ event: StaticString, _ sentence: String, _ provider: String, _ now: Timestamp) {
        log.note(event, at: now, sentence, [("kind", "provider-refuses-everybody"), ("destination", provider)])
    }

    private mutating func believed(
        _ seen: [(key: UInt64, change: SuppressionChange)],
        now: Timestamp
    ) -> [SuppressionChange] {
        guard !seen.isEmpty else { return [] }
        return fitting(seen.filter { !watch.isSuspended($0.key, now: now) }.map(\.change), now: now)
    }

    /// What the list has room for: while it is full, only what is about those who are on it.
    private mutating func fitting(_ changes: [SuppressionChange], now: Timestamp) -> [SuppressionChange] {
        guard gate.isFull else {
            isFullNoted = false
            return changes
        }
        let known = gate.known(changes)
        if known.count < changes.count, !isFullNoted {
            let sentence = "the suppression list is full (\(gate.limit) addresses) and takes nobody new"
            log.note("suppression.full", at: now, sentence)
            isFullNoted = true
        }
        return known
    }

    /// Why what somebody asks for does not fit into the list; nil when it does.
    func refusal(of changes: [SuppressionChange]) -> CommandRefusal? {
        let added = gate.added(by: changes)
        guard added > 0, gate.count + added > gate.limit else { return nil }
        return CommandRefusal(
            "the suppression list takes \(gate.limit) addresses and holds \(gate.count): \(added) more do not fit"
        )
    }

    /// The evidence in a conclusion; nil when there is none against its recipient.
    private func evidence(
        _ conclusion: Conclusion,
        _ attempt: AttemptRecord?,
        _ outcome: DeliveryOutcome?
    ) -> SuppressionChange? {
        guard let attempt else { return nil }
        var source = Evidence.Source.live
        switch conclusion.fate {
        case .failed:
            guard case .refused(let ruling)? = outcome?.result, ruling.countsAgainstRecipient else { return nil }
            source = ruling.source
        // What was put off to the end counts as what it was put off for.
        case .expired: break
        default: return nil
        }
        let domain = Self.domain(conclusion)
        guard !ownDomains.contains(domain), let subject = Self.subject(conclusion) else { return nil }
        let sighting = Sighting(
            attempt: attempt,
            recipient: RecipientID(message: conclusion.message.id, index: conclusion.index),
            source: source,
            provider: outcome?.provider?.name ?? domain
        )
        guard sighting.term.length != .none else { return nil }
        return SuppressionChange(subject, .sighted(sighting))
    }

    private static func provider(_ change: SuppressionChange) -> String {
        if case .sighted(let sighting) = change.kind { sighting.provider } else { "" }
    }

    private static func domain(_ conclusion: Conclusion) -> String {
        let envelope = conclusion.message.envelope
        return envelope.text(envelope.recipients[Int(conclusion.index)].domain).lowercased()
    }

    private static func subject(_ conclusion: Conclusion) -> SuppressionSubject? {
        let envelope = conclusion.message.envelope
        return SuppressionSubject(address: envelope.text(envelope.recipients[Int(conclusion.index)].address))
    }
}

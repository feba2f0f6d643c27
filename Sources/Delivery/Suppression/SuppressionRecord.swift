public import MailFormat
import StatusCodes

/// Everything that is known against one address or domain, and the rules by which it changes.
///
/// What is stored is evidence; whether it suppresses is worked out from it each time. So a sighting that is taken back
/// takes back what rested on it, and a rule that is corrected corrects the past.
public struct SuppressionRecord: Hashable, Sendable {
    /// Whom it is about.
    public let subject: SuppressionSubject
    /// Somebody's decision; nil when there are only sightings.
    public private(set) var entry: SuppressionEntry?
    /// Refusals, oldest first, at most `mostSightings`.
    public private(set) var sightings: [Sighting]

    /// The sightings that are kept: with `SuppressionChain.grain` between them they span more days than any cause asks
    /// for, so that dropping the oldest never undoes a suppression.
    public static let mostSightings = 20

    /// Makes a record; an empty one for an address of which nothing is known.
    public init(_ subject: SuppressionSubject, entry: SuppressionEntry? = nil, sightings: [Sighting] = []) {
        self.subject = subject
        self.entry = entry
        self.sightings = sightings
    }

    /// Whether nothing is known.
    public var isEmpty: Bool { entry == nil && sightings.isEmpty }

    /// What follows from it: the suppression that lasts longest; nil when it is not enough for one.
    ///
    /// It may be over: ask whether it `holds(at:)`.
    public var suppression: Suppression? {
        var best = entry.map { Suppression(subject: subject, until: $0.until, ground: .entry($0)) }
        for (chain, latest) in chains where chain.until != .min {
            let until = chain.until == .max ? nil : Timestamp(milliseconds: chain.until)
            let ground = Suppression.Ground.sightings(latest: latest, count: chain.count, since: chain.first)
            let found = Suppression(subject: subject, until: until, ground: ground)
            if found.deadline > best?.deadline ?? .min { best = found }
        }
        return best
    }

    /// Whether nothing in it can matter any more.
    public func isSpent(at now: Timestamp) -> Bool {
        if let entry, entry.until.map({ now < $0 }) ?? true { return false }
        return chains.allSatisfy { chain, latest in chain.end(latest.term).map { $0 < now.milliseconds } ?? false }
    }

    /// The latest chain of each cause, with its latest sighting.
    private var chains: [(SuppressionChain, latest: Sighting)] {
        var chains: [(SuppressionChain, latest: Sighting)] = []
        for sighting in sightings {
            if let known = chains.firstIndex(where: { $0.latest.attempt.cause == sighting.attempt.cause }) {
                chains[known].0.add(sighting)
                chains[known].latest = sighting
            } else {
                chains.append((SuppressionChain(sighting), sighting))
            }
        }
        return chains
    }

    // MARK: Changes

    /// Applies a change; one about another subject changes nothing.
    public mutating func apply(_ change: SuppressionChange) {
        guard change.subject == subject else { return }
        switch change.kind {
        case .sighted(let sighting): add(sighting)
        case .accepted: sightings.removeAll(where: \.isDisprovedByAcceptance)
        case .listed(let new): entry = new
        case .removed:
            entry = nil
            sightings = []
        case .retracted(let retraction): retract(retraction)
        case .swept(let now):
            guard isSpent(at: now) else { return }
            entry = nil
            sightings = []
        }
    }

    private mutating func add(_ sighting: Sighting) {
        let isKnown = sightings.contains { known in
            guard known.attempt.cause == sighting.attempt.cause else { return false }
            // A message fails once for a recipient, however often that is told.
            if let recipient = sighting.recipient, recipient == known.recipient { return true }
            return abs(known.at.milliseconds - sighting.at.milliseconds) < SuppressionChain.grain.wholeMilliseconds
        }
        guard !isKnown else { return }
        // A late report may speak of an earlier day.
        let place = sightings.lastIndex { $0.at <= sighting.at }.map { $0 + 1 } ?? 0
        sightings.insert(sighting, at: place)
        if sightings.count > Self.mostSightings { sightings.removeFirst() }
    }

    private mutating func retract(_ retraction: Retraction) {
        sightings.removeAll { retraction.takesBack(rule: $0.attempt.rule, provider: $0.provider, at: $0.at) }
        if let known = entry, retraction.takesBack(rule: known.origin.rawValue, provider: nil, at: known.at) {
            entry = nil
        }
    }
}

extension SuppressionRecord {
    /// What would follow from one more refusal like the latest at an instant; nil when that is not enough, or when there
    /// was none.
    public func outlook(at now: Timestamp) -> Suppression? {
        guard var next = sightings.last else { return nil }
        next.attempt.at = now
        next.recipient = nil
        var record = self
        record.apply(SuppressionChange(subject, .sighted(next)))
        return record.suppression.flatMap { $0.holds(at: now) ? $0 : nil }
    }
}

public import MailFormat

/// Something that changes what is known against an address; written in the transaction of what it follows from
/// (`docs/design/rulings.md` §4).
public struct SuppressionChange: Hashable, Sendable {
    /// Whom it is about.
    public var subject: SuppressionSubject
    /// What happened.
    public var kind: Kind

    /// What happened.
    public enum Kind: Hashable, Sendable {
        /// A refusal that was the recipient's fault.
        case sighted(Sighting)
        /// A host took mail for it: refusals in sessions before that are disproved.
        case accepted
        /// Somebody decided.
        case listed(SuppressionEntry)
        /// Somebody lifted it: the evidence goes too, or it would be suppressed again by the next refusal.
        case removed
        /// Evidence was wrong and is taken back.
        case retracted(Retraction)
        /// What does not matter any more is forgotten.
        case swept(at: Timestamp)
    }

    /// Makes a change.
    public init(_ subject: SuppressionSubject, _ kind: Kind) {
        self.subject = subject
        self.kind = kind
    }
}

/// Which evidence is taken back: all that is given must hold.
public struct Retraction: Hashable, Sendable {
    /// The rule that was wrong, with or without the version of its table, or the origin of an entry; nil for any.
    public var rule: String?
    /// The provider that erred; nil for any.
    public var provider: String?
    /// Since when.
    public var since: Timestamp

    /// Makes one.
    public init(rule: String? = nil, provider: String? = nil, since: Timestamp) {
        self.rule = rule
        self.provider = provider
        self.since = since
    }

    /// Whether it is about evidence of a rule, a provider and an instant.
    public func takesBack(rule: String, provider: String?, at: Timestamp) -> Bool {
        guard at >= since else { return false }
        if let wanted = self.provider, wanted != provider { return false }
        guard let wanted = self.rule else { return true }
        return rule == wanted || rule.utf8.starts(with: "\(wanted)@".utf8)
    }
}

/// A sighting with whom it is about, as a store gives them back in the order of time.
public struct SightedSubject: Hashable, Sendable {
    /// Whom it is about.
    public var subject: SuppressionSubject
    /// The evidence.
    public var sighting: Sighting
    /// Makes one.
    public init(_ subject: SuppressionSubject, _ sighting: Sighting) {
        self.subject = subject
        self.sighting = sighting
    }
}

extension SuppressionChange {
    /// Changes by subject, in the order in which the subjects first appear: a store reads and writes each record once.
    public static func grouped(_ changes: [Self]) -> [(subject: SuppressionSubject, changes: [Self])] {
        var places: [SuppressionSubject: Int] = [:]
        var groups: [(subject: SuppressionSubject, changes: [Self])] = []
        for change in changes {
            if let place = places[change.subject] {
                groups[place].changes.append(change)
            } else {
                places[change.subject] = groups.count
                groups.append((change.subject, [change]))
            }
        }
        return groups
    }
}

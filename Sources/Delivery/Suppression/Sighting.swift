public import MailFormat
public import StatusCodes

/// Evidence against an address: one refusal that was the recipient's own fault.
///
/// One alone seldom suppresses; what it takes is the cause's word (`SuppressionTerm`), counted by `SuppressionChain`.
public struct Sighting: Hashable, Sendable {
    /// The attempt, or the line of a report, that says so.
    public var attempt: AttemptRecord
    /// Which recipient of which message it was; nil when no message of ours is known.
    public var recipient: RecipientID?
    /// How we came to know.
    public var source: Evidence.Source
    /// Who refused: a provider by name, else the recipient's domain.
    public var provider: String

    /// Makes a sighting.
    public init(attempt: AttemptRecord, recipient: RecipientID?, source: Evidence.Source, provider: String) {
        self.attempt = attempt
        self.recipient = recipient
        self.source = source
        self.provider = provider
    }

    /// When it was seen.
    public var at: Timestamp { attempt.at }

    /// What its cause means for further mail; nothing for a cause that this version does not know.
    ///
    /// Taken from the table of today, so that a corrected cause corrects what was concluded before.
    public var term: SuppressionTerm {
        guard let cause = Cause(name: attempt.cause), cause.fault == .recipient else { return .none }
        var term = cause.suppression
        // `docs/design/rulings.md` §1: our own directory knows its users, and DNS its domains, so once is enough.
        if source.isOwnKnowledge, term.length == .permanent { term.needs = .once }
        return term
    }

    /// Whether a later success to the same address disproves it.
    ///
    /// A host that takes mail and bounces it later has taken that mail too: only the decay ends what a report said.
    var isDisprovedByAcceptance: Bool { source != .dsn }
}

/// A decision about an address that a person made, or that came from outside: it needs no further evidence.
public struct SuppressionEntry: Hashable, Sendable {
    /// Where it comes from; also the rule by which it can be undone.
    public enum Origin: String, Hashable, Sendable, CaseIterable {
        /// An operator said so.
        case `operator`
        /// It came with a list from elsewhere.
        case imported = "import"
        /// The recipient complained.
        case complaint
    }
    /// Where it comes from.
    public var origin: Origin
    /// When it was made.
    public var at: Timestamp
    /// Who made it.
    public var by: String
    /// Why, one line for a person.
    public var reason: String
    /// Until when it holds; nil until somebody lifts it.
    public var until: Timestamp?

    /// Makes an entry.
    public init(origin: Origin, at: Timestamp, by: String, reason: String, until: Timestamp? = nil) {
        self.origin = origin
        self.at = at
        self.by = by
        self.reason = reason
        self.until = until
    }
}

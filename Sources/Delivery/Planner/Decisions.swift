public import MailFormat
public import StatusCodes

/// What the planner wants stored, and what each of it means.
///
/// `conclusions[n]` belongs to `transitions[n]`.
public struct Decisions: Sendable {
    /// New states, to be written in one transaction.
    public internal(set) var transitions: [RecipientTransition] = []
    /// What happened, for reports, logs and events.
    public internal(set) var conclusions: [Conclusion] = []
    /// No decisions.
    public init() {}
    /// Whether there is nothing to store.
    public var isEmpty: Bool { transitions.isEmpty }
}

/// What became of one recipient.
public struct Conclusion: Sendable {
    /// The message.
    public let message: DeliveryMessage
    /// The recipient's place in the envelope.
    public let index: Int32
    /// The outcome that led to it, by its position in the batch; nil when the planner or the operator decided.
    public let outcome: Int?
    /// What happened.
    public let fate: Fate
    /// The report that is now due, if any.
    ///
    /// To be written in the same transaction.
    public let report: ReportDue?
    /// Attempts so far, this one included.
    public internal(set) var attempts = 0

    /// What happened to a recipient.
    public enum Fate: Hashable, Sendable {
        /// Another system has it.
        case relayed
        /// It is in its final place.
        case delivered
        /// Others have taken its place (RFC 3461 §5.2.7.3).
        case expanded
        /// Another attempt follows.
        case deferred(until: Timestamp)
        /// Another attempt follows at once, in another transaction.
        case regrouped
        /// Given back to the store without an attempt: no room here, or the destination is paused.
        case returned(until: Timestamp)
        /// Stopped for a named reason.
        case held
        /// Given up.
        case failed(EnhancedStatusCode)
        /// Given up for its age: the last real code, or 4.4.7 (`docs/design/rulings.md` §1).
        case expired(EnhancedStatusCode)
    }
}

/// A report that has to be written.
public struct ReportDue: Hashable, Sendable {
    /// Its Action field (RFC 3464 §2.3.3).
    public let action: Action
    /// Who gets it.
    public let audience: Audience
    /// Its Status field.
    public let status: EnhancedStatusCode
    /// The attempt that it quotes; nil when none gave a cause.
    public let attempt: AttemptRecord?
    /// Until when we shall go on trying (Will-Retry-Until), in a delay report.
    public let retryUntil: Timestamp?

    /// What a report says.
    public enum Action: Hashable, Sendable {
        /// It could not be delivered; also after expiry.
        case failed
        /// Not yet.
        case delayed
        /// Delivered.
        case delivered
        /// Handed to a system that will not report success.
        case relayed
        /// Replaced by others, of whose success nobody hears.
        case expanded
    }

    /// Who gets a report.
    public enum Audience: Hashable, Sendable {
        /// The reverse-path.
        case sender
        /// The undeliverable message was a report itself: our postmaster, within a limit, never another report.
        case postmaster
    }
}

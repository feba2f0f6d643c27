public import StatusCodes

/// How one attempt ended for one recipient, as the event loop reports it.
///
/// Nobody waits for it to be stored.
public struct DeliveryOutcome: Sendable {
    /// Which recipient, from the work item.
    public var ticket: Ticket
    /// How it ended.
    public var result: Result
    /// The attempt as it is to be kept for people; nil for a success, whose recipient leaves the queue.
    public var attempt: AttemptRecord?
    /// Whose system answered, when that is known.
    public var provider: Provider?
    /// Recipients in a transaction that the session announced: RCPTMAX of LIMITS (RFC 9422 §4.2); nil when it said nothing.
    public var announcedRecipients: Int?
    /// What a mail to one of our return-paths told; it ends with this outcome, and both are stored together.
    public var late: LateReport?

    /// How an attempt ended.
    public enum Result: Sendable {
        /// Another system took responsibility.
        ///
        /// `notifiesSuccess`: it offered DSN, so NOTIFY=SUCCESS went along and a relayed report is not ours to write
        /// (RFC 3461 §5.2.2).
        case relayed(notifiesSuccess: Bool)
        /// We put it into its final place ourselves.
        case delivered
        /// No success.
        case refused(Ruling)
        /// It waits for a person: mail to a return-path that no message of ours is known for.
        case putAside(reason: String)
        /// Not tried, to be tried again after a while: the loop shuts down, the content could not be read; or at once,
        /// in the next transaction, because the session's limits left no room in this one.
        ///
        /// Counts as no attempt.
        case untried(after: Duration)
        /// Not tried: the site of the recipient's domain was found, for so long; nil when it has none.
        ///
        /// It goes on at once, by the limits of its site.
        case resolved(MXSite?, for: Duration)
    }

    /// Makes an outcome.
    public init(
        ticket: Ticket,
        result: Result,
        attempt: AttemptRecord? = nil,
        provider: Provider? = nil,
        announcedRecipients: Int? = nil,
        late: LateReport? = nil
    ) {
        self.ticket = ticket
        self.result = result
        self.attempt = attempt
        self.provider = provider
        self.announcedRecipients = announcedRecipients
        self.late = late
    }
}

extension DeliveryOutcome.Result {
    /// Whether nothing was decided about the recipient, so that it may go on in the next transaction.
    var mayGoOnAtOnce: Bool {
        switch self {
        case .untried(let wait): wait <= .zero
        case .resolved: true
        case .relayed, .delivered, .refused, .putAside: false
        }
    }
}

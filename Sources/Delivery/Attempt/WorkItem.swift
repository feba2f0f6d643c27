public import MailFormat

/// A recipient that the planner has handed out, to be named again in its outcome.
///
/// Finds the planner's record without a look-up; the generation keeps a late or repeated outcome from hitting another
/// recipient that took over the slot.
public struct Ticket: Hashable, Sendable {
    let slot: Int32
    let generation: UInt32
}

/// What one transaction is to carry: a message and some of its recipients, all of one domain or one route.
public struct WorkItem: Sendable {
    /// The message.
    public let message: DeliveryMessage
    /// Its content when it is in memory; else it has to be read from the store, off the event loop.
    public let content: (any MessageContent)?
    /// The recipients of this transaction, never empty, at most the destination's limit.
    public let recipients: WorkRecipients
    /// Until when this process may work on them.
    ///
    /// A final dot is sent only while this is further away than the time-out of its reply (`docs/design/rulings.md` §4,
    /// many nodes).
    public let leaseUntil: Timestamp
    /// The host to try first, as an attempt record names it: the reply to an earlier final dot was lost there, and
    /// only that host can know the message already (`docs/design/rulings.md` §3).
    public let firstHost: String?

    /// The same transaction with some of its recipients only; nil when none is left.
    public func keeping(_ isKept: (WorkRecipients.Element) -> Bool) -> WorkItem? {
        let kept = recipients.filter(isKept)
        guard let first = kept.first else { return nil }
        return WorkItem(
            message: message,
            content: content,
            recipients: WorkRecipients(first, Array(kept.dropFirst())),
            leaseUntil: leaseUntil,
            firstHost: firstHost
        )
    }
}

/// The recipients of a work item; one recipient costs no allocation.
public struct WorkRecipients: RandomAccessCollection, Sendable {
    /// A recipient of a work item.
    public struct Element: Hashable, Sendable {
        /// Its place in the envelope.
        public let index: Int32
        /// What the outcome has to name.
        public let ticket: Ticket
    }

    private let head: Element
    private let tail: [Element]

    init(_ head: Element, _ tail: [Element]) {
        self.head = head
        self.tail = tail
    }

    /// Always 0.
    public var startIndex: Int { 0 }
    /// How many there are.
    public var endIndex: Int { tail.count + 1 }
    /// The recipient at a position.
    public subscript(position: Int) -> Element { position == 0 ? head : tail[position - 1] }
}

/// Work for one destination, handed to the event loop that owns it.
public struct Assignment: Sendable {
    /// For which destination.
    public let destination: DestinationID
    /// Its name and where its mail goes.
    public let route: DestinationRoute
    /// What is to be done.
    public let task: Task
    /// What the loop has to keep to.
    public let limits: LoopLimits
    /// The transactions, in the order in which they should be tried.
    public internal(set) var items: [WorkItem]

    /// What a loop does with an assignment.
    public enum Task: Hashable, Sendable {
        /// Gets the messages across.
        case deliver
        /// Looks up the MX of the domain, and says which site they make it part of (`DeliveryOutcome.resolved`).
        ///
        /// No connection is made before the planner knows by whose limits.
        case findSite
    }

    /// The same assignment with other transactions.
    public func with(_ items: [WorkItem]) -> Self {
        var assignment = self
        assignment.items = items
        return assignment
    }
}

/// The limits of a destination that its event loop keeps exactly.
public struct LoopLimits: Hashable, Sendable {
    /// Connections at the same time, at least 1.
    public var connections: Int
    /// Recipients in one transaction, at least 1.
    ///
    /// A LIMITS value announced in the session beats it (RFC 9422).
    public var recipientsPerTransaction: Int
    /// Makes limits.
    public init(connections: Int, recipientsPerTransaction: Int) {
        self.connections = connections
        self.recipientsPerTransaction = recipientsPerTransaction
    }
}

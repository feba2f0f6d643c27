public import MailFormat

/// What an operator wants done with recipients in the queue.
///
/// Deleting is not among them: it is the store's `Deletion`, and `DeliveryPlanner.deleted` afterwards.
public enum QueueCommand: Hashable, Sendable {
    /// Stop, for a reason, until released or until `reviewAt`.
    ///
    /// `stopsExpiry`: the operator says so; else a message that is held expires like any other
    /// (`docs/design/rulings.md` §4).
    case hold(by: String, reason: String, reviewAt: Timestamp?, stopsExpiry: Bool)
    /// Go on with what is held.
    case release
    /// Try now, also where a destination is paused.
    case retry
    /// Give up, with a report.
    case fail
}

/// Where a recipient in memory stands, for people.
public struct Standing: Hashable, Sendable {
    /// The recipient's place in the envelope.
    public let index: Int32
    /// Its destination.
    public let destination: DestinationRoute
    /// What it waits for.
    public let place: Place

    /// What a recipient in memory waits for.
    public enum Place: Hashable, Sendable {
        /// For its turn at the destination.
        case ready
        /// For the outcome of an attempt.
        case underWay
        /// For the commit of a decision.
        case decided
    }
}

/// How a destination fares, for people.
public struct DestinationState: Hashable, Sendable {
    /// Which one.
    public let destination: DestinationID
    /// Its name.
    public let route: DestinationRoute
    /// The event loop that owns it.
    public let loop: Int
    /// Recipients that are due.
    public let ready: Int
    /// Transactions under way.
    public let underWay: Int
    /// Transactions that may be under way at the same time now.
    public let allowance: Int
    /// Recipients that a transaction may have now.
    public let recipientsPerTransaction: Int
    /// Why it is paused or has not recovered yet; nil when it is well.
    public let trouble: Alert.Kind?
    /// Until when it is paused; nil when it is not.
    public let pausedUntil: Timestamp?
}

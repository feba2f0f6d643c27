public import StatusCodes

/// What the planner reads from a finding: everything else in it is for people.
public struct Ruling: Hashable, Sendable {
    /// The status concluded.
    public var status: EnhancedStatusCode
    /// What to do, in order; what only the event loop can do (other hosts, TLS, parameters) it has already tried.
    public var actions: [Action]
    /// How far the failure reaches.
    public var scope: Scope
    /// What it says about the world beyond this message; feeds the breakers.
    public var sign: Sign
    /// After how long the peer asked to be tried again.
    public var retryAfter: Duration?
    /// False when the reply to the final dot was lost.
    public var outcomeKnown: Bool

    /// What the planner can do about a failure.
    public enum Action: Hashable, Sendable {
        /// Try again later, by a curve.
        case retry(RetryFamily)
        /// Try again now with fewer recipients in a transaction (`protocol.md` §1).
        case split(Split)
        /// Send less to this destination, and go on with the next action.
        case slowDown
        /// Stop until somebody has looked.
        case hold
        /// Give up and report.
        case fail
    }

    /// How a transaction is split.
    public enum Split: Hashable, Sendable {
        /// Each recipient goes alone: a refusal after the dot did not say whom it meant.
        case single
        /// Into transactions of so many, which the peer had accepted before it refused more; 0 means that the first
        /// was refused, which is no reason to split but to retry.
        case upTo(Int)
    }

    /// How far a failure reaches (`protocol.md` §1).
    public enum Scope: Hashable, Sendable {
        /// This session only.
        case session
        /// The host.
        case host
        /// Our source address.
        case source
        /// The whole destination.
        case destination
        /// The sender.
        case sender
        /// This message.
        case message
        /// This recipient.
        case recipient
    }

    /// What a failure hints at beyond its own recipient.
    public enum Sign: Hashable, Sendable {
        /// Nothing about the peer: the failure was ours.
        case none
        /// A peer answered.
        case answered
        /// The destination says that the mailbox or the domain does not exist.
        case unknownRecipient
        /// No host of the destination could be talked to.
        case unreachable
        /// The resolver gave no answer.
        case resolverSilent
        /// A next hop from our own configuration refuses us.
        case ownRouteRefuses
    }

    /// Makes a ruling.
    public init(
        status: EnhancedStatusCode,
        actions: [Action],
        scope: Scope,
        sign: Sign = .answered,
        retryAfter: Duration? = nil,
        outcomeKnown: Bool = true
    ) {
        self.status = status
        self.actions = actions
        self.scope = scope
        self.sign = sign
        self.retryAfter = retryAfter
        self.outcomeKnown = outcomeKnown
    }
}

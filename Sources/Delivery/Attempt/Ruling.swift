public import StatusCodes

/// What the planner reads from a finding and its evidence; everything else in them is for people.
public struct Ruling: Hashable, Sendable {
    /// The status concluded.
    public let status: EnhancedStatusCode
    /// What to do, in order.
    ///
    /// What only the event loop can do (other hosts, TLS, parameters) it has tried already; the planner passes it over.
    public let actions: RemedialActions
    /// How far the failure reaches.
    public let scope: FailureScope
    /// After how long the peer asked to be tried again.
    public internal(set) var retryAfter: Duration?
    /// False when the reply to the final dot was lost.
    public let outcomeKnown: Bool
    /// Whether it counts against the recipient's address.
    public let countsAgainstRecipient: Bool
    /// How it became known.
    public let source: Evidence.Source
    /// What it hints at beyond its own recipient; feeds the breakers.
    let sign: Sign
    /// Whether it speaks of the recipient's domain, and not of the hosts that it shares with others.
    let isOfDomain: Bool
    /// How the transaction would be split, where `actions` ask for it.
    let split: Split

    /// Reads a finding and what it was concluded from.
    public init(_ finding: Finding, _ evidence: Evidence) {
        self.status = finding.status
        self.actions = finding.actions
        self.scope = finding.scope
        self.retryAfter = finding.retryAfter
        self.outcomeKnown = finding.outcomeKnown
        self.countsAgainstRecipient = finding.suppression.length != .none
        self.source = evidence.source
        self.sign = Sign(finding, evidence)
        self.isOfDomain = finding.scope == .destination && finding.affected.kind == .recipientDomain
        self.split = evidence.stage == .rcpt ? .upTo(evidence.acceptedRecipients) : .single
    }

    /// Whether it speaks of more than a message or its people, and another attempt follows: only that can say that a
    /// destination is in trouble.
    ///
    /// A destination that refuses for good answers quickly and needs no pause; one that only asks for a new session is
    /// well.
    var isTrouble: Bool {
        switch scope {
        case .session, .host, .source, .destination: break
        case .sender, .message, .recipient: return false
        }
        if case .retry(let curve)? = actions.terminal { return curve != .immediate }
        return false
    }

    /// How a transaction is split (`docs/design/rulings.md` §1).
    enum Split: Hashable, Sendable {
        /// Each recipient goes alone: a refusal after the dot did not say whom it meant.
        case single
        /// Into transactions of so many, which the peer had accepted before it refused more.
        ///
        /// 0 means that the first was refused, which is no reason to split but to retry.
        case upTo(Int)
    }

    /// What a failure hints at beyond its own recipient.
    enum Sign: Hashable, Sendable {
        /// Nothing about a peer: the failure was ours.
        case none
        /// A peer answered.
        case answered
        /// A peer says that the mailbox does not exist.
        case unknownRecipient
        /// No host of the destination could be talked to.
        case unreachable
        /// The resolver gave no answer.
        case resolverSilent
        /// A next hop from our own configuration refuses us.
        case ownRouteRefuses

        init(_ finding: Finding, _ evidence: Evidence) {
            // Own knowledge (our directory, our DNS) is no word of a peer, whatever it says about the recipient.
            let isPeers = evidence.reply != nil && evidence.source == .live
            switch finding.cause {
            case .ownCredentialsRefused: self = .ownRouteRefuses
            case .userUnknown: self = isPeers ? .unknownRecipient : .none
            case .dnsFailure: self = isPeers ? .answered : .resolverSilent
            case .noAnswer, .networkError: self = isPeers ? .answered : .unreachable
            // All content was taken: somebody is there.
            case .outcomeUnknown: self = .answered
            default: self = isPeers ? .answered : .none
            }
        }
    }
}

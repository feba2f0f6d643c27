public import StatusCodes

/// How a transaction ended, for each of its recipients, with what the planner and the reports must know of the peer.
public struct TransactionReport: Sendable {
    /// The fates of the recipients; one value where all share it, which is the common case and allocates nothing.
    public enum Outcomes: Hashable, Sendable {
        /// The same for all.
        case uniform(RecipientOutcome)
        /// One for each recipient of the transaction, in its order.
        case individual([RecipientOutcome])
    }

    /// The fates of the recipients.
    public let outcomes: Outcomes
    /// What the peer had announced when the transaction was made.
    ///
    /// Without `.dsn` among its extensions DSN parameters were not passed on: the relay then writes the "relayed"
    /// report (RFC 3461 §5.2.2).
    public let capabilities: PeerCapabilities
    /// Whether the transaction went through TLS.
    public let isEncrypted: Bool
    /// How many transactions this session had ended before.
    ///
    /// A session failure of a reused connection is no news about the host.
    public let transactionsBefore: Int

    /// Makes a report.
    public init(
        outcomes: Outcomes,
        capabilities: PeerCapabilities,
        isEncrypted: Bool,
        transactionsBefore: Int
    ) {
        self.outcomes = outcomes
        self.capabilities = capabilities
        self.isEncrypted = isEncrypted
        self.transactionsBefore = transactionsBefore
    }

    /// The fate of the recipient at a position of the transaction.
    public subscript(position: Int) -> RecipientOutcome {
        switch outcomes {
        case .uniform(let outcome): outcome
        case .individual(let all): all[position]
        }
    }
}

/// The name under which this module speaks of a reply that was printed by a peer.
public typealias PeerReply = PrintedReply

/// What became of one recipient in one transaction.
public enum RecipientOutcome: Hashable, Sendable {
    /// The peer took the message for this recipient; the reply is the one to the final dot.
    case relayed(PrintedReply)
    /// It did not, or nobody knows.
    case failed(ClientFailure)
    /// The peer's announced limits left no room in this transaction (RFC 9422): to be sent in another one, at once.
    case notAttempted
}

/// Why a recipient, a transaction or a session failed, as it was seen: what evidence is made of.
public struct ClientFailure: Hashable, Sendable {
    /// How far it reaches.
    public enum Reach: Hashable, Sendable {
        /// The session is over: the next address, the next host, or a new connection may do better.
        case session
        /// All recipients of this transaction that had no fate of their own.
        case transaction
        /// This recipient.
        case recipient
    }

    /// What was seen.
    public enum Cause: Hashable, Sendable {
        /// The peer's reply.
        case reply(PrintedReply)
        /// Our own conclusion, with what the system or the library said about it (may be empty).
        case condition(Condition, detail: String)
    }

    /// Where in the session.
    public var stage: Stage
    /// How far it reaches.
    public var reach: Reach
    /// What was seen.
    public var cause: Cause
    /// How many RCPTs this transaction had accepted when it was seen.
    public var acceptedRecipients: Int
    /// Whether the session was encrypted then.
    public var isEncrypted: Bool
    /// The parameters of MAIL and RCPT that were said in this transaction.
    public var parameters: SentParameters
    /// The first reply that followed only from this failure (a 503 or 554 to what was pipelined behind): recorded,
    /// never classified.
    public var derived: PrintedReply?

    /// Makes a failure.
    public init(
        stage: Stage,
        reach: Reach,
        cause: Cause,
        acceptedRecipients: Int = 0,
        isEncrypted: Bool = false,
        parameters: SentParameters = [],
        derived: PrintedReply? = nil
    ) {
        self.stage = stage
        self.reach = reach
        self.cause = cause
        self.acceptedRecipients = acceptedRecipients
        self.isEncrypted = isEncrypted
        self.parameters = parameters
        self.derived = derived
    }

    /// False when all content was sent and the reply to it never came: the peer may have taken the message.
    public var isOutcomeKnown: Bool {
        if case .condition(.outcomeUnknown, _) = cause { return false }
        return true
    }
}

extension ClientFailure {
    /// The failure as evidence about one recipient, with what only the caller knows.
    public func evidence(
        nextHop: Evidence.NextHop = .mx,
        provider: Provider? = nil,
        nullReversePath: Bool = false,
        parties: Evidence.Parties = Evidence.Parties()
    ) -> Evidence {
        var evidence =
            switch cause {
            case .reply(let reply): Evidence(stage: stage, reply: reply)
            case .condition(let condition, _): Evidence(condition, stage: stage)
            }
        evidence.nextHop = nextHop
        evidence.provider = provider
        evidence.acceptedRecipients = acceptedRecipients
        evidence.parameters = parameters
        evidence.tls = isEncrypted
        evidence.nullReversePath = nullReversePath
        evidence.parties = parties
        return evidence
    }
}

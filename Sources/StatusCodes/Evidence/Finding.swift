/// What we conclude from one piece of evidence: status, cause, whose fault, and what to do.
public struct Finding: Hashable, Sendable {
    /// The status concluded; may differ from what was printed.
    public var status: EnhancedStatusCode
    /// What the peer printed, unchanged.
    public var printed: PrintedReply?
    /// The situation of the registry that it amounts to, where one is known.
    public var condition: Condition?
    /// Why.
    public var cause: Cause
    /// Who has to act.
    public var fault: Fault
    /// How far it reaches.
    public var scope: FailureScope
    /// What it is about.
    public var affected: Affected
    /// What to do, tried in order; the last one is terminal.
    ///
    /// `nextHost` on the last host falls through to the next entry.
    public var actions: RemedialActions
    /// How long the peer asked us to wait; between one minute and one day.
    public var retryAfter: Duration?
    /// What it means for further mail to the recipient.
    public var suppression: SuppressionTerm
    /// False when the reply to the final dot was lost: the peer may have taken the message.
    public var outcomeKnown: Bool
    /// How sure we are.
    public var confidence: Confidence
    /// Whether the operator should hear of it.
    public var alert: Bool
    /// The row of the decision table that won.
    public var rule: DecisionRule

    /// Hard and soft, said of the address and not of the retry.
    public var bounce: BounceKind {
        switch cause.hardness {
        case .none: .none
        case .hard: .hard
        case .hardWhenPermanent: status.statusClass == .permanentFailure ? .hard : .soft
        case .soft: .soft
        }
    }
}

/// Who has to act.
public enum Fault: String, Hashable, Sendable, CaseIterable {
    /// The recipient, or what the sender knows of the recipient.
    case recipient
    /// Who runs the recipient's system.
    case recipientSystem = "recipient-system"
    /// The sender's address.
    case senderAddress = "sender-address"
    /// The sender's account with us or with a smart host.
    case senderAccount = "sender-account"
    /// The address that we connect from.
    case ourAddress = "our-address"
    /// Our domain's records: SPF, DKIM, DMARC, MX.
    case ourDomain = "our-domain"
    /// The content of the message.
    case content
    /// A system between us and the recipient's.
    case intermediary
    /// The network.
    case network
    /// Our own system or configuration.
    case us
    /// Nobody can tell.
    case unknown
    /// Nobody: it worked.
    case none
}

/// How far a failure reaches.
public enum FailureScope: String, Hashable, Sendable, CaseIterable {
    /// This session.
    case session
    /// This host.
    case host
    /// Everything sent from this source address.
    case source
    /// Everything for this destination.
    case destination
    /// Everything from this sender.
    case sender
    /// This message.
    case message
    /// This recipient.
    case recipient
}

/// What a finding is about.
public struct Affected: Hashable, Sendable {
    /// What kind of thing.
    public var kind: Kind
    /// Its name; empty when the evidence did not say.
    public var value: String

    /// Makes one.
    public init(_ kind: Kind, _ value: String = "") {
        self.kind = kind
        self.value = value
    }

    /// What kind of thing a finding is about.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// The recipient's address.
        case address
        /// The recipient's domain.
        case recipientDomain = "recipient-domain"
        /// The host that answered.
        case mxHost = "mx-host"
        /// The address that we connect from.
        case sourceAddress = "source-address"
        /// What we say in EHLO.
        case heloName = "helo-name"
        /// The sender's domain.
        case fromDomain = "from-domain"
        /// The domain of a DKIM signature.
        case dkimDomain = "dkim-domain"
        /// An account.
        case account
        /// The message.
        case message
    }
}

/// How sure a finding is.
public enum Confidence: String, Hashable, Sendable, CaseIterable {
    /// Code and stage leave no other reading.
    case certain
    /// Digit and class contradicted each other, or text decided.
    case likely
    /// The best that can be said.
    case guess
}

/// Hard and soft as address-list owners use the words (`docs/design/rulings.md` calls the rule).
public enum BounceKind: String, Hashable, Sendable, CaseIterable {
    /// The address is no good.
    case hard
    /// Anything else that failed.
    case soft
    /// It worked, or it is no failure.
    case none
}

/// What a finding means for further mail to the recipient.
public struct SuppressionTerm: Hashable, Sendable {
    /// For how long.
    public var length: Length
    /// What is suppressed.
    public var scope: Scope
    /// How many findings of the same cause it takes, and how far apart.
    public var needs: Needs

    /// What is suppressed.
    public enum Scope: String, Hashable, Sendable, CaseIterable {
        /// Exactly this address.
        case address
        /// Every address of the domain.
        case recipientDomain = "recipient-domain"
    }

    /// For how long.
    public enum Length: Hashable, Sendable {
        /// Not at all.
        case none
        /// For a while.
        case days(UInt16)
        /// Until somebody lifts it.
        case permanent
    }

    /// How many findings it takes.
    public struct Needs: Hashable, Sendable {
        /// How many.
        public var count: UInt8
        /// The least time between the first and the last.
        public var apart: Duration

        /// Makes a requirement.
        public init(count: UInt8, apart: Duration) {
            self.count = count
            self.apart = apart
        }

        /// One finding is enough.
        public static let once = Self(count: 1, apart: .zero)
        /// Twice, a day apart: providers have refused living users for hours.
        public static let twiceADayApart = Self(count: 2, apart: .seconds(86_400))
    }

    /// Makes a term.
    public init(_ length: Length, scope: Scope = .address, needs: Needs = .once) {
        self.length = length
        self.scope = scope
        self.needs = needs
    }

    /// Nothing is suppressed.
    public static let none = Self(.none)
}

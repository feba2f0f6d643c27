/// What is known about the fate of one recipient: a reply, or a condition that we found ourselves.
///
/// The decision table (`DecisionTable.decide`) turns it into a `Finding`. Only what is known is set; the defaults say
/// "an ordinary MX, live". It is copied without an allocation.
public struct Evidence: Hashable, Sendable {
    /// When it happened.
    public var stage: Stage
    /// What the peer said; nil for a condition of our own.
    public var reply: PrintedReply?
    /// What we found ourselves (a DNS failure, a time-out, a full disk); nil for a reply.
    public var condition: Condition?
    /// Who answered.
    public var nextHop: NextHop
    /// How we came to know.
    public var source: Source
    /// Whose system it is, when known from MX host, banner or reply.
    public var provider: Provider?
    /// Recipients that were accepted in this transaction before this reply; after the dot, all that it is about.
    public var acceptedRecipients: Int
    /// Which MAIL and RCPT parameters we had sent.
    public var parameters: SentParameters
    /// Whether the session was under TLS.
    public var tls: Bool
    /// Whether the reverse-path is null.
    public var nullReversePath: Bool
    /// The names that a finding is about; those not known are empty.
    public var parties: Parties

    /// The evidence of a peer's reply.
    public init(
        stage: Stage,
        reply: PrintedReply,
        nextHop: NextHop = .mx,
        source: Source = .live,
        provider: Provider? = nil,
        acceptedRecipients: Int = 0,
        parameters: SentParameters = [],
        tls: Bool = false,
        nullReversePath: Bool = false,
        parties: Parties = Parties()
    ) {
        self.stage = stage
        self.reply = reply
        self.condition = nil
        self.nextHop = nextHop
        self.source = source
        self.provider = provider
        self.acceptedRecipients = acceptedRecipients
        self.parameters = parameters
        self.tls = tls
        self.nullReversePath = nullReversePath
        self.parties = parties
    }

    /// The evidence of a condition that we found ourselves, at its own stage unless another is named.
    public init(
        _ condition: Condition,
        stage: Stage? = nil,
        nextHop: NextHop = .mx,
        source: Source = .live,
        acceptedRecipients: Int = 0,
        parties: Parties = Parties()
    ) {
        self.stage = stage ?? condition.stages.first ?? .command
        self.reply = nil
        self.condition = condition
        self.nextHop = nextHop
        self.source = source
        self.provider = nil
        self.acceptedRecipients = acceptedRecipients
        self.parameters = []
        self.tls = false
        self.nullReversePath = false
        self.parties = parties
    }

    /// Who answered.
    public enum NextHop: String, Hashable, Sendable, CaseIterable {
        /// A host found by DNS.
        case mx
        /// A host that the configuration names.
        case smartHost = "smarthost"
        /// An LMTP server or our own delivery: it answers for each recipient after the dot (RFC 2033 §4.2).
        case lmtp
    }

    /// How we came to know.
    public enum Source: String, Hashable, Sendable, CaseIterable {
        /// In a session of our own.
        case live
        /// Our own look-up in DNS.
        case ownDNS = "own-dns"
        /// Our own directory, policy or queue.
        case ownPolicy = "own-policy"
        /// A report that arrived by mail.
        case dsn
        /// A complaint report.
        case feedback
        /// A person said so.
        case `operator`

        /// Whether we know it ourselves and took nobody's word for it, so that once is enough.
        public var isOwnKnowledge: Bool { self == .ownDNS || self == .ownPolicy }
    }

    /// The names that a finding may be about.
    public struct Parties: Hashable, Sendable {
        /// The recipient's address.
        public var recipient = ""
        /// The recipient's domain.
        public var recipientDomain = ""
        /// The host that answered.
        public var host = ""
        /// The address that we connected from.
        public var sourceAddress = ""
        /// What we said in EHLO.
        public var heloName = ""
        /// The reverse-path; empty when it is null or not known.
        public var reversePath = ""
        /// The account that we log in with, or that submitted the message.
        public var account = ""
        /// The message's id.
        public var message = ""

        /// Makes an empty set of names.
        public init() {}
    }
}

/// MAIL and RCPT parameters whose presence changes what a reply means.
public struct SentParameters: OptionSet, Hashable, Sendable {
    /// One bit a parameter.
    public let rawValue: UInt16
    /// Makes a set from its bits.
    public init(rawValue: UInt16) { self.rawValue = rawValue }
    /// HOLDFOR or HOLDUNTIL (RFC 4865).
    public static let futureRelease = Self(rawValue: 1)
    /// MT-PRIORITY (RFC 6710).
    public static let priority = Self(rawValue: 2)
    /// RRVS (RFC 7293).
    public static let rrvs = Self(rawValue: 4)
    /// BY (RFC 2852).
    public static let deliverBy = Self(rawValue: 8)
    /// REQUIRETLS (RFC 8689).
    public static let requireTLS = Self(rawValue: 16)
    /// SMTPUTF8 (RFC 6531).
    public static let smtpUTF8 = Self(rawValue: 32)
    /// SIZE (RFC 1870).
    public static let size = Self(rawValue: 64)
    /// RET, ENVID, NOTIFY or ORCPT (RFC 3461).
    public static let dsn = Self(rawValue: 128)
    /// AUTH= on MAIL (RFC 4954 §5).
    public static let auth = Self(rawValue: 256)
    /// BODY (RFC 6152, RFC 3030).
    public static let body = Self(rawValue: 512)
}

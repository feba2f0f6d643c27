/// The extensions of a peer that the client knows how to use.
public struct PeerExtensions: OptionSet, Hashable, Sendable {
    /// One bit each.
    public let rawValue: UInt16
    /// Makes a set from its bits.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// RFC 2920: commands in groups.
    public static let pipelining = Self(rawValue: 1 << 0)
    /// RFC 1870: message size declaration.
    public static let size = Self(rawValue: 1 << 1)
    /// RFC 6152: octets above 127 in the content.
    public static let eightBitMIME = Self(rawValue: 1 << 2)
    /// RFC 6531: UTF-8 in addresses and header.
    public static let smtpUTF8 = Self(rawValue: 1 << 3)
    /// RFC 3030: BDAT.
    public static let chunking = Self(rawValue: 1 << 4)
    /// RFC 3030: content that is not lines.
    public static let binaryMIME = Self(rawValue: 1 << 5)
    /// RFC 3461: delivery status notifications.
    public static let dsn = Self(rawValue: 1 << 6)
    /// RFC 3207: TLS.
    public static let startTLS = Self(rawValue: 1 << 7)
    /// RFC 4954: authentication.
    public static let auth = Self(rawValue: 1 << 8)
    /// RFC 2034: enhanced status codes in replies.
    public static let enhancedStatusCodes = Self(rawValue: 1 << 9)
    /// RFC 9422: announced limits.
    public static let limits = Self(rawValue: 1 << 10)
}

/// The SASL mechanisms of a peer that the client knows how to use (RFC 4954 §3).
public struct PeerMechanisms: OptionSet, Hashable, Sendable {
    /// One bit each.
    public let rawValue: UInt8
    /// Makes a set from its bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// RFC 4616.
    public static let plain = Self(rawValue: 1 << 0)
    /// The undocumented but common one.
    public static let login = Self(rawValue: 1 << 1)
    /// RFC 7677.
    public static let scramSHA256 = Self(rawValue: 1 << 2)
}

/// What a peer announced in its EHLO reply.
///
/// Forgotten when TLS starts (RFC 3207 §4.2).
public struct PeerCapabilities: Hashable, Sendable {
    /// The extensions offered.
    public var extensions: PeerExtensions = []
    /// The mechanisms offered with AUTH.
    public var mechanisms: PeerMechanisms = []
    /// The largest message in octets; nil when nothing was said or no limit is in force (RFC 1870 §4).
    public var maximumSize: Int?
    /// RCPTMAX of LIMITS: recipients in one transaction (RFC 9422 §4).
    public var maximumRecipients: Int?
    /// MAILMAX of LIMITS: transactions in one session.
    public var maximumTransactions: Int?
    /// RCPTDOMAINMAX of LIMITS: different recipient domains in one transaction.
    public var maximumDomains: Int?

    /// Capabilities of a peer that announced nothing.
    public init() {}

    /// Whether every one of the extensions is offered.
    public func offers(_ wanted: PeerExtensions) -> Bool { extensions.isSuperset(of: wanted) }
}

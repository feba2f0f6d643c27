public import MailFormat

/// What a resolver answered.
///
/// Each way to have no records is a case of its own: they mean different things for mail.
public struct DNSAnswer: Hashable, Sendable {
    /// What was found.
    public enum Outcome: Hashable, Sendable {
        /// Records of the type asked for, at least one, in the order of the answer; aliases were followed.
        case records([DNSRecord])
        /// The name exists and has no record of this type (RFC 2308 §2.2).
        case noData
        /// The name does not exist (RFC 2308 §2.1).
        case noSuchName
        /// Nobody knows.
        case failed(DNSFailure)
    }
    /// What was found.
    public var outcome: Outcome
    /// How long it may be used.
    public var lifetime: Duration
    /// Whether DNSSEC proved it, absence included (RFC 4033 §5).
    public var isSecure: Bool
    /// The name at the end of a chain of aliases, where there was one.
    public var canonicalName: DNSName?

    /// Makes an answer.
    public init(
        _ outcome: Outcome,
        lifetime: Duration = .zero,
        isSecure: Bool = false,
        canonicalName: DNSName? = nil
    ) {
        self.outcome = outcome
        self.lifetime = lifetime
        self.isSecure = isSecure
        self.canonicalName = canonicalName
    }
}

/// The data of one record.
public enum DNSRecord: Hashable, Sendable {
    /// MX: preference and exchange; the exchange is nil when it is no name a mail host can have.
    case mx(preference: UInt16, exchange: DNSName?)
    /// A or AAAA.
    case address(IPAddress)
    /// PTR or CNAME.
    case name(DNSName)
    /// Any other type: its data as sent.
    case data([UInt8])
    /// Data that its type does not allow.
    case malformed
}

/// Why a question has no answer.
public enum DNSFailure: Hashable, Sendable {
    /// SERVFAIL, or no server of the zone could be reached.
    case serverFailure
    /// REFUSED, or another response code that asking again will not mend.
    case refused
    /// The answer did not validate; the reason is the validator's, for the log.
    case bogus(String)
    /// The deadline passed.
    case timeout
    /// More questions were waiting than the resolver takes, or it is stopping.
    case unavailable
}

/// A record type, by its number in the registry of DNS parameters.
public struct DNSRecordType: Hashable, Sendable {
    /// The number.
    public let rawValue: UInt16
    /// Makes a type from its number.
    public init(rawValue: UInt16) { self.rawValue = rawValue }
    /// A (RFC 1035 §3.4.1).
    public static let a = Self(rawValue: 1)
    /// CNAME (RFC 1035 §3.3.1).
    public static let cname = Self(rawValue: 5)
    /// PTR (RFC 1035 §3.3.12).
    public static let ptr = Self(rawValue: 12)
    /// MX (RFC 1035 §3.3.9).
    public static let mx = Self(rawValue: 15)
    /// TXT (RFC 1035 §3.3.14).
    public static let txt = Self(rawValue: 16)
    /// AAAA (RFC 3596 §2.1).
    public static let aaaa = Self(rawValue: 28)
    /// TLSA (RFC 6698 §2).
    public static let tlsa = Self(rawValue: 52)
}

/// What a resolver is asked: one name, one type, class IN.
public struct DNSQuestion: Hashable, Sendable {
    /// The name.
    public var name: DNSName
    /// The type.
    public var type: DNSRecordType
    /// Makes a question.
    public init(_ name: DNSName, _ type: DNSRecordType) {
        self.name = name
        self.type = type
    }
}

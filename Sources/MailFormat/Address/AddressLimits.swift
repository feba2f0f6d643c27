/// The sizes that RFC 5321 §4.5.3.1 gives to addresses, in octets.
public struct AddressLimits: Hashable, Sendable {
    /// The local part, quotes and escapes included (RFC 5321 §4.5.3.1.1).
    public var localPart = 64
    /// The domain, or the address literal with its brackets (RFC 5321 §4.5.3.1.2).
    public var domain = 255
    /// The path with its angle brackets and source route (RFC 5321 §4.5.3.1.3).
    public var path = 256
    /// One label of a domain (RFC 1035 §2.3.4).
    ///
    /// For a U-label this is the limit of its UTF-8 form too: a label that is
    /// longer than 63 octets there is longer than 63 as A-label (RFC 5890 §4.2 allows fewer characters, never more).
    public var label = 63

    /// Makes the limits of the RFC.
    public init() {}
}

/// Which characters an address may have.
public enum AddressCharacters: Hashable, Sendable {
    /// US-ASCII only (RFC 5321).
    case ascii
    /// UTF-8 in local part and domain as well, after SMTPUTF8 was said (RFC 6531 §3.3).
    case utf8
}

/// A mailbox (RFC 5321 §2.3.11, §4.1.2) as offsets into the bytes it was read from.
public struct Mailbox: Hashable, Sendable {
    /// `local-part@domain`, without angle brackets or source route.
    public var address: ByteRange
    /// The local part, with quotes where it has them.
    public var localPart: ByteRange
    /// The domain; an address literal with its brackets; empty for `postmaster` alone.
    public var domain: ByteRange
    /// How the local part is written.
    public var localPartForm: LocalPartForm
    /// What stands behind the at-sign.
    public var domainForm: DomainForm
    /// Whether a byte above 127 occurs, so that SMTPUTF8 is needed to pass it on.
    public var isInternationalized: Bool

    /// How a local part is written.
    public enum LocalPartForm: Hashable, Sendable {
        /// Atoms with dots between them.
        case dotString
        /// Anything between double quotes.
        case quotedString
    }

    /// What stands behind the at-sign.
    public enum DomainForm: Hashable, Sendable {
        /// A domain name.
        case name
        /// `[192.0.2.1]`, `[IPv6:2001:db8::1]`, or a general address literal.
        case literal(AddressLiteral)
        /// Nothing: `<postmaster>`.
        case none
    }
}

/// The argument of MAIL FROM (RFC 5321 §4.1.2, `Reverse-path`).
public enum ReversePath: Hashable, Sendable {
    /// `<>`: nobody wants to hear of it (RFC 5321 §4.5.5).
    case null
    /// A mailbox.
    case mailbox(Mailbox)

    /// The bytes of the mailbox; empty for the null reverse-path.
    public var address: ByteRange {
        switch self {
        case .null: .empty
        case .mailbox(let mailbox): mailbox.address
        }
    }
}

/// The argument of RCPT TO (RFC 5321 §4.1.1.3).
public enum ForwardPath: Hashable, Sendable {
    /// `<postmaster>` without a domain, in any case of letters (RFC 5321 §4.5.1).
    case postmaster(Mailbox)
    /// A mailbox.
    case mailbox(Mailbox)

    /// The mailbox; for `<postmaster>` one with an empty domain.
    public var mailbox: Mailbox {
        switch self {
        case .postmaster(let mailbox), .mailbox(let mailbox): mailbox
        }
    }
}

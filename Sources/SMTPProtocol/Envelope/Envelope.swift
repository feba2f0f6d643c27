public import MailFormat

/// What MAIL and RCPT said of one message: reverse-path, recipients, parameters.
///
/// Never its header (RFC 5321 §2.3.1).
///
/// All text lies in one arena and everything else points into it, so that a message costs two allocations however many
/// recipients it has. Addresses are stored without angle brackets, as received (the domain is not folded), unquoted
/// source routes removed (RFC 5321 §3.6.1).
public struct Envelope: Hashable, Sendable {
    /// The bytes of every address and parameter value, back to back.
    public var arena: [UInt8]
    /// The reverse-path; empty for the null reverse-path `<>`.
    public var reversePath: ByteRange
    /// The recipients in the order of their RCPT commands, accepted ones only.
    public var recipients: [Recipient]
    /// BODY= (RFC 6152, 3030), or what the content turned out to be.
    public var body: BodyType
    /// SMTPUTF8 (RFC 6531) was given on MAIL.
    public var smtpUTF8: Bool
    /// RET= (RFC 3461 §4.3).
    public var returned: Return?
    /// ENVID= (RFC 3461 §4.4), xtext decoded; empty when absent.
    public var envelopeID: ByteRange

    /// Makes an envelope from parts that point into its arena.
    public init(
        arena: [UInt8],
        reversePath: ByteRange,
        recipients: [Recipient],
        body: BodyType = .sevenBit,
        smtpUTF8: Bool = false,
        returned: Return? = nil,
        envelopeID: ByteRange = .empty
    ) {
        self.arena = arena
        self.reversePath = reversePath
        self.recipients = recipients
        self.body = body
        self.smtpUTF8 = smtpUTF8
        self.returned = returned
        self.envelopeID = envelopeID
    }

    /// One RCPT.
    public struct Recipient: Hashable, Sendable {
        /// The forward-path's mailbox, as received: `local@domain`, or `postmaster` alone.
        public var address: ByteRange
        /// The domain within `address`, without brackets of an address literal removed; empty for bare postmaster.
        public var domain: ByteRange
        /// NOTIFY= (RFC 3461 §4.1); nil when absent (then failure and, as local policy allows, delay).
        public var notify: Notify?
        /// ORCPT= (RFC 3461 §4.2) as `type;address`, the address xtext decoded; empty when absent.
        public var originalRecipient: ByteRange
        /// Others have taken its place and are recipients of their own: nothing is sent to it, and all that is left to
        /// do is to report that (RFC 3461 §5.2.7.3).
        public var isExpanded: Bool

        /// Makes a recipient from ranges of the envelope's arena.
        public init(
            address: ByteRange,
            domain: ByteRange,
            notify: Notify? = nil,
            originalRecipient: ByteRange = .empty,
            isExpanded: Bool = false
        ) {
            self.address = address
            self.domain = domain
            self.notify = notify
            self.originalRecipient = originalRecipient
            self.isExpanded = isExpanded
        }
    }

    /// The text of a range of the arena; invalid UTF-8 is repaired with U+FFFD.
    public func text(_ range: ByteRange) -> String { String(decoding: arena[range.offsets], as: UTF8.self) }
}

/// BODY= of MAIL (RFC 6152 §3, RFC 3030 §3).
public enum BodyType: UInt8, Hashable, Sendable {
    /// 7BIT, also when nothing was said.
    case sevenBit = 0
    /// 8BITMIME.
    case eightBitMIME = 1
    /// BINARYMIME.
    case binaryMIME = 2
}

/// RET= of MAIL (RFC 3461 §4.3): what a failure report carries of the message.
public enum Return: UInt8, Hashable, Sendable {
    /// FULL: the whole message.
    case full = 1
    /// HDRS: the header only.
    case headers = 2
}

/// NOTIFY= of RCPT (RFC 3461 §4.1).
///
/// `never` is the empty set.
public struct Notify: OptionSet, Hashable, Sendable {
    /// The set as bits: 1 success, 2 failure, 4 delay.
    public let rawValue: UInt8
    /// Makes a set from its bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// NEVER.
    public static let never: Self = []
    /// SUCCESS.
    public static let success = Self(rawValue: 1)
    /// FAILURE.
    public static let failure = Self(rawValue: 2)
    /// DELAY.
    public static let delay = Self(rawValue: 4)
}

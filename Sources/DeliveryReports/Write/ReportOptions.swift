public import SMTPProtocol

/// How much a report carries, and in which form.
public struct ReportOptions: Hashable, Sendable {
    /// What is returned where MAIL had no RET (RFC 3461 §4.3 leaves the choice).
    ///
    /// The header is enough to recognise the message by, and a forged sender is not made the target of foreign content.
    public var defaultReturn: Return = .headers
    /// The largest message returned whole; of a larger one only the header is.
    public var fullLimit = 1 << 20
    /// How much of a header is returned.
    public var headerLimit = 1 << 16
    /// How many recipients the part for people names one by one; the part for programs has them all.
    public var describedRecipients = 100
    /// How many bytes the report's next hop can take.
    public var transfer: Transfer = .eightBit

    /// What the way of a report can carry.
    public enum Transfer: Hashable, Sendable {
        /// 8BITMIME: bytes above 127 as they are.
        case eightBit
        /// US-ASCII only: everything else encoded, or left out where no encoding is allowed (RFC 2046 §5.2.1).
        case sevenBit
    }

    /// Makes the usual options.
    public init() {}
}

/// A finished report.
public struct WrittenReport: Hashable, Sendable {
    /// The complete message (RFC 5322), CRLF line ends, not dot-stuffed.
    public var bytes: [UInt8]
    /// BODY= to send it with: 8BITMIME when a byte above 127 occurs.
    public var body: BodyType
    /// Whether SMTPUTF8 must be said, because its own header has UTF-8.
    public var smtpUTF8: Bool
}

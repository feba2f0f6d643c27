/// The middle number of an enhanced status code (RFC 3463 §3): whose field it is, as a pattern.
///
///     switch code.status {
///     case .recipientAddressHasNullMX: …   // exactly X.1.10
///     case .addressing: …                  // any other X.1.Y
///     default: …
///     }
public struct StatusSubject: Hashable, Sendable {
    /// The number, 0…999.
    public let rawValue: UInt16
    init(_ rawValue: UInt16) { self.rawValue = rawValue }

    /// X.0.Y: nothing more is known.
    public static let undefined = Self(0)
    /// X.1.Y: the addresses.
    public static let addressing = Self(1)
    /// X.2.Y: the mailbox, in the hands of the recipient.
    public static let mailbox = Self(2)
    /// X.3.Y: the destination system, in the hands of its operator.
    public static let mailSystem = Self(3)
    /// X.4.Y: network and routing.
    public static let network = Self(4)
    /// X.5.Y: the delivery protocol.
    public static let mailProtocol = Self(5)
    /// X.6.Y: content and media.
    public static let content = Self(6)
    /// X.7.Y: security and policy.
    public static let security = Self(7)

    /// Whether a status has this subject.
    public static func ~= (pattern: Self, status: EnumeratedStatus) -> Bool { status.subject == pattern.rawValue }
    /// Whether a code has this subject, whatever its class.
    public static func ~= (pattern: Self, code: EnhancedStatusCode) -> Bool { pattern ~= code.status }
}

extension EnumeratedStatus {
    /// What it is about.
    public var statusSubject: StatusSubject { StatusSubject(subject) }

    /// Whether a code has this subject and detail, whatever its class.
    public static func ~= (pattern: Self, code: EnhancedStatusCode) -> Bool { code.status == pattern }
}

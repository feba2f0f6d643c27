package import StatusCodes

/// Why content that has come cannot be taken.
package enum ContentViolation: Hashable, Sendable {
    /// A CR or LF stood alone (RFC 5321 §2.3.8): the session ends after its reply.
    case bareNewline
    /// A NUL octet in content that is not binary.
    case nul
    /// A line above the limit (RFC 5321 §4.5.3.1.6).
    case lineTooLong
    /// More octets than SIZE allows (RFC 1870 §6.3).
    case tooBig
    /// More `Received` fields than a message can honestly have (RFC 5321 §6.3).
    case tooManyHops

    /// The condition that reports it.
    package var condition: Condition {
        switch self {
        case .bareNewline: .bareNewline
        case .nul: .nul
        case .lineTooLong: .textLineTooLong
        case .tooBig: .tooBigData
        case .tooManyHops: .hopLimit
        }
    }
}

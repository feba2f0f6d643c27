/// The first digit of an enhanced status code (RFC 3463 §3.1).
public enum StatusClass: UInt8, Hashable, Sendable, CaseIterable {
    /// 2: it worked.
    case success = 2
    /// 4: it did not work now.
    case persistentTransientFailure = 4
    /// 5: it will not work.
    case permanentFailure = 5
}

/// Subject and detail of an enhanced status code: the registry's "enumerated status code" (RFC 5248 §2.1), open to
/// numbers that nobody has registered yet.
public struct EnumeratedStatus: Hashable, Sendable {
    /// What it is about, 0…999 (RFC 3463 §3).
    public let subject: UInt16
    /// What exactly, 0…999.
    public let detail: UInt16

    /// Makes a status; numbers above 999 are the caller's mistake.
    public init(_ subject: UInt16, _ detail: UInt16) {
        precondition(subject <= 999 && detail <= 999, "subject and detail have at most three digits (RFC 3463 §2)")
        self.subject = subject
        self.detail = detail
    }

    init(unchecked subject: UInt16, _ detail: UInt16) {
        self.subject = subject
        self.detail = detail
    }
}

extension EnumeratedStatus: CustomStringConvertible {
    /// The registry's spelling, `X.1.10`.
    public var description: String { "X.\(subject).\(detail)" }
}

/// An enhanced mail system status code: class.subject.detail (RFC 3463 §2).
public struct EnhancedStatusCode: Hashable, Sendable {
    /// Success, persistent transient failure or permanent failure.
    public let statusClass: StatusClass
    /// Subject and detail.
    public let status: EnumeratedStatus

    /// Makes a code from its parts.
    public init(_ statusClass: StatusClass, _ status: EnumeratedStatus) {
        self.statusClass = statusClass
        self.status = status
    }

    /// Makes a code from its three numbers; numbers above 999 are the caller's mistake.
    public init(_ statusClass: StatusClass, _ subject: UInt16, _ detail: UInt16) {
        self.init(statusClass, EnumeratedStatus(subject, detail))
    }
}

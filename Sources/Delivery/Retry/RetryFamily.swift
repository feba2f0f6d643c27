/// Which curve a failure follows: a greylist opens in minutes, a full mailbox in hours.
public enum RetryFamily: UInt8, Hashable, Sendable, CaseIterable {
    /// Anything without a curve of its own.
    case standard
    /// First contact.
    case greylisting
    /// Connection, DNS and time-out trouble.
    case network
    /// Full mailboxes.
    case mailbox
    /// Limits of rate and quota.
    case rate
    /// TLS and its policies.
    case tls
    /// Our own system or smart host.
    case own
    /// At once, in another transaction or session.
    case immediate
}

/// An instant on the caller's monotonic clock, for time-outs within one session.
///
/// Only differences mean anything; it is never stored and never printed.
public struct SessionInstant: Hashable, Comparable, Sendable {
    /// Nanoseconds since an origin that the caller chose.
    public var nanoseconds: Int64

    /// Makes an instant from nanoseconds since the caller's origin.
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// The origin itself.
    public static var zero: Self { Self(nanoseconds: 0) }

    /// The earlier of two instants is the smaller.
    public static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }

    /// This instant moved by a duration; saturates instead of overflowing.
    public func advanced(by duration: Duration) -> Self {
        let (seconds, attoseconds) = duration.components
        let (scaled, tooLong) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, tooLate) = nanoseconds.addingReportingOverflow(scaled)
        guard !tooLong, !tooLate else { return Self(nanoseconds: seconds < 0 ? .min : .max) }
        return Self(nanoseconds: sum &+ attoseconds / 1_000_000_000)
    }
}

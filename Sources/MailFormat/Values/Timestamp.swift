/// An instant of civil time: milliseconds since 1970-01-01T00:00:00Z, leap seconds ignored.
///
/// Layers 0 and 1 never read a clock: timestamps come in as parameters. What must not jump with the wall clock
/// (session time-outs) is measured by the caller on a monotonic clock and never stored.
public struct Timestamp: Hashable, Comparable, Sendable {
    /// Milliseconds since the epoch; negative before 1970.
    public var milliseconds: Int64

    /// Makes a timestamp from milliseconds since the epoch.
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// Makes a timestamp from whole seconds since the epoch.
    public init(seconds: Int64) { self.milliseconds = seconds * 1000 }

    /// Whole seconds since the epoch, rounded down.
    public var seconds: Int64 { milliseconds >= 0 ? milliseconds / 1000 : (milliseconds - 999) / 1000 }

    /// The earlier of two instants is the smaller.
    public static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }

    /// This instant moved by a duration (its part below a millisecond is dropped).
    public func advanced(by duration: Duration) -> Self {
        let (seconds, attoseconds) = duration.components
        return Self(milliseconds: milliseconds + seconds * 1000 + attoseconds / 1_000_000_000_000_000)
    }

    /// The duration from this instant to another; negative when the other is earlier.
    public func duration(to other: Self) -> Duration { .milliseconds(other.milliseconds - milliseconds) }
}

package import Delivery
package import MailFormat
import NIOConcurrencyHelpers
import NIOCore

#if canImport(Glibc)
    import Glibc
#endif

/// The clock that schedules, expires and stamps the queue: civil time that never jumps while the process runs.
///
/// It reads the wall clock once, at start, and counts on with the monotonic clock. When somebody sets the wall clock
/// ten days ahead, no message expires for it; when it is set back, no retry waits ten days. What people read in a
/// header or report (`Received`, `Date`) comes from `wall`, which follows the wall clock.
package struct RelayClock: Sendable {
    private enum Source {
        /// The wall time and the monotonic time at the start.
        case machine(wall: Int64, monotonic: NIODeadline)
        case given(@Sendable () -> Timestamp)
    }

    private let source: Source

    /// Starts the clock at the present wall time.
    package init() { source = .machine(wall: Self.wallMilliseconds(), monotonic: .now()) }

    /// A clock that somebody else sets, schedules and texts alike: five days pass in no time.
    package init(reading time: @escaping @Sendable () -> Timestamp) { source = .given(time) }

    /// The instant for schedules and ages.
    package var now: Timestamp {
        switch source {
        case .machine(let wall, let monotonic):
            Timestamp(milliseconds: wall + (NIODeadline.now() - monotonic).nanoseconds / 1_000_000)
        case .given(let time): time()
        }
    }

    /// The wall clock as it stands, for texts.
    package var wall: Timestamp {
        switch source {
        case .machine: Timestamp(milliseconds: Self.wallMilliseconds())
        case .given(let time): time()
        }
    }

    /// How far the wall clock has moved away since the start; beyond `noticeableJump` it is worth a log line.
    package var drift: Duration { now.duration(to: wall) }

    /// A drift that no ordinary clock discipline causes.
    package static let noticeableJump: Duration = .seconds(60)

    private static func wallMilliseconds() -> Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}

/// Hands out message ids: ascending, unique on this node.
package struct MessageIDSource: Sendable {
    private let node: Int64
    private let last: NIOLockedValueBox<Int64>

    /// A source for a node, 0…63.
    package init(node: Int64) {
        precondition((0..<64).contains(node), "a message id has 6 bits for the node")
        self.node = node
        self.last = NIOLockedValueBox(0)
    }

    /// Goes on above an id: where the clock was set back between two runs, no id of the earlier one comes again.
    package func start(above id: MessageID) {
        let counter = (id.rawValue >> 21) << 15 | (id.rawValue & 0x7FFF)
        last.withLockedValue { $0 = max($0, counter) }
    }

    /// The next id.
    ///
    /// More than 32,768 in a millisecond borrow from the next millisecond.
    package func next(at now: Timestamp) -> MessageID {
        last.withLockedValue { last in
            // Time and sequence as one counter; the node's bits lie between them.
            let wanted = max(now.milliseconds << 15, last + 1)
            last = wanted
            return MessageID(rawValue: (wanted >> 15) << 21 | node << 15 | (wanted & 0x7FFF))
        }
    }
}

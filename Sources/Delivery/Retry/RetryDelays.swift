/// When the next attempt comes after the n-th failed one: grows geometrically from `first` to `most`, before jitter.
public struct RetryDelays: Hashable, Sendable {
    /// The delay after the first failure.
    public var first: Duration
    /// The factor between one delay and the next, in percent: 150 is half as long again.
    ///
    /// At least 100.
    public var growthPercent: Int
    /// No delay is longer.
    public var most: Duration

    /// Makes a curve from its first delay, its growth and its longest delay.
    public init(first: Duration, growthPercent: Int, most: Duration) {
        precondition(first > .zero && growthPercent >= 100 && most >= first, "a curve grows from a positive delay")
        self.first = first
        self.growthPercent = growthPercent
        self.most = most
    }

    /// For a configuration that names no curve at all (RFC 5321 §4.5.4.1).
    static var ofLastResort: Self { Self(first: .seconds(30 * 60), growthPercent: 150, most: .seconds(4 * 3600)) }

    /// The delay in milliseconds after so many failed attempts (from 1).
    func milliseconds(afterFailures failures: Int) -> Int64 {
        let most = most.wholeMilliseconds
        var delay = max(1, first.wholeMilliseconds)
        guard growthPercent > 100 else { return min(delay, most) }
        var step = 1
        // Each step adds at least a millisecond and in practice a percent: hostile counts end at `most`, quickly.
        while step < failures, delay < most {
            let (product, overflow) = delay.multipliedReportingOverflow(by: Int64(growthPercent))
            if overflow { return most }
            delay = max(delay + 1, product / 100)
            step += 1
        }
        return min(delay, most)
    }
}

extension Duration {
    /// Whole milliseconds, rounded towards zero, saturating.
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (scaled, tooLong) = seconds.multipliedReportingOverflow(by: 1000)
        let (sum, tooLate) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        return tooLong || tooLate ? (seconds < 0 ? .min : .max) : sum
    }
}

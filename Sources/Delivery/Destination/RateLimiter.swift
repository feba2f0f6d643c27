/// A token bucket as one number: the theoretical time of the next arrival (the generic cell rate algorithm).
///
/// Exact in microseconds, no clock, no refilling.
struct RateLimiter: Sendable {
    /// Microseconds between two transactions at the configured rate; 0 means no limit.
    private let interval: Int64
    /// How far ahead of the rate a burst may run.
    private let tolerance: Int64
    /// When the bucket would be full again.
    private var full: Int64 = .min
    /// An interval that a peer's refusals imposed, in microseconds; 0 means none.
    private(set) var pace: Int64 = 0

    /// The longest interval that refusals can impose.
    static let slowestPace: Int64 = 60_000_000
    /// The first interval that a refusal imposes.
    static let firstPace: Int64 = 1_000_000
    /// Below this the pace is dropped.
    static let fastestPace: Int64 = 50_000

    init(_ rate: PlannerConfiguration.Rate?) {
        guard let rate else {
            self.interval = 0
            self.tolerance = 0
            return
        }
        let whole = min(rate.interval.wholeMilliseconds, 366 * 86_400_000) * 1000
        self.interval = max(1, whole / Int64(rate.count))
        self.tolerance = self.interval * Int64(min(rate.burst - 1, 1_000_000))
    }

    /// Microseconds between two transactions now.
    var current: Int64 { max(interval, pace) }

    /// The instant, in milliseconds, from which one more may go; `.min` when nothing limits it.
    var readyAt: Int64 {
        guard current > 0, full > .min else { return .min }
        let allowed = full - (pace > interval ? 0 : tolerance)
        return allowed >= 0 ? (allowed + 999) / 1000 : allowed / 1000
    }

    /// Takes one.
    mutating func take(now milliseconds: Int64) {
        guard current > 0 else { return }
        full = max(full, milliseconds * 1000) + current
    }

    /// Takes one back that was not used.
    mutating func putBack() {
        guard current > 0, full > .min else { return }
        full -= current
    }

    /// A refusal asked for less.
    mutating func slowDown() { pace = min(max(pace * 2, Self.firstPace), Self.slowestPace) }

    /// It went well.
    mutating func speedUp() {
        guard pace > 0 else { return }
        pace -= pace / 8
        if pace < Self.fastestPace { pace = 0 }
    }
}

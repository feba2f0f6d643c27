/// Watches whether anything works at all.
///
/// One success anywhere closes it; only failures of many different destinations, nothing succeeding between them, open
/// it.
struct Breaker: Sendable {
    /// Destinations that could not be reached since the last answer from anywhere.
    var unreachable = Run()
    /// Destinations whose names were not resolved since the last resolution.
    var silent = Run()
    /// Why everything is stopped; nil when it is not.
    var reason: Alert.Kind?
    /// When the next attempt is made although everything is stopped.
    var probeAt: Int64 = .min

    var isOpen: Bool { reason != nil }

    /// Different destinations that failed in a row.
    struct Run: Sendable {
        var count = 0
        /// Marks what was counted in this run; never 0.
        var round: UInt32 = 1

        mutating func reset() {
            guard count > 0 else { return }
            count = 0
            round = round == .max ? 1 : round + 1
        }
    }
}

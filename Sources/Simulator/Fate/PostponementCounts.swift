import NIOConcurrencyHelpers

/// How often each pair of reverse-path and recipient was refused by `defer-N`.
///
/// Memory is bounded: of a pair its hash is kept, and of `mostCounted` pairs the older half is forgotten once the newer
/// half is full. The hash is seeded by the process, so that no client can choose pairs that collide.
package final class PostponementCounts: Sendable {
    private struct Counts {
        var recent: [Int: UInt8] = [:]
        var older: [Int: UInt8] = [:]
    }

    private let counts = NIOLockedValueBox(Counts())
    private let half: Int

    /// The pairs that are remembered: more than a test suite has, in a few megabytes.
    package static let mostCounted = 100_000

    /// Counts for at most so many pairs.
    package init(mostCounted: Int = PostponementCounts.mostCounted) { self.half = max(1, mostCounted / 2) }

    /// How many pairs are remembered now.
    package var remembered: Int { counts.withLockedValue { $0.recent.count + $0.older.count } }

    /// Counts one attempt; how many there were before, as far as it is remembered (`Fate.mostPostponements` and beyond
    /// are one).
    package func count(_ sender: String, _ recipient: String) -> Int {
        var hasher = Hasher()
        hasher.combine(sender)
        hasher.combine(recipient)
        let key = hasher.finalize()
        return counts.withLockedValue { counts in
            let before = counts.recent[key] ?? counts.older[key] ?? 0
            if counts.recent[key] == nil, counts.recent.count >= half {
                counts.older = counts.recent
                counts.recent = [:]
            }
            counts.recent[key] = min(before + 1, UInt8(Fate.mostPostponements))
            return Int(before)
        }
    }
}

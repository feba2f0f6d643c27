import MailFormat
import NIOConcurrencyHelpers

/// Counts reports by addressee and hour, for all threads.
package final class ReportAllowance: Sendable {
    private struct Hour {
        var number: Int64 = 0
        var counts: [String: Int] = [:]
    }

    private let hour = NIOLockedValueBox(Hour())

    /// Addressees counted in one hour; beyond them nobody new gets a report, which only a flood of forged senders can
    /// bring about.
    private static let mostAddressees = 100_000

    /// Nothing was taken from it.
    package init() {}

    /// Takes one from an addressee's share of an hour; false when it is used up.
    func take(_ addressee: String, of share: Int, now: Timestamp) -> Bool {
        hour.withLockedValue { hour in
            Self.begin(&hour, now)
            guard Self.hasLeft(hour, addressee, of: share) else { return false }
            hour.counts[addressee, default: 0] += 1
            return true
        }
    }

    /// Whether something is left of an addressee's share: what is large and will not be sent need not be made.
    func hasLeft(_ addressee: String, of share: Int, now: Timestamp) -> Bool {
        hour.withLockedValue { hour in
            Self.begin(&hour, now)
            return Self.hasLeft(hour, addressee, of: share)
        }
    }

    private static func begin(_ hour: inout Hour, _ now: Timestamp) {
        let current = now.seconds / 3600
        guard current > hour.number else { return }
        hour.number = current
        hour.counts.removeAll(keepingCapacity: true)
    }

    private static func hasLeft(_ hour: Hour, _ addressee: String, of share: Int) -> Bool {
        guard hour.counts.count < mostAddressees || hour.counts[addressee] != nil else { return false }
        return hour.counts[addressee, default: 0] < share
    }
}

package import MailFormat

/// When the leases that are out run out, in memory: finding the earliest one by an index would cost every message two
/// changes of that index, and leases that run out are rare.
///
/// It follows what was committed; at start it is read from the table.
package struct LeaseLedger {
    private var counts: [Int64: Int] = [:]
    /// Ascending; instants before `first`, and those without a count, are past.
    private var instants: [Int64] = []
    private var first = 0

    /// No lease is out.
    package init() {}

    /// A lease until this instant is out.
    package mutating func add(_ until: Timestamp, count: Int = 1) {
        let instant = until.milliseconds
        let total = counts[instant, default: 0] + count
        counts[instant] = total
        if total == count { insert(instant) }
    }

    /// It came back.
    package mutating func remove(_ until: Timestamp) {
        guard let count = counts[until.milliseconds] else { return }
        counts[until.milliseconds] = count > 1 ? count - 1 : nil
    }

    /// The earliest end of a lease; nil when none is out.
    package mutating func earliest() -> Timestamp? {
        while first < instants.count, counts[instants[first]] == nil { first += 1 }
        // The part that is past is dropped when it is the larger one: constant cost for each instant.
        if first > 64 && first * 2 > instants.count {
            instants.removeFirst(first)
            first = 0
        }
        return first < instants.count ? Timestamp(milliseconds: instants[first]) : nil
    }

    /// Leases mostly end in the order in which they are given, so the place is almost always the end.
    private mutating func insert(_ instant: Int64) {
        var index = instants.count
        while index > first, instants[index - 1] > instant { index -= 1 }
        if index > first, instants[index - 1] == instant { return }
        instants.insert(instant, at: index)
    }
}

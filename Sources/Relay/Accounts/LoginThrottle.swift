package import MailFormat

/// Who failed to log in how often, and who must wait for it.
///
/// A value: its owner passes the time.
///
/// Three counts, so that neither a guesser goes on nor a stranger locks a user out: an account from one network, a
/// network whatever the account, an account from everywhere.
package struct LoginThrottle: Sendable {
    /// How much is too much.
    package struct Limits: Hashable, Sendable {
        /// Failures of one account from one network.
        package var perAccountAndNetwork = 10
        /// Failures of one network (an IPv4 address, an IPv6 /64): an office behind one address has many accounts.
        package var perNetwork = 40
        /// Failures of one account from everywhere: a guesser with many addresses.
        package var perAccount = 100
        /// Failures further apart than this do not add up.
        package var window = Duration.seconds(900)
        /// How long one must wait.
        package var lockOut = Duration.seconds(900)
        /// How many counts are kept; the oldest goes.
        package var entries = 20_000
        /// Makes the default limits.
        package init() {}
    }

    private enum Key: Hashable {
        case pair(account: String, network: String)
        case network(String)
        case account(String)
    }

    private struct Count {
        var failures: Int
        var since: Timestamp
        var lockedUntil: Timestamp?
    }

    private let limits: Limits
    private var counts: [Key: Count] = [:]
    private var order: [Key] = []
    private var oldest = 0

    /// Makes a throttle that has seen nobody.
    package init(limits: Limits = Limits()) { self.limits = limits }

    /// How many counts are kept.
    package var count: Int { counts.count }

    /// Whether a login may be tried.
    package func isLocked(account: String, client: String, now: Timestamp) -> Bool {
        keys(account, client).contains { key, _ in
            guard let count = counts[key], let until = count.lockedUntil else { return false }
            // A clock that was set back must not lock anybody for longer than was meant.
            return now < until && now.duration(to: until) <= limits.lockOut
        }
    }

    /// Counts a failure; an account that does not exist is counted like one that does.
    package mutating func failed(account: String, client: String, now: Timestamp) {
        for (key, limit) in keys(account, client) {
            var count = counts[key] ?? Count(failures: 0, since: now)
            let isOver = count.lockedUntil.map { $0 <= now } ?? false
            if isOver || count.since.duration(to: now) > limits.window || now < count.since {
                count = Count(failures: 0, since: now)
            }
            count.failures += 1
            if count.failures >= limit { count.lockedUntil = now.advanced(by: limits.lockOut) }
            keep(count, key)
        }
    }

    /// Forgets the failures of an account at its own network.
    ///
    /// Not those of the network: a guesser who has one account of his own would otherwise start anew with it.
    package mutating func succeeded(account: String, client: String) {
        counts[.pair(account: Account.key(account), network: Self.network(client))] = nil
    }

    private mutating func keep(_ count: Count, _ key: Key) {
        guard counts.updateValue(count, forKey: key) == nil else { return }
        order.append(key)
        while counts.count > limits.entries, oldest < order.count {
            counts[order[oldest]] = nil
            oldest += 1
        }
        // Names that succeeded are still in the list: it is cut when it holds twice as much as is kept.
        if oldest > order.count / 2 || order.count > 2 * limits.entries {
            order = order[oldest...].filter { counts[$0] != nil }
            oldest = 0
        }
    }

    private func keys(_ account: String, _ client: String) -> [(Key, Int)] {
        let account = Account.key(account)
        let network = Self.network(client)
        return [
            (.pair(account: account, network: network), limits.perAccountAndNetwork),
            (.network(network), limits.perNetwork), (.account(account), limits.perAccount),
        ]
    }

    /// One IPv4 address, or the 64 bits of IPv6 that one customer has at least.
    private static func network(_ client: String) -> String {
        switch IPAddress(client)?.unmapped {
        case .v6(let high, _)?: IPAddress.v6(high: high, low: 0).description
        case .v4(let bits)?: IPAddress.v4(bits).description
        case nil: client
        }
    }
}

package import MailFormat
import NIOConcurrencyHelpers
package import StatusCodes

/// Counts open connections, in all and by client address.
package struct ConnectionCensus: Sendable {
    private struct Counts {
        var limits: RelayConfiguration.ProcessLimits
        var total = 0
        var byAddress: [IPAddress: Int] = [:]
    }

    private let counts: NIOLockedValueBox<Counts>

    /// An empty census with its limits.
    package init(limits: RelayConfiguration.ProcessLimits) { counts = NIOLockedValueBox(Counts(limits: limits)) }

    /// Goes on under other limits; whoever is in stays.
    package func follow(_ limits: RelayConfiguration.ProcessLimits) { counts.withLockedValue { $0.limits = limits } }

    /// Counts a connection in; a condition turns it away (it must be counted out all the same).
    package func enter(_ address: IPAddress?) -> Condition? {
        counts.withLockedValue { counts in
            counts.total += 1
            var mine = 1
            if let address {
                mine = counts.byAddress[address, default: 0] + 1
                counts.byAddress[address] = mine
            }
            if counts.total > counts.limits.connections { return .overloaded }
            return mine > counts.limits.connectionsPerAddress ? .tooManyConnections : nil
        }
    }

    /// Counts a connection out.
    package func leave(_ address: IPAddress?) {
        counts.withLockedValue { counts in
            counts.total -= 1
            guard let address, let mine = counts.byAddress[address] else { return }
            counts.byAddress[address] = mine > 1 ? mine - 1 : nil
        }
    }

    /// Open connections.
    package var total: Int { counts.withLockedValue { $0.total } }
}

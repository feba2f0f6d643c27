import Delivery
import MailFormat
import NIOConcurrencyHelpers
import NIOCore
package import SMTPTransport

// What a reload of the configuration changes, and what is found out about ourselves.
extension RelayService {
    /// Goes on under other settings, without a restart.
    ///
    /// New sessions of listeners that are open have the new ones; rules and bounds hold for open sessions too.
    /// Deliveries that are on their way end as they began, everything else follows: event loops first, then the queue
    /// thread, so that no work is given out for a route that its loop does not know.
    package func reload(_ settings: RelaySettings, listeners: [ServerListener]) {
        listenerSettings.withLockedValue { known in
            for listener in listeners where known[listener.name] != nil { known[listener.name] = listener }
        }
        let limits = settings.configuration.limits
        let rules = AdmissionRules(settings.configuration)
        host.follow(rules, limits: limits)
        budget.limit = limits.contentMemory
        mailboxes.withLockedValue { $0 = MailboxPolling.Plan(settings.configuration) }
        tellLoops(settings, rules)
        intake.follow(settings)
    }

    /// Gives settings to the event loops, with our own endpoints among them.
    func tellLoops(_ settings: RelaySettings, _ rules: AdmissionRules) {
        var settings = settings
        settings.configuration.routing.policy.ownEndpoints = ownEndpoints()
        for loop in loops {
            loop.eventLoop.execute { [settings] in loop.delivery.value.follow(settings, rules: rules) }
        }
    }

    /// Where our listeners can be reached; interfaces come and go, so they are looked at each time.
    private func ownEndpoints() -> Set<IPEndpoint> {
        let bound = listeners.withLockedValue { $0.compactMap { IPEndpoint($0.address) } }
        guard !bound.isEmpty else { return [] }
        var interfaces: [IPAddress] = []
        do {
            interfaces = try OwnEndpoints.interfaceAddresses()
        } catch {
            parts.log.note(
                "interfaces.unknown",
                at: clock.wall,
                "this machine's addresses cannot be read (\(error)); a next hop that is ourselves is found by name only"
            )
        }
        return OwnEndpoints.all(bound: bound, interfaces: interfaces)
    }
}

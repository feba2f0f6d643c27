import Delivery
import MailFormat
import StatusCodes
import Testing

/// What a reload of the configuration changes in a planner that is at work.
@Suite struct ReloadTests {
    private let retry = RetryDelays(first: .seconds(60), growthPercent: 100, most: .seconds(60))

    private func relay(_ configuration: PlannerConfiguration = PlannerConfiguration()) -> VirtualRelay {
        let relay = VirtualRelay(configuration)
        relay.audits = true
        return relay
    }

    private func destinations(of id: MessageID, _ relay: VirtualRelay) -> [String] {
        relay.transactions.filter { $0.message == id }.map(\.destination)
    }

    @Test func `Retries, lifetimes and notices follow the new values`() throws {
        let relay = relay()
        relay.peer = { _, _, _ in .refuses(.greylisted) }
        var configuration = PlannerConfiguration()
        configuration.retry.curves = [.standard: retry, .greylisting: retry]
        configuration.retry.jitterPercent = 0
        configuration.retry.lifetime = .seconds(3600)
        configuration.retry.delayNotice = .seconds(600)
        relay.planner.follow(configuration, now: relay.now)
        let id = relay.submit(to: ["u@example.net"])
        relay.run(for: .seconds(4000))
        #expect(relay.attempts(of: id).count > 50)
        #expect(relay.reports(of: id).map(\.action) == [.delayed, .failed])
        let end = try #require(relay.conclusions.last?.at)
        #expect(VirtualRelay.start.duration(to: end) == .seconds(3600))
    }

    @Test func `Fewer connections hold for destinations that are at work`() {
        let relay = relay()
        relay.peer = { _, _, _ in .relays(in: .seconds(10)) }
        for number in 0..<40 { relay.submit(to: ["u\(number)@example.net"]) }
        relay.step()
        #expect(relay.underWay["example.net"] == 20)
        var configuration = PlannerConfiguration()
        configuration.destination.connections = 1
        configuration.destination.itemsPerConnection = 2
        relay.planner.follow(configuration, now: relay.now)
        relay.run(for: .seconds(11))
        #expect(relay.underWay["example.net"] == 2)
        relay.run(for: .seconds(200))
        #expect(relay.relayedAt.count == 40)
    }

    @Test func `What waits for a domain that gets a route goes there, what is under way ends where it began`() {
        var configuration = PlannerConfiguration()
        configuration.destination.connections = 1
        configuration.destination.itemsPerConnection = 1
        let relay = relay(configuration)
        relay.peer = { _, _, _ in .relays(in: .seconds(10)) }
        let first = relay.submit(to: ["u@example.net"])
        let second = relay.submit(to: ["v@example.net"])
        let other = relay.submit(to: ["w@example.org"])
        relay.step()
        configuration.fixedDestinations = ["example.net": "upstream"]
        relay.planner.follow(configuration, now: relay.now)
        relay.run(for: .seconds(60))
        #expect(destinations(of: first, relay) == ["example.net"])
        #expect(destinations(of: second, relay) == ["upstream"])
        #expect(destinations(of: other, relay) == ["example.org"])
        #expect(relay.relayedAt.count == 3)
        #expect(relay.fates(of: second).first == .returned(until: VirtualRelay.start))
    }

    @Test func `A route that goes, and comes again, loses nobody`() {
        var configuration = PlannerConfiguration()
        configuration.destination.connections = 1
        configuration.destination.itemsPerConnection = 1
        configuration.fixedDestinations = ["example.net": "upstream", "*": "rest"]
        let relay = relay(configuration)
        // A loop that does not know the route any more gives its work back.
        relay.peer = { name, _, _ in
            name == "upstream"
                ? VirtualRelay.Reaction(takes: .seconds(1)) { _ in .untried(after: .seconds(1)) }
                : .relays(in: .seconds(1))
        }
        let ids = (0..<5).map { relay.submit(to: ["u\($0)@example.net"]) }
        relay.step()
        configuration.fixedDestinations = ["*": "rest"]
        relay.planner.follow(configuration, now: relay.now)
        relay.run(for: .seconds(60))
        #expect(relay.relayedAt.count == 5)
        #expect(ids.allSatisfy { destinations(of: $0, relay).last == "rest" })

        configuration.fixedDestinations = ["example.net": "upstream", "*": "rest"]
        relay.planner.follow(configuration, now: relay.now)
        relay.peer = { _, _, _ in .relays(in: .seconds(1)) }
        let again = relay.submit(to: ["u@example.net"])
        relay.run(for: .seconds(60))
        #expect(destinations(of: again, relay) == ["upstream"])
        #expect(relay.queue.openRecipients == 0)
    }

    @Test func `Who is sent again at once goes to the new destination`() {
        let relay = relay()
        relay.peer = { name, _, _ in
            name == "example.net" ? .refuses(.unclearAfterDot, in: .seconds(10)) : .relays(in: .seconds(1))
        }
        let id = relay.submit(to: ["u@example.net", "v@example.net"])
        relay.step()
        var configuration = PlannerConfiguration()
        configuration.fixedDestinations = ["example.net": "upstream"]
        relay.planner.follow(configuration, now: relay.now)
        relay.run(for: .seconds(60))
        #expect(destinations(of: id, relay).first == "example.net")
        #expect(Set(destinations(of: id, relay).dropFirst()) == ["upstream"])
        #expect(relay.relayedAt.count == 2)
    }
}

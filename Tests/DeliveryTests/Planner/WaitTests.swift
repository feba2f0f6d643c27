import Delivery
import MailFormat
import Testing

/// What people are told about whose limit keeps a recipient from being tried.
@Suite struct WaitTests {
    private static let site = "mx1.provider1.example"

    /// A relay all of whose domains are of one site.
    private func relay(_ change: (inout PlannerConfiguration) -> Void = { _ in }) -> VirtualRelay {
        var configuration = PlannerConfiguration()
        change(&configuration)
        let relay = VirtualRelay(configuration)
        relay.mx = { _ in (.sample(1), .seconds(3600)) }
        return relay
    }

    private func wait(_ relay: VirtualRelay, _ id: MessageID) throws -> DeliveryWait? {
        relay.planner.waits(of: try #require(relay.queue.message(id)), now: relay.now)[0]
    }

    @Test func `Who waits for the pause of a site is told the site, its domains, and until when`() throws {
        let relay = relay()
        relay.peer = { _, _, _ in .refuses(.unreachable) }
        for number in 0..<6 { relay.submit(to: ["u@d\(number).example"]) }
        relay.run(for: .seconds(10))
        // It was not tried: the pause came before it.
        let late = relay.submit(to: ["u@d0.example"])
        relay.run(for: .seconds(10))
        #expect(relay.attempts(of: late).isEmpty)
        let wait = try #require(try wait(relay, late))
        #expect(wait.destination.name == Self.site)
        #expect(wait.reason == .pause(.destinationPaused))
        #expect(wait.domains == 6)
        #expect(try #require(wait.until) > relay.now)
        // When it is over nothing is in the way.
        relay.peer = { _, _, _ in .relays(in: .seconds(600)) }
        relay.run(until: try #require(wait.until).advanced(by: .milliseconds(1)))
        #expect(try self.wait(relay, late)?.reason != .pause(.destinationPaused))
    }

    @Test func `Who waits for the pause of a domain alone is told the domain`() throws {
        let relay = relay()
        relay.peer = { name, _, _ in name == "bad.example" ? .refuses(.unreachable) : .relays(in: .seconds(60)) }
        let ids = (0..<10).map { relay.submit(to: ["u\($0)@bad.example"]) }
        relay.run(for: .seconds(1))
        let wait = try #require(try wait(relay, ids[9]))
        #expect(wait.destination.name == "bad.example")
        #expect(wait.domains == nil)
        #expect(wait.reason == .pause(.destinationPaused))
    }

    @Test func `Who finds the connections of its site in use is told so, and nobody who is under way`() throws {
        let relay = relay { configuration in
            configuration.destination.connections = 1
            configuration.destination.itemsPerConnection = 1
        }
        relay.peer = { _, _, _ in .relays(in: .seconds(60)) }
        let first = relay.submit(to: ["u@a.example"])
        relay.run(for: .seconds(1))
        let second = relay.submit(to: ["u@b.example"])
        relay.run(for: .seconds(1))
        let wait = try #require(try wait(relay, second))
        #expect(wait.destination.name == Self.site)
        #expect(wait.reason == .connections)
        #expect(wait.domains == 2)
        #expect(wait.until == nil)
        #expect(try self.wait(relay, first) == nil)
    }

    @Test func `Who waits for the rate of its site is told when its turn can come`() throws {
        let relay = relay { configuration in
            configuration.destination.rate = PlannerConfiguration.Rate(count: 1, per: .seconds(60), burst: 1)
        }
        relay.submit(to: ["u@a.example"])
        relay.run(for: .seconds(1))
        let second = relay.submit(to: ["u@b.example"])
        relay.run(for: .seconds(1))
        let wait = try #require(try wait(relay, second))
        #expect(wait.destination.name == Self.site)
        #expect(wait.reason == .rate)
        #expect(try #require(wait.until) > relay.now)
        relay.run(for: .seconds(120))
        #expect(relay.relayedAt[RecipientID(message: second, index: 0)] != nil)
    }

    @Test func `Who waits for its own time, or for a person, waits for no limit`() throws {
        let relay = relay()
        relay.peer = { _, _, _ in .refuses(.greylisted) }
        let scheduled = relay.submit(to: ["u@a.example"])
        let held = relay.submit(to: ["v@a.example"])
        relay.run(for: .seconds(1))
        relay.command(.hold(by: "operator", reason: "asked to", reviewAt: nil, stopsExpiry: false), on: [held])
        relay.run(for: .seconds(1))
        #expect(relay.queue.message(scheduled)?.recipients.first?.attemptCount == 1)
        #expect(try wait(relay, scheduled) == nil)
        #expect(try wait(relay, held) == nil)
    }

    @Test func `Of a destination of which nothing is known nothing is told`() throws {
        let relay = relay()
        relay.peer = { _, _, _ in .refuses(.unreachable) }
        let ids = (0..<10).map { relay.submit(to: ["u\($0)@bad.example"]) }
        relay.run(for: .seconds(1))
        #expect(try wait(relay, ids[9]) != nil)
        let stored = try #require(relay.queue.message(ids[9]))
        #expect(DeliveryPlanner(PlannerConfiguration()).waits(of: stored, now: relay.now).isEmpty)
    }
}

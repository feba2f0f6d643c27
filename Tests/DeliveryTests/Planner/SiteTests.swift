import MailFormat
import StatusCodes
import Testing

@testable import Delivery

extension MXSite {
    /// One of some sites with two hosts each.
    static func sample(_ number: Int) -> MXSite? {
        let names = ["mx1", "mx2"].compactMap { DNSName("\($0).provider\(number).example") }
        return MXSite(names.enumerated().map { ($0.element, UInt16($0.offset) * 10) })
    }
}

/// Domains with the same MX (`docs/design/rulings.md` §3): what they share, and what each keeps for itself.
@Suite struct SiteTests {
    private func configuration(connections: Int, items: Int = 4) -> PlannerConfiguration {
        var configuration = PlannerConfiguration()
        configuration.destination.connections = connections
        configuration.destination.itemsPerConnection = items
        return configuration
    }

    /// A relay all of whose domains are of one site.
    private func relay(_ configuration: PlannerConfiguration = PlannerConfiguration()) -> VirtualRelay {
        let relay = VirtualRelay(configuration)
        relay.audits = true
        relay.mx = { _ in (.sample(1), .seconds(3600)) }
        return relay
    }

    private let site = "mx1.provider1.example"

    @Test func `Two hundred domains of one site share its connections`() {
        let relay = relay(configuration(connections: 3, items: 2))
        relay.audits = false
        for number in 0..<200 { relay.submit(to: ["u@d\(number).example"]) }
        relay.run(for: .seconds(60))
        #expect(relay.mostUnderWay[site] == 6)
        #expect(relay.relayedAt.count == 200)
        #expect(relay.transactions.allSatisfy { $0.limits == site })
        #expect(relay.planner.siteCount == 1)
    }

    @Test func `Each domain is looked up once while its answer is good, and nothing is sent before`() {
        let relay = relay()
        relay.mx = { _ in (.sample(1), .seconds(100)) }
        for _ in 0..<3 {
            relay.submit(to: ["u@a.example"])
            relay.submit(to: ["u@b.example"])
            relay.run(for: .seconds(40))
        }
        #expect(relay.lookups == ["a.example", "b.example"])
        relay.submit(to: ["u@a.example"])
        relay.run(for: .seconds(1))
        #expect(relay.lookups == ["a.example", "b.example", "a.example"])
        #expect(relay.transactions.allSatisfy { $0.limits == site })
        #expect(relay.relayedAt.count == 7)
        #expect(relay.planner.statistics.transactions == 7)
    }

    @Test func `The rate of a site holds for all its domains together`() {
        var configuration = configuration(connections: 20)
        configuration.destination.rate = PlannerConfiguration.Rate(count: 6, per: .seconds(60), burst: 2)
        let relay = relay(configuration)
        for number in 0..<30 { relay.submit(to: ["u@d\(number).example"]) }
        relay.run(for: .seconds(600))
        #expect(relay.transactions.count == 30)
        #expect(relay.mostTransactions(within: .seconds(60)) <= 8)
    }

    @Test func `A domain that hangs delays none of its site, though it has all it may`() {
        func slowest(hangs: Bool) -> Duration {
            let relay = relay()
            relay.peer = { name, _, _ in
                name == "hangs.example" && hangs ? .hangs : .relays(in: .milliseconds(50))
            }
            // Its site is known, and that others share it.
            for domain in ["hangs.example", "d0.example"] { relay.submit(to: ["u@\(domain)"]) }
            relay.run(for: .seconds(1))
            var answering: [VirtualRelay.Submitted] = []
            for _ in 0..<10 {
                for number in 0..<40 { relay.submit(to: ["u\(number)@hangs.example"]) }
                for number in 0..<5 { answering.append((relay.submit(to: ["u@d\(number).example"]), relay.now)) }
                relay.run(for: .seconds(1))
            }
            return relay.longestWait(of: answering)
        }
        // The first message of a domain waits for its look-up.
        #expect(slowest(hangs: true) == .milliseconds(55))
        #expect(slowest(hangs: false) == .milliseconds(55))
    }

    @Test func `What others leave a domain that hangs is used as soon as they are done`() {
        let relay = relay(configuration(connections: 20))
        // One of its items hangs while another domain, that was alone here before, has all but two of the rest.
        relay.peer = { name, _, relay in
            guard name == "slow.example" else { return .relays(in: .seconds(30)) }
            return relay.underWay[name] == 1 ? .hangs : .relays(in: .milliseconds(20))
        }
        for number in 0..<18 { relay.submit(to: ["u\(number)@busy.example"]) }
        relay.run(for: .seconds(1))
        for number in 0..<11 { relay.submit(to: ["u\(number)@slow.example"]) }
        relay.run(for: .seconds(1))
        #expect(relay.underWay["busy.example"] == 18)
        #expect(relay.underWay["slow.example"] == 1)
        relay.run(for: .seconds(60))
        #expect(relay.relayedAt.count == 28)
        #expect(relay.underWay["slow.example"] == 1)
    }

    @Test func `A domain with much mail takes turns with one that has little`() throws {
        let relay = relay(configuration(connections: 1, items: 1))
        relay.submit(to: ["u@busy.example"])
        relay.submit(to: ["u@quiet.example"])
        relay.run(for: .seconds(1))
        for number in 0..<100 { relay.submit(to: ["u\(number)@busy.example"]) }
        let last = relay.submit(to: ["u@quiet.example"])
        let submitted = relay.now
        relay.run(for: .seconds(60))
        let done = try #require(relay.relayedAt[RecipientID(message: last, index: 0)])
        #expect(submitted.duration(to: done) <= .milliseconds(60))
        #expect(relay.relayedAt.count == 103)
    }

    @Test func `A domain alone at its site has all of it`() {
        let relay = relay(configuration(connections: 4, items: 2))
        for number in 0..<100 { relay.submit(to: ["u\(number)@a.example"]) }
        relay.run(for: .seconds(60))
        #expect(relay.mostUnderWay[site] == 8)
        #expect(relay.relayedAt.count == 100)
    }

    @Test func `Two domains of one site failing pause it, with one alert`() {
        let relay = relay()
        relay.peer = { _, _, _ in .refuses(.unreachable) }
        for number in 0..<6 { relay.submit(to: ["u@d\(number).example"]) }
        relay.run(for: .seconds(10))
        #expect(relay.alerts.map(\.kind) == [.destinationPaused])
        #expect(relay.alerts.first?.destination?.name == site)
        let tried = relay.transactions.count
        // The next domain of the site is not tried, and told why.
        let late = relay.submit(to: ["u@d0.example"])
        relay.run(for: .seconds(10))
        #expect(relay.transactions.count == tried)
        #expect(relay.queue.message(late) != nil)
        // When the hosts are back, everything goes.
        relay.peer = { _, _, _ in .relays(in: .milliseconds(20)) }
        relay.run(for: .seconds(4 * 3600))
        #expect(relay.relayedAt.count == 7)
        #expect(relay.alerts.last?.change == .closed)
    }

    @Test func `Hosts that are dead pause the site, and none of its busy domains besides`() {
        let relay = relay()
        for number in 0..<8 { relay.submit(to: ["u@d\(number).example"]) }
        relay.run(for: .seconds(1))
        #expect(relay.relayedAt.count == 8)
        relay.peer = { _, _, _ in .refuses(.unreachable) }
        for user in 0..<10 { for number in 0..<8 { relay.submit(to: ["u\(user)@d\(number).example"]) } }
        relay.run(for: .seconds(10))
        #expect(relay.alerts.map { $0.destination?.name } == [site])
        #expect(relay.alerts.map(\.kind) == [.destinationPaused])
    }

    @Test func `One domain's own failures pause that domain, and nobody else`() {
        let relay = relay()
        relay.peer = { name, _, _ in name == "bad.example" ? .refuses(.unreachable) : .relays(in: .milliseconds(20)) }
        for number in 0..<10 { relay.submit(to: ["u\(number)@bad.example"]) }
        relay.run(for: .seconds(1))
        #expect(relay.alerts.map { $0.destination?.name } == ["bad.example"])
        let good = relay.submit(to: ["u@good.example"])
        relay.run(for: .seconds(1))
        #expect(relay.fates(of: good) == [.relayed])
    }

    @Test func `All recipients of a domain unknown is that domain's incident`() {
        let relay = relay()
        relay.peer = { name, _, _ in name == "gone.example" ? .refuses(.userUnknown) : .relays(in: .milliseconds(20)) }
        for number in 0..<40 { relay.submit(to: ["u\(number)@gone.example"]) }
        relay.run(for: .seconds(5))
        #expect(relay.alerts.map(\.kind) == [.allRecipientsUnknown])
        #expect(relay.alerts.first?.destination?.name == "gone.example")
        let other = relay.submit(to: ["u@other.example"])
        relay.run(for: .seconds(1))
        #expect(relay.fates(of: other) == [.relayed])
    }

    @Test func `What a refusal taught of one domain's transactions holds for the site`() {
        let relay = relay()
        relay.peer = { _, item, _ in
            item.recipients.count > 2 ? .refuses(.tooMany(after: 2)) : .relays(in: .milliseconds(20))
        }
        relay.submit(to: (0..<6).map { "u\($0)@a.example" })
        relay.run(for: .seconds(60))
        let before = relay.transactions.count
        relay.submit(to: (0..<6).map { "u\($0)@b.example" })
        relay.run(for: .seconds(60))
        #expect(relay.transactions.dropFirst(before).allSatisfy { $0.recipients.count <= 2 })
        #expect(relay.relayedAt.count == 12)
    }

    @Test func `One dead site of many domains does not stop everything`() {
        let relay = relay()
        relay.peer = { _, _, _ in .refuses(.unreachable) }
        for number in 0..<60 { relay.submit(to: ["u@d\(number).example"]) }
        relay.run(for: .seconds(5))
        #expect(relay.planner.stoppedBy == nil)
    }

    @Test func `A domain whose MX change goes by the limits of its new site`() {
        let relay = relay()
        var number = 1
        relay.mx = { _ in (.sample(number), .seconds(100)) }
        relay.submit(to: ["u@a.example"])
        relay.run(for: .seconds(200))
        number = 2
        relay.submit(to: ["u@a.example"])
        relay.run(for: .seconds(10))
        #expect(relay.transactions.map(\.limits) == [site, "mx1.provider2.example"])
    }

    @Test(arguments: [["u@a.example"], ["u@a.example", "v@a.example", "w@a.example"]])
    func `A domain that is handed from site to site goes by its own limits for a while`(recipients: [String]) {
        var planner = DeliveryPlanner(PlannerConfiguration())
        let now = VirtualRelay.start
        let message = DeliveryMessage(
            id: MessageID(rawValue: 1),
            arrival: now,
            envelope: .sample(from: "", to: recipients),
            byteCount: 1,
            origin: Origin(kind: .mx)
        )
        planner.accept(
            AcceptedMessage(message: message, content: nil, leaseUntil: now.advanced(by: .seconds(3600))),
            now: now
        )
        var names: [String] = []
        for number in 1...3 {
            guard let assignment = planner.drainAssignments(now: now)[0].first else { break }
            names.append(assignment.route.name)
            let outcomes = assignment.items[0].recipients.map {
                DeliveryOutcome(ticket: $0.ticket, result: .resolved(.sample(number), for: .seconds(60)))
            }
            #expect(planner.decide(outcomes, now: now).isEmpty)
            #expect(planner.violations() == [])
        }
        #expect(names == ["a.example", site, "mx1.provider2.example"])
        let last = planner.drainAssignments(now: now)[0].first
        #expect(last?.route.name == "a.example")
        #expect(last?.task == .deliver)
        #expect(last?.items.map(\.recipients.count) == [recipients.count])
    }

    @Test func `A domain whose answer ends while it waits for its site's turn is looked up in that turn`() throws {
        var planner = DeliveryPlanner(configuration(connections: 1, items: 1))
        var now = VirtualRelay.start
        func accept(_ id: Int64, _ domain: String) {
            let message = DeliveryMessage(
                id: MessageID(rawValue: id),
                arrival: now,
                envelope: .sample(from: "", to: ["u@\(domain)"]),
                byteCount: 1,
                origin: Origin(kind: .mx)
            )
            let end = VirtualRelay.start.advanced(by: .seconds(36_000))
            planner.accept(AcceptedMessage(message: message, content: nil, leaseUntil: end), now: now)
        }
        func next() throws -> (task: Assignment.Task, ticket: Ticket) {
            let assignment = try #require(planner.drainAssignments(now: now)[0].first)
            return (assignment.task, assignment.items[0].recipients[0].ticket)
        }
        accept(1, "a.example")
        let search = try next()
        let found = DeliveryOutcome.Result.resolved(.sample(1), for: .seconds(100))
        _ = planner.decide([DeliveryOutcome(ticket: search.ticket, result: found)], now: now)
        let first = try next()
        #expect(first.task == .deliver)
        // Its second message waits behind the first, which takes longer than the answer is good.
        now = now.advanced(by: .seconds(99))
        let done = DeliveryOutcome(ticket: first.ticket, result: .relayed(notifiesSuccess: true))
        _ = planner.decide([done], now: now)
        planner.committed(now: now)
        accept(2, "a.example")
        now = now.advanced(by: .seconds(2))
        #expect(try next().task == .findSite)
    }

    @Test func `A domain of no site, and one with limits of its own, are destinations of their own`() {
        var configuration = configuration(connections: 20)
        configuration.destinationOverrides["own.example"] = PlannerConfiguration.DestinationLimits()
        let relay = relay(configuration)
        relay.mx = { $0 == "[192.0.2.1]" ? (nil, .seconds(3600)) : (.sample(1), .seconds(3600)) }
        for domain in ["[192.0.2.1]", "own.example", "a.example"] { relay.submit(to: ["u@\(domain)"]) }
        relay.run(for: .seconds(1))
        #expect(Set(relay.transactions.map(\.limits)) == ["[192.0.2.1]", "own.example", site])
        #expect(relay.lookups.sorted() == ["[192.0.2.1]", "a.example"])
    }

    @Test func `All domains of a site are on its loop`() {
        var configuration = configuration(connections: 20)
        configuration.loops = 4
        let relay = relay(configuration)
        for number in 0..<40 { relay.submit(to: ["u@d\(number).example"]) }
        relay.run(for: .seconds(1))
        #expect(Set(relay.transactions.map(\.loop)).count == 1)
        #expect(relay.relayedAt.count == 40)
    }

    @Test func `Limits of a site by the name of its first host`() {
        var configuration = configuration(connections: 20)
        var small = PlannerConfiguration.DestinationLimits()
        small.connections = 1
        small.itemsPerConnection = 1
        configuration.destinationOverrides[site] = small
        let relay = relay(configuration)
        for number in 0..<10 { relay.submit(to: ["u@d\(number).example"]) }
        relay.run(for: .seconds(5))
        #expect(relay.mostUnderWay[site] == 1)
        #expect(relay.relayedAt.count == 10)
    }

    @Test func `Limits that a reload gives a domain take it out of its site, and back`() {
        let relay = relay()
        relay.submit(to: ["u@a.example"])
        relay.run(for: .seconds(1))
        var changed = PlannerConfiguration()
        changed.destinationOverrides["a.example"] = PlannerConfiguration.DestinationLimits()
        relay.planner.follow(changed, now: relay.now)
        relay.submit(to: ["u@a.example"])
        relay.run(for: .seconds(1))
        relay.planner.follow(PlannerConfiguration(), now: relay.now)
        relay.submit(to: ["u@a.example"])
        relay.run(for: .seconds(1))
        #expect(relay.transactions.map(\.limits) == [site, "a.example", site])
    }

    @Test func `Limits of its own that are those in force let a waiting domain go by itself`() {
        let relay = relay(configuration(connections: 1, items: 1))
        relay.peer = { name, _, _ in name == "slow.example" ? .hangs : .relays(in: .milliseconds(20)) }
        relay.submit(to: ["u@a.example"])
        relay.run(for: .seconds(1))
        relay.submit(to: ["u@slow.example"])
        relay.run(for: .seconds(1))
        // The one connection of the site is taken.
        relay.submit(to: ["u@a.example"])
        relay.run(for: .seconds(1))
        #expect(relay.relayedAt.count == 1)
        var changed = configuration(connections: 1, items: 1)
        changed.destinationOverrides["a.example"] = changed.destination
        relay.planner.follow(changed, now: relay.now)
        relay.run(for: .seconds(1))
        #expect(relay.transactions.map(\.limits) == [site, site, "a.example"])
        #expect(relay.relayedAt.count == 2)
    }

    @Test func `Sites without domains are forgotten, and never more than there may be`() {
        var configuration = configuration(connections: 20)
        configuration.memory.destinations = 10
        let relay = relay(configuration)
        relay.mx = { domain in (.sample(domain.utf8.reduce(0) { $0 &* 31 &+ Int($1) } & 0xFFFF), .seconds(3600)) }
        for round in 0..<20 {
            for number in 0..<8 { relay.submit(to: ["u@d\(round)-\(number).example"]) }
            relay.run(for: .seconds(120))
            #expect(relay.planner.siteCount <= 10)
            #expect(relay.planner.destinationCount <= 10)
        }
        relay.run(for: .seconds(24 * 3600))
        #expect(relay.planner.siteCount == 0)
        #expect(relay.planner.destinationCount == 0)
        #expect(relay.relayedAt.count == 160)
    }
}

import Delivery
import MailFormat
import SMTPProtocol
import StatusCodes
import Testing

@Suite struct BreakerTests {
    private func failures(_ relay: VirtualRelay) -> Int {
        relay.conclusions.filter { if case .failed = $0.1.fate { true } else { false } }.count
    }

    @Test func `All recipients of a domain unknown at once: paused and told before anything is bounced`() throws {
        let relay = VirtualRelay()
        relay.peer = { _, _, _ in .refuses(.userUnknown) }
        relay.submit(to: (0..<60).map { "u\($0)@example.net" })
        relay.run(for: .seconds(60))
        #expect(failures(relay) == 0)
        let alert = try #require(relay.alerts.first)
        #expect(alert.kind == .allRecipientsUnknown)
        #expect(alert.destination == .domain(Array("example.net".utf8)))
        #expect(alert.reviewAt == relay.transactions.last?.at.advanced(by: .milliseconds(3_600_020)))
        #expect(relay.alerts.count == 1)
        #expect(relay.queue.openRecipients == 60)
    }

    @Test func `After the review the destination's word is taken for it`() {
        let relay = VirtualRelay()
        relay.peer = { _, _, _ in .refuses(.userUnknown) }
        relay.submit(to: (0..<60).map { "u\($0)@example.net" })
        relay.run(for: .seconds(3 * 3600))
        #expect(failures(relay) == 60)
        #expect(relay.alerts.map(\.change) == [.opened, .closed])
    }

    @Test func `If the domain recovers meanwhile, nobody was bounced`() {
        let relay = VirtualRelay()
        relay.peer = { _, _, relay in
            VirtualRelay.start.duration(to: relay.now) < .seconds(1800)
                ? .refuses(.userUnknown) : .relays(in: .milliseconds(20))
        }
        for number in 0..<30 { relay.submit(to: ["u\(number)@example.net"]) }
        relay.run(for: .seconds(4 * 3600))
        #expect(relay.relayedAt.count >= 10)
        #expect(relay.relayedAt.count + failures(relay) == 30)
        #expect(failures(relay) < 20, "at most those that came in before the count was full")
    }

    @Test func `A few unknown recipients, and one unknown address again and again, are no incident`() {
        let relay = VirtualRelay()
        relay.peer = { _, item, _ in
            item.message.envelope.text(item.message.envelope.recipients[0].address).hasPrefix("good")
                ? .relays(in: .milliseconds(20)) : .refuses(.userUnknown)
        }
        for number in 0..<100 {
            relay.submit(to: ["same@example.net"])
            relay.submit(to: ["u\(number)@example.org"])
            relay.submit(to: ["good@example.org"])
            relay.run(for: .seconds(1))
        }
        #expect(relay.alerts.isEmpty)
        #expect(failures(relay) == 200)
    }

    @Test func `All destinations failing: everything stops but a probe, and nothing expires`() {
        var configuration = PlannerConfiguration()
        configuration.retry.lifetime = .seconds(2 * 3600)
        configuration.retry.delayNotice = nil
        let relay = VirtualRelay(configuration)
        var isDown = true
        relay.peer = { _, _, _ in isDown ? .refuses(.unreachable) : .relays(in: .milliseconds(20)) }
        for number in 0..<100 { relay.submit(to: ["u@d\(number).example"]) }
        relay.run(for: .seconds(10))
        #expect(relay.planner.stoppedBy == .allDestinationsFailing)
        let before = relay.transactions.count
        relay.run(for: .seconds(3 * 3600))
        let probes = relay.transactions.dropFirst(before).map(\.at)
        #expect(!probes.isEmpty)
        for (first, second) in zip(probes, probes.dropFirst()) { #expect(first.duration(to: second) >= .seconds(60)) }
        #expect(relay.queue.openRecipients == 100, "older than their lifetime, but the fault is ours")

        isDown = false
        relay.run(for: .seconds(600))
        #expect(relay.planner.stoppedBy == nil)
        let ofAll = relay.alerts.filter { $0.destination == nil }
        #expect(ofAll.map(\.change) == [.opened, .closed])
        #expect(!relay.relayedAt.isEmpty)
    }

    @Test func `Many destinations failing while others answer stop nothing`() {
        let relay = VirtualRelay()
        relay.peer = { name, _, _ in
            name.hasPrefix("dead") ? .refuses(.unreachable) : .relays(in: .milliseconds(20))
        }
        for number in 0..<100 {
            relay.submit(to: ["u@dead\(number).example", "u@alive\(number).example"])
            relay.run(for: .milliseconds(100))
        }
        relay.run(for: .seconds(10))
        #expect(relay.planner.stoppedBy == nil)
        #expect(relay.relayedAt.count == 100)
    }

    @Test func `The resolver silent for everybody: stopped as resolver-down, and on again with the first answer`() {
        let relay = VirtualRelay()
        var isDown = true
        relay.peer = { _, _, _ in isDown ? .refuses(.resolverSilent) : .relays(in: .milliseconds(20)) }
        for number in 0..<50 { relay.submit(to: ["u@d\(number).example"]) }
        relay.run(for: .seconds(10))
        #expect(relay.planner.stoppedBy == .resolverDown)
        isDown = false
        relay.run(for: .seconds(2 * 3600))
        #expect(relay.planner.stoppedBy == nil)
        #expect(relay.relayedAt.count == 50)
    }

    @Test func `Our own smart host refusing: one incident, nothing bounced, on again when it takes us`() {
        var configuration = PlannerConfiguration()
        configuration.fixedDestinations = ["*": "smart"]
        let relay = VirtualRelay(configuration)
        var refuses = true
        relay.peer = { _, _, _ in refuses ? .refuses(.ownCredentials) : .relays(in: .milliseconds(20)) }
        for number in 0..<200 { relay.submit(to: ["u@d\(number).example"]) }
        relay.run(for: .seconds(12 * 3600))
        #expect(failures(relay) == 0)
        #expect(relay.alerts.map(\.kind) == [.ownRouteRefuses])
        refuses = false
        relay.run(for: .seconds(24 * 3600))
        #expect(relay.relayedAt.count == 200)
        #expect(relay.alerts.map(\.change) == [.opened, .closed])
    }
}

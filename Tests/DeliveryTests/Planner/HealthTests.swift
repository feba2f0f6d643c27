import Delivery
import MailFormat
import StatusCodes
import Testing

@Suite struct HealthTests {
    @Test func `A destination that keeps failing is paused, probed once, and paused longer`() throws {
        let relay = VirtualRelay()
        relay.peer = { _, _, _ in .refuses(.unreachable) }
        for number in 0..<20 { relay.submit(to: ["u\(number)@example.net"]) }
        relay.run(for: .seconds(24 * 3600))
        // The first round is what was under way when nothing was known; after it, one transaction at a time.
        let after = relay.transactions.dropFirst(20).map(\.at)
        #expect(relay.transactions.prefix(20).allSatisfy { $0.at == VirtualRelay.start })
        #expect(relay.mostUnderWay["example.net"] == 20)
        let gaps = zip(after, after.dropFirst()).map { $0.duration(to: $1) }
        #expect(gaps.allSatisfy { $0 >= .seconds(96) })
        #expect(try #require(gaps.dropFirst(8).min()) >= .seconds(48 * 60), "the pauses have grown to about an hour")
        #expect(relay.alerts.map(\.change) == [.opened])
        #expect(relay.alerts.first?.kind == .destinationPaused)
    }

    @Test func `A destination that answers again gets everything, and the alert is closed`() {
        let relay = VirtualRelay()
        relay.peer = { _, _, relay in
            VirtualRelay.start.duration(to: relay.now) < .seconds(3600)
                ? .refuses(.unreachable) : .relays(in: .milliseconds(20))
        }
        for number in 0..<200 { relay.submit(to: ["u\(number)@example.net"]) }
        relay.run(for: .seconds(8 * 3600))
        #expect(relay.relayedAt.count == 200)
        #expect(relay.alerts.map(\.change) == [.opened, .closed])
        #expect(relay.planner.destinationStates(limit: 1, now: relay.now).allSatisfy { $0.trouble == nil })
    }

    @Test func `New mail for a paused destination is scheduled, other mail is not`() throws {
        let relay = VirtualRelay()
        relay.peer = { _, _, _ in .refuses(.unreachable) }
        for number in 0..<3 { relay.submit(to: ["u\(number)@example.net"]) }
        relay.run(for: .seconds(1))
        let paused = relay.planner.startState(of: .sample(from: "", to: ["u@example.net"]), now: relay.now)
        guard case .scheduled(let at) = paused else {
            Issue.record("leased for a paused destination")
            return
        }
        #expect(relay.now.duration(to: at) > .seconds(60))
        let free = relay.planner.startState(of: .sample(from: "", to: ["u@example.org"]), now: relay.now)
        guard case .leased = free else {
            Issue.record("not leased for a free destination")
            return
        }
    }

    @Test
    func `Who waits behind a failing destination is told why, is notified of the delay, and expires with its cause`() {
        let relay = VirtualRelay()
        relay.peer = { _, _, _ in .refuses(.unreachable) }
        let ids = (0..<60).map { relay.submit(to: ["u\($0)@example.net"]) }
        relay.run(for: .seconds(6 * 24 * 3600))
        let noAnswer = EnhancedStatusCode(.persistentTransientFailure, 4, 1)
        #expect(ids.contains { relay.attempts(of: $0).isEmpty }, "some were never tried themselves")
        for id in ids {
            #expect(relay.reports(of: id).map(\.action) == [.delayed, .failed])
            #expect(relay.reports(of: id).map(\.status) == [noAnswer, noAnswer])
            #expect(relay.fates(of: id).last == .expired(noAnswer))
        }
    }

    @Test func `Refusals of recipients do not pause a destination`() {
        let relay = VirtualRelay()
        relay.peer = { _, _, _ in .refuses(.mailboxFull) }
        for number in 0..<50 { relay.submit(to: ["u\(number)@example.net"]) }
        relay.run(for: .seconds(60))
        #expect(relay.transactions.count == 50)
        #expect(relay.alerts.isEmpty)
    }

    @Test func `Asked to slow down, the destination gets less, once for what was under way`() {
        let relay = VirtualRelay()
        var refused = 0
        relay.peer = { _, _, _ in
            refused += 1
            return refused <= 2 ? .refuses(.flood) : .relays(in: .milliseconds(20))
        }
        for number in 0..<100 { relay.submit(to: ["u\(number)@example.net"]) }
        relay.run(for: .seconds(300))
        let times = relay.transactions.dropFirst(20).prefix(3).map(\.at)
        #expect(times.count == 3)
        for (first, second) in zip(times, times.dropFirst()) {
            #expect(first.duration(to: second) >= .milliseconds(400))
        }
        #expect(relay.relayedAt.count == 98, "the two refused ones wait for their retry")
    }

    @Test func `Destinations without work are forgotten, and with them what was learnt once it is void`() {
        let relay = VirtualRelay()
        for number in 0..<100 { relay.submit(to: ["u@d\(number).example"]) }
        relay.run(for: .seconds(60))
        #expect(relay.planner.destinationCount == 100)
        relay.run(for: .seconds(3600))
        #expect(relay.planner.destinationCount == 0)
        #expect(relay.planner.nextDeadline == nil)
    }

    @Test func `An operator's resume ends a pause`() {
        let relay = VirtualRelay()
        relay.peer = { _, _, relay in
            relay.transactions.count <= 3 ? .refuses(.unreachable) : .relays(in: .milliseconds(20))
        }
        for number in 0..<3 { relay.submit(to: ["u\(number)@example.net"]) }
        relay.run(for: .seconds(1))
        let resumed = ["example.net", "example.net", "example.org"].map {
            relay.planner.resume(.domain(Array($0.utf8)), now: relay.now)
        }
        #expect(resumed == [true, false, false], "once; then it is not paused any more; and nobody knows the other")
        relay.submit(to: ["u@example.net"])
        relay.run(for: .seconds(1))
        #expect(relay.relayedAt.count == 1)
    }
}

import Delivery
import MailFormat
import StatusCodes
import Testing

@Suite struct CommandTests {
    private func hold(reviewAt: Timestamp? = nil, stopsExpiry: Bool = false) -> QueueCommand {
        .hold(by: "operator", reason: "asked to", reviewAt: reviewAt, stopsExpiry: stopsExpiry)
    }

    private func isHeld(_ relay: VirtualRelay, _ id: MessageID) -> Bool {
        if case .held? = relay.queue.state(RecipientID(message: id, index: 0)) { true } else { false }
    }

    /// A relay whose only destination is full, so that a message waits in memory.
    private func busyRelay() -> (relay: VirtualRelay, waiting: MessageID) {
        var configuration = PlannerConfiguration()
        configuration.destination.connections = 1
        configuration.destination.itemsPerConnection = 1
        let relay = VirtualRelay(configuration)
        relay.peer = { _, _, _ in .relays(in: .seconds(60)) }
        relay.submit(to: ["first@example.net"])
        let waiting = relay.submit(to: ["second@example.net"])
        relay.step()
        return (relay, waiting)
    }

    @Test func `What waits in memory can be held, and released`() {
        let (relay, waiting) = busyRelay()
        relay.command(hold(), on: [waiting])
        #expect(isHeld(relay, waiting))
        #expect(relay.planner.standing(of: waiting).isEmpty)
        relay.run(for: .seconds(600))
        #expect(relay.attempts(of: waiting).isEmpty)
        relay.command(.release, on: [waiting])
        relay.run(for: .seconds(120))
        #expect(relay.relayedAt[RecipientID(message: waiting, index: 0)] != nil)
    }

    @Test func `What is under way is held when its attempt fails, and not when it succeeds`() {
        for succeeds in [true, false] {
            let relay = VirtualRelay()
            relay.peer = { _, _, _ in
                succeeds ? .relays(in: .seconds(30)) : .refuses(.greylisted, in: .seconds(30))
            }
            let id = relay.submit(to: ["u@example.net"])
            relay.step()
            relay.command(hold(), on: [id])
            #expect(!isHeld(relay, id))
            relay.run(for: .seconds(60))
            #expect(isHeld(relay, id) == !succeeds)
            #expect(relay.relayedAt.count == (succeeds ? 1 : 0))
        }
    }

    @Test func `What is in the store can be held`() {
        let relay = VirtualRelay()
        relay.peer = { _, _, _ in .refuses(.greylisted) }
        let id = relay.submit(to: ["u@example.net"])
        relay.run(for: .seconds(1))
        relay.command(hold(), on: [id])
        relay.run(for: .seconds(3600))
        #expect(relay.attempts(of: id).count == 1)
        #expect(isHeld(relay, id))
    }

    @Test func `A hold does not stop the clock of expiry, unless the operator says so`() throws {
        let relay = VirtualRelay()
        relay.peer = { _, _, _ in .refuses(.greylisted) }
        let ends = relay.submit(to: ["u@example.net"])
        let stays = relay.submit(to: ["v@example.net"])
        relay.run(for: .seconds(1))
        relay.command(hold(), on: [ends])
        relay.command(hold(stopsExpiry: true), on: [stays])
        relay.run(for: .seconds(5 * 24 * 3600))
        var review = relay.planner.review([ends, stays].compactMap { relay.queue.message($0) }, now: relay.now)
        #expect(review.transitions.count == 1)
        relay.store(&review)
        relay.run(for: .seconds(60))
        #expect(relay.fates(of: ends).last == .expired(EnhancedStatusCode(.persistentTransientFailure, 7, 1)))
        #expect(isHeld(relay, stays))
    }

    @Test func `A late report that was put aside is read once more when it is released, however old it is`() {
        let relay = VirtualRelay()
        relay.peer = { _, _, _ in
            VirtualRelay.Reaction(takes: .zero) { _ in .putAside(reason: "it is no report") }
        }
        let id = relay.submit(to: ["b-1@bounces.test"], from: "")
        relay.run(for: .seconds(30 * 24 * 3600))
        #expect(relay.transactions.count == 1)
        relay.command(.release, on: [id])
        relay.run(for: .seconds(2 * 3600))
        #expect(relay.transactions.count == 2)
        guard case .held(let hold)? = relay.queue.state(RecipientID(message: id, index: 0)) else {
            Issue.record("it is gone")
            return
        }
        #expect(hold.by == "bounces" && hold.reason == "it is no report")
    }

    @Test func `A release to be read once more is kept with the message: another planner reads it however old it is`() {
        for isHeldBetween in [false, true] {
            let relay = VirtualRelay()
            relay.peer = { _, _, _ in
                VirtualRelay.Reaction(takes: .zero) { _ in .putAside(reason: "it is no report") }
            }
            let id = relay.submit(to: ["b-1@bounces.test"], from: "")
            relay.run(for: .seconds(30 * 24 * 3600))
            relay.command(.release, on: [id])
            if isHeldBetween {
                relay.command(hold(stopsExpiry: true), on: [id])
                relay.command(.release, on: [id])
            }
            #expect(relay.transactions.count == 1)
            // As after a restart: nothing is known but what the store has.
            relay.planner = DeliveryPlanner(PlannerConfiguration())
            relay.run(for: .seconds(2 * 3600))
            #expect(relay.transactions.count == 2)
            #expect(isHeld(relay, id))
            // It has been read: from now on it is as old as it is, unless it is released once more.
            #expect(relay.queue.message(id)?.recipients.first?.ignoresAge == false)
        }
    }

    @Test func `A hold until an instant is looked at then`() {
        let relay = VirtualRelay()
        relay.peer = { _, _, _ in .refuses(.greylisted) }
        let id = relay.submit(to: ["u@example.net"])
        relay.run(for: .seconds(1))
        relay.command(hold(reviewAt: relay.now.advanced(by: .seconds(600))), on: [id])
        let tooEarly = relay.planner.review([id].compactMap { relay.queue.message($0) }, now: relay.now)
        #expect(tooEarly.isEmpty)
        relay.run(for: .seconds(600))
        var review = relay.planner.review([id].compactMap { relay.queue.message($0) }, now: relay.now)
        relay.store(&review)
        relay.run(for: .seconds(1))
        #expect(relay.attempts(of: id).count == 2)
    }

    @Test func `Fail gives up with 5.7.0 and a report, wherever the recipient stands`() {
        let (relay, waiting) = busyRelay()
        relay.command(.fail, on: [waiting])
        let cancelled = Conclusion.Fate.failed(EnhancedStatusCode(.permanentFailure, 7, 0))
        #expect(relay.fates(of: waiting) == [cancelled])
        #expect(relay.reports(of: waiting).map(\.action) == [.failed])

        relay.peer = { _, _, _ in .refuses(.greylisted, in: .seconds(30)) }
        let underWay = relay.submit(to: ["u@example.org"])
        relay.step()
        relay.command(.fail, on: [underWay])
        relay.run(for: .seconds(60))
        #expect(relay.fates(of: underWay) == [cancelled])

        let stored = relay.submit(to: ["v@example.com"])
        relay.run(for: .seconds(60))
        relay.command(.fail, on: [stored])
        #expect(relay.fates(of: stored).last == cancelled)
        #expect(relay.queue.message(stored) == nil)
    }

    @Test func `Retry now overrides schedule and pause`() {
        let relay = VirtualRelay()
        relay.peer = { _, _, _ in .refuses(.unreachable) }
        let ids = (0..<3).map { relay.submit(to: ["u\($0)@example.net"]) }
        relay.run(for: .seconds(1))
        #expect(relay.planner.destinationStates(limit: 1, now: relay.now).first?.pausedUntil != nil)
        relay.peer = { _, _, _ in .relays(in: .milliseconds(20)) }
        relay.command(.retry, on: ids)
        relay.run(for: .seconds(1))
        #expect(relay.relayedAt.count == 3)
    }

    @Test func `A deleted message is gone: nothing about it is tried, stored or reported`() {
        let (relay, waiting) = busyRelay()
        relay.peer = { _, _, _ in .refuses(.userUnknown, in: .seconds(30)) }
        let underWay = relay.submit(to: ["u@example.org"])
        relay.step()
        for id in [waiting, underWay] { relay.queue.delete(id) }
        relay.planner.deleted([waiting, underWay], now: relay.now)
        relay.run(for: .seconds(600))
        #expect(relay.attempts(of: waiting).isEmpty)
        #expect(relay.fates(of: waiting).isEmpty)
        #expect(relay.fates(of: underWay).isEmpty)
        #expect(relay.planner.recipientCount == 0)
    }

    @Test func `A transition that the store ignored ends the recipient here`() throws {
        var planner = DeliveryPlanner(PlannerConfiguration())
        let now = VirtualRelay.start
        let message = DeliveryMessage(
            id: MessageID(rawValue: 1),
            arrival: now,
            envelope: .sample(from: "a@example.org", to: ["b@example.net", "c@example.net"]),
            byteCount: 1,
            origin: Origin(kind: .mx)
        )
        planner.accept(
            AcceptedMessage(message: message, content: nil, leaseUntil: now.advanced(by: .seconds(3600))),
            now: now
        )
        let item = try #require(planner.drainAssignments(now: now).first?.first?.items.first)
        let decisions = planner.decide(
            item.recipients.map { DeliveryOutcome(ticket: $0.ticket, result: .refused(.unclearAfterDot)) },
            now: now
        )
        #expect(decisions.conclusions.map(\.fate) == [.regrouped, .regrouped])
        planner.committed(ignored: [RecipientID(message: message.id, index: 0)], now: now)
        let again = planner.drainAssignments(now: now).flatMap { $0 }.flatMap(\.items).flatMap { $0.recipients }
        #expect(again.map(\.index) == [1])
    }

    @Test func `An orderly stop gives back what is not under way, due at once`() {
        let (relay, waiting) = busyRelay()
        relay.planner.giveEverythingBack(now: relay.now)
        var decisions = relay.planner.decide([], now: relay.now)
        relay.store(&decisions)
        #expect(relay.fates(of: waiting) == [.returned(until: relay.now)])
        #expect(relay.planner.recipientCount == 1)
    }
}

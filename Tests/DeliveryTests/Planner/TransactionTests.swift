import Delivery
import MailFormat
import StatusCodes
import Testing

@Suite struct TransactionTests {
    private func addresses(_ count: Int, at domain: String = "example.net") -> [String] {
        (0..<count).map { "u\($0)@\(domain)" }
    }

    @Test func `Recipients of one destination share transactions up to its limit`() {
        let relay = VirtualRelay()
        relay.submit(to: addresses(250))
        relay.run(for: .seconds(1))
        #expect(relay.transactions.map(\.recipients.count) == [100, 100, 50])
        #expect(relay.relayedAt.count == 250)
    }

    @Test func `Recipients of two destinations never share a transaction`() {
        let relay = VirtualRelay()
        relay.submit(to: (0..<20).map { "u\($0)@d\($0 % 2).example" })
        relay.run(for: .seconds(1))
        #expect(relay.transactions.map(\.recipients.count) == [10, 10])
        #expect(Set(relay.transactions[0].recipients.map { $0 % 2 }) == [0])
    }

    @Test func `Too many recipients: the rest goes at once, the limit is learnt and forgotten after a day`() {
        let relay = VirtualRelay()
        relay.peer = { _, item, _ in
            let accepted = Set(item.recipients.prefix(10).map(\.index))
            return VirtualRelay.Reaction(takes: .milliseconds(20)) {
                accepted.contains($0.index) ? .relayed(notifiesSuccess: true) : .refused(.tooMany(after: 10))
            }
        }
        let first = relay.submit(to: addresses(25))
        relay.run(for: .seconds(1))
        #expect(relay.transactions.map(\.recipients.count) == [25, 10, 5])
        #expect(relay.fates(of: first).filter { $0 == .regrouped }.count == 15)
        #expect(relay.relayedAt.count == 25, "all within a second, none deferred")

        relay.submit(to: addresses(25))
        relay.run(for: .seconds(1))
        #expect(relay.transactions.dropFirst(3).map(\.recipients.count) == [10, 10, 5])

        relay.run(for: .seconds(25 * 3600))
        relay.submit(to: addresses(25))
        relay.run(for: .seconds(1))
        #expect(relay.transactions[6].recipients.count == 25)
    }

    /// A relay whose peers take so many recipients in a transaction, and announce what they like.
    private func relay(taking limit: @escaping () -> Int, announcing announced: @escaping () -> Int?) -> VirtualRelay {
        let relay = VirtualRelay()
        relay.announces = { _ in announced() }
        relay.peer = { _, item, _ in
            let accepted = Set(item.recipients.prefix(limit()).map(\.index))
            return VirtualRelay.Reaction(takes: .milliseconds(20)) {
                accepted.contains($0.index) ? .relayed(notifiesSuccess: true) : .refused(.tooMany(after: limit()))
            }
        }
        return relay
    }

    @Test func `A larger limit that a session announces lifts one that was learnt, a smaller one does not`() {
        var (limit, announced) = (10, Int?.none)
        let relay = relay(taking: { limit }, announcing: { announced })
        func sizes(of count: Int) -> [Int] {
            let before = relay.transactions.count
            relay.submit(to: addresses(count))
            relay.run(for: .seconds(1))
            return relay.transactions.dropFirst(before).map(\.recipients.count)
        }
        #expect(sizes(of: 25) == [25, 10, 5])
        (limit, announced) = (100, 5)
        #expect(sizes(of: 25) == [10, 10, 5])
        announced = 20
        // The first transaction brings it about.
        #expect(sizes(of: 5) == [5])
        #expect(sizes(of: 45) == [20, 20, 5])
        // It is no limit of ours when the learnt one is forgotten: what is announced then, sessions keep to.
        relay.run(for: .seconds(25 * 3600))
        #expect(sizes(of: 45) == [45])
    }

    @Test func `A limit that was learnt although more was announced is not lifted by announcing as much again`() {
        var announced = 100
        let relay = relay(taking: { 10 }, announcing: { announced })
        relay.submit(to: addresses(25))
        relay.run(for: .seconds(1))
        relay.submit(to: addresses(25))
        relay.run(for: .seconds(1))
        #expect(relay.transactions.map(\.recipients.count) == [25, 10, 5, 10, 10, 5])
        // More than that is another announcement, and is believed until it is found out.
        announced = 200
        relay.submit(to: addresses(5))
        relay.run(for: .seconds(1))
        relay.submit(to: addresses(25))
        relay.run(for: .seconds(1))
        #expect(relay.transactions.dropFirst(6).map(\.recipients.count) == [5, 25, 10, 5])
    }

    @Test func `A refused first RCPT is a retry, not a reason to split`() {
        let relay = VirtualRelay()
        relay.peer = { _, _, _ in .refuses(.tooMany(after: 0)) }
        let id = relay.submit(to: addresses(3))
        relay.run(for: .seconds(60))
        #expect(relay.attempts(of: id).count == 1)
        #expect(relay.fates(of: id).allSatisfy { if case .deferred = $0 { true } else { false } })
    }

    @Test func `A refusal after the dot splits into single recipients, once`() {
        let relay = VirtualRelay()
        relay.peer = { _, item, _ in
            item.recipients.contains { $0.index == 2 } ? .refuses(.unclearAfterDot) : .relays(in: .milliseconds(20))
        }
        let id = relay.submit(to: addresses(4))
        relay.run(for: .seconds(1))
        #expect(relay.transactions.map(\.recipients.count) == [4, 1, 1, 1, 1])
        #expect(Set(relay.relayedAt.keys.map(\.index)) == [0, 1, 3])
        #expect(relay.reports(of: id).map(\.action) == [.failed])
        #expect(relay.fates(of: id).contains(.failed(EnhancedStatusCode(.permanentFailure, 2, 1))))
    }

    @Test func `Recipients without room in a session go into the next transaction at once, unwritten`() {
        let relay = VirtualRelay()
        relay.peer = { _, item, _ in
            let taken = item.recipients.first?.index
            return VirtualRelay.Reaction(takes: .milliseconds(20)) {
                $0.index == taken ? .relayed(notifiesSuccess: true) : .untried(after: .zero)
            }
        }
        let id = relay.submit(to: addresses(5))
        relay.run(for: .seconds(1))
        #expect(relay.transactions.map(\.recipients.count) == [5, 4, 3, 2, 1])
        #expect(relay.fates(of: id) == Array(repeating: .relayed, count: 5))
    }

    @Test func `Work that a loop gives back is tried later and is no attempt`() {
        let relay = VirtualRelay()
        var tries = 0
        relay.peer = { _, _, _ in
            tries += 1
            guard tries == 1 else { return .relays(in: .milliseconds(20)) }
            return VirtualRelay.Reaction(takes: .milliseconds(20)) { _ in .untried(after: .seconds(30)) }
        }
        let id = relay.submit(to: ["u@example.net"])
        relay.run(for: .seconds(120))
        #expect(relay.attempts(of: id).count == 2)
        #expect(relay.planner.statistics.deferred == 0)
        #expect(relay.relayedAt.count == 1)
    }

    @Test func `Content goes along at the first attempt and is read back at later ones`() {
        let relay = VirtualRelay()
        var tries = 0
        relay.peer = { _, _, _ in
            tries += 1
            return tries == 1 ? .refuses(.greylisted) : .relays(in: .milliseconds(20))
        }
        relay.submit(to: ["u@example.net"], content: SampleContent(byteCount: 1000))
        relay.run(for: .seconds(3600))
        #expect(relay.transactions.map(\.hasContent) == [true, false])
        #expect(relay.planner.contentByteCount == 0)
    }

    @Test func `A repeated or forged outcome changes nothing and is counted`() throws {
        var planner = DeliveryPlanner(PlannerConfiguration())
        let now = VirtualRelay.start
        let message = DeliveryMessage(
            id: MessageID(rawValue: 1),
            arrival: now,
            envelope: .sample(from: "a@example.org", to: ["b@example.net"]),
            byteCount: 1,
            origin: Origin(kind: .mx)
        )
        planner.accept(
            AcceptedMessage(message: message, content: nil, leaseUntil: now.advanced(by: .seconds(3600))),
            now: now
        )
        let item = try #require(planner.drainAssignments(now: now).first?.first?.items.first)
        let ticket = try #require(item.recipients.first?.ticket)
        let outcome = DeliveryOutcome(ticket: ticket, result: .relayed(notifiesSuccess: true))
        let twice = planner.decide([outcome, outcome], now: now)
        let beforeCommit = planner.decide([outcome], now: now)
        planner.committed(now: now)
        let afterCommit = planner.decide([outcome], now: now)
        #expect([twice, beforeCommit, afterCommit].map(\.transitions.count) == [1, 0, 0])
        #expect(planner.statistics.strayOutcomes == 3)
        #expect(planner.recipientCount == 0)
    }
}

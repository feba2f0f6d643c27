import MailFormat
import SMTPProtocol
import StatusCodes
import Testing

@testable import Delivery

/// Random events, reproducible by seed: whatever happens, every recipient is done, leased, scheduled or held, the
/// planner's books agree, and in the end everybody is done exactly once.
@Suite struct PropertyTests {
    private func configuration(_ seed: UInt64) -> PlannerConfiguration {
        var configuration = PlannerConfiguration()
        configuration.seed = seed
        configuration.loops = 3
        configuration.memory.recipients = 60
        configuration.memory.recipientsPerDestination = 25
        configuration.memory.destinations = 8
        configuration.memory.contentBytes = 20_000
        configuration.destination.connections = 2
        configuration.destination.recipientsPerTransaction = 5
        configuration.breakers.failingDestinations = 4
        configuration.breakers.silentResolutions = 4
        configuration.breakers.unknownRecipients = 4
        if seed % 3 == 0 { configuration.fixedDestinations = [".d1.example": "smart", "": "local"] }
        if seed % 4 == 0 { configuration.destination.rate = PlannerConfiguration.Rate(count: 1, per: .seconds(2)) }
        return configuration
    }

    private static let rulings: [Ruling] = [
        .mailboxFull, .greylisted, .userUnknown, .unexplained, .flood, .ownCredentials, .unreachable, .resolverSilent,
        .lostReply, .unclearAfterDot, .tooMany(after: 1), .tooMany(after: 0), .reply("421 4.5.1 Enough", at: .mail),
        .reply("550 5.7.1 Spam", at: .dot, accepted: 1), .judged(Evidence(.contentUnreadable)),
    ]

    /// Recipients of one item with fates of their own.
    private func mixed(_ item: WorkItem, _ random: inout SeededGenerator) -> VirtualRelay.Reaction {
        var results: [Int32: DeliveryOutcome.Result] = [:]
        for recipient in item.recipients {
            switch random.upTo(5) {
            case 0, 1: results[recipient.index] = .relayed(notifiesSuccess: random.upTo(1) == 0)
            case 2: results[recipient.index] = .untried(after: .seconds(random.upTo(1) * 30))
            default:
                let ruling = Self.rulings[Int(random.upTo(Int64(Self.rulings.count - 1)))]
                results[recipient.index] = .refused(ruling)
            }
        }
        let takes = Duration.milliseconds(random.upTo(30_000))
        return VirtualRelay.Reaction(takes: takes) { results[$0.index] ?? .delivered }
    }

    @Test(arguments: UInt64(1)...8) func `No recipient is forgotten, none is worked on twice`(seed: UInt64) {
        let relay = VirtualRelay(configuration(seed))
        var random = SeededGenerator(seed: seed &* 77)
        var ids: [MessageID] = []
        var deleted: Set<MessageID> = []
        relay.audits = true
        // Two sites that all domains share, which change over time; a domain without one; one of which nothing is asked.
        relay.mx = { domain in
            let number = domain.utf8.reduce(0) { $0 &+ Int($1) } % 5
            let period = Int(relay.now.milliseconds / 200_000)
            return switch number {
            case 0: nil
            case 1: (nil, .seconds(90))
            default: (MXSite.sample((number + (number == 2 ? period : 0)) % 2), .seconds(Int64(number * 40)))
            }
        }
        relay.peer = { [self] _, item, _ in
            switch random.upTo(9) {
            case 0: .hangs
            case 1, 2, 3: .refuses(Self.rulings[Int(random.upTo(Int64(Self.rulings.count - 1)))], in: .seconds(1))
            case 4, 5: mixed(item, &random)
            default: .relays(in: .milliseconds(random.upTo(5000)))
            }
        }
        for _ in 0..<60 {
            for _ in 0..<random.upTo(4) { ids.append(submit(to: relay, &random)) }
            if let id = ids.isEmpty ? nil : ids[Int(random.upTo(Int64(ids.count - 1)))] {
                disturb(relay, id, &random, &deleted)
            }
            relay.run(for: .milliseconds(random.upTo(random.upTo(3) == 0 ? 3_600_000 : 5000)))
        }

        relay.peer = { _, _, _ in .relays(in: .milliseconds(20)) }
        for _ in 0..<3 {
            relay.command(.release, on: ids)
            relay.run(for: .seconds(3 * 24 * 3600))
        }
        #expect(relay.queue.openRecipients == 0)
        #expect(relay.planner.recipientCount == 0)
        #expect(relay.planner.contentByteCount == 0)
        for (id, fates) in relay.endings {
            #expect(fates.count == 1, "\(id) ended \(fates.count) times")
        }
        let open = ids.filter { !deleted.contains($0) }
        #expect(relay.endings.keys.filter { !deleted.contains($0.message) }.count == relay.recipientsSubmitted(open))
        #expect(relay.planner.nextDeadline.map { $0 > relay.now } ?? true)
    }

    private func submit(to relay: VirtualRelay, _ random: inout SeededGenerator) -> MessageID {
        let count = random.upTo(9) == 0 ? 30 : 1 + random.upTo(6)
        let recipients = (0..<count).map { number -> String in
            random.upTo(40) == 0 ? "postmaster" : "u\(number)@h.d\(random.upTo(9)).example"
        }
        let notify: [Notify?] = [nil, .never, .failure, [.success, .delay]]
        return relay.submit(
            to: recipients,
            from: random.upTo(4) == 0 ? "" : "alice@example.org",
            notify: notify[Int(random.upTo(3))],
            content: random.upTo(1) == 0 ? SampleContent(byteCount: Int(random.upTo(4000))) : nil
        )
    }

    private func disturb(
        _ relay: VirtualRelay,
        _ id: MessageID,
        _ random: inout SeededGenerator,
        _ deleted: inout Set<MessageID>
    ) {
        switch random.upTo(11) {
        case 0: relay.command(.hold(by: "operator", reason: "test", reviewAt: nil, stopsExpiry: false), on: [id])
        case 1: relay.command(.release, on: [id])
        case 2: relay.command(.retry, on: [id])
        case 3: relay.command(.fail, on: [id])
        case 4:
            relay.queue.delete(id)
            relay.planner.deleted([id], now: relay.now)
            deleted.insert(id)
        case 5: relay.planner.giveEverythingBack(now: relay.now)
        case 6: relay.losesCommits = 2
        default: break
        }
    }

    @Test func `The same events and seed give the same decisions`() {
        func trace(_ seed: UInt64) -> [String] {
            let relay = VirtualRelay(configuration(seed))
            var random = SeededGenerator(seed: seed)
            relay.peer = { [self] _, item, _ in mixed(item, &random) }
            for _ in 0..<60 {
                _ = submit(to: relay, &random)
                relay.run(for: .seconds(random.upTo(600)))
            }
            return relay.conclusions.map { "\($0.at.milliseconds) \($0.1.message.id) \($0.1.index) \($0.1.fate)" }
        }
        let first = trace(5)
        #expect(first.count > 100)
        #expect(first == trace(5))
        #expect(first != trace(6))
    }
}

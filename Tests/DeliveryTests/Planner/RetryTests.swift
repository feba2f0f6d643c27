@testable import Delivery
import MailFormat
import SMTPProtocol
import StatusCodes
import Testing

@Suite struct RetryTests {
    private func gaps(_ ruling: Ruling, hours: Int64, _ configuration: PlannerConfiguration = PlannerConfiguration())
        -> [Duration]
    {
        var configuration = configuration
        configuration.retry.delayNotice = nil
        let relay = VirtualRelay(configuration)
        relay.peer = { _, _, _ in .refuses(ruling, in: .zero) }
        let id = relay.submit(to: ["u@example.net"])
        relay.run(for: .seconds(hours * 3600))
        let times = relay.attempts(of: id)
        return zip(times, times.dropFirst()).map { $0.duration(to: $1) }
    }

    private func near(_ duration: Duration, minutes: Int64) -> Bool {
        duration >= .seconds(minutes * 54) && duration <= .seconds(minutes * 66)
    }

    @Test func `Greylisting comes back in minutes`() {
        let gaps = gaps(.greylisted, hours: 5)
        let expected: [Int64] = [5, 10, 20, 40, 60, 60]
        #expect(gaps.count >= expected.count)
        for (gap, minutes) in zip(gaps, expected) { #expect(near(gap, minutes: minutes)) }
    }

    @Test func `A full mailbox is left alone for hours`() {
        let gaps = gaps(.mailboxFull, hours: 40)
        let expected: [Int64] = [120, 240, 480, 720]
        #expect(gaps.count >= expected.count)
        for (gap, minutes) in zip(gaps, expected) { #expect(near(gap, minutes: minutes)) }
    }

    @Test func `Everything else waits at least about 30 minutes (RFC 5321 §4.5.4.1)`() {
        let gaps = gaps(.unexplained, hours: 24)
        #expect(gaps.allSatisfy { $0 >= .seconds(27 * 60) && $0 <= .seconds(264 * 60) })
        #expect((8...14).contains(gaps.count))
    }

    @Test func `Jitter keeps a crowd apart`() {
        let relay = VirtualRelay()
        relay.peer = { _, _, relay in
            relay.transactions.count <= 50 ? .refuses(.greylisted) : .relays(in: .milliseconds(20))
        }
        for number in 0..<50 { relay.submit(to: ["u@d\(number).example"]) }
        relay.run(for: .seconds(3600))
        let second = relay.transactions.dropFirst(50).map(\.at)
        #expect(second.count == 50)
        #expect(Set(second).count > 40)
    }

    private static let askedCases: [(Int64, Int64)] = [(10, 60), (300, 300), (360_000, 86_400)]

    @Test(arguments: askedCases)
    func `What the peer asks for is kept, between a minute and a day`(asked: Int64, waited: Int64) throws {
        var ruling = Ruling.greylisted
        ruling.retryAfter = .seconds(asked)
        let gap = try #require(gaps(ruling, hours: 60).first)
        #expect(gap >= .seconds(waited), "never earlier than asked")
        #expect(gap <= .milliseconds(waited * 1101))
    }

    @Test func `The same seed gives the same times, another seed others`() {
        func times(seed: UInt64) -> [Timestamp] {
            var configuration = PlannerConfiguration()
            configuration.seed = seed
            let relay = VirtualRelay(configuration)
            relay.peer = { _, _, _ in .refuses(.greylisted) }
            for number in 0..<20 { relay.submit(to: ["u@d\(number).example"]) }
            relay.run(for: .seconds(24 * 3600))
            return relay.transactions.map(\.at)
        }
        #expect(times(seed: 1) == times(seed: 1))
        #expect(times(seed: 1) != times(seed: 2))
    }
}

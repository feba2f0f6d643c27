import Delivery
import MailFormat
import Testing

@Suite struct AnswerCacheTests {
    private let now = Timestamp(seconds: 1_000_000)

    private func question(_ number: Int) throws -> DNSQuestion {
        DNSQuestion(try #require(DNSName("d\(number).test")), .a)
    }

    private func records(_ seconds: Int) -> DNSAnswer {
        DNSAnswer(.records([.address(.loopbackV4)]), lifetime: .seconds(seconds))
    }

    @Test(
        arguments: [
            (DNSAnswer.Outcome.records([.address(.loopbackV4)]), 300, 300),
            (.records([.address(.loopbackV4)]), 0, 5),
            (.records([.address(.loopbackV4)]), 1_000_000, 3600),
            (.noData, 3600, 60), (.noSuchName, 30, 30), (.noSuchName, 0, 5),
            (.failed(.serverFailure), 0, 10), (.failed(.timeout), 900, 10),
        ])
    func `Answers live as long as the bounds let them`(outcome: DNSAnswer.Outcome, ttl: Int, kept: Int) throws {
        var cache = AnswerCache()
        let question = try question(1)
        cache.keep(DNSAnswer(outcome, lifetime: .seconds(ttl)), to: question, now: now)
        let last = now.advanced(by: .milliseconds(kept * 1000 - 1))
        #expect(cache.answer(to: question, now: last)?.outcome == outcome)
        #expect(cache.answer(to: question, now: now.advanced(by: .seconds(kept))) == nil)
    }

    @Test func `What is left of the lifetime is told`() throws {
        var cache = AnswerCache()
        cache.keep(records(300), to: try question(1), now: now)
        #expect(cache.answer(to: try question(1), now: now.advanced(by: .seconds(100)))?.lifetime == .seconds(200))
        // The clock was set back by a year: the answer is not good for a year.
        let past = now.advanced(by: .seconds(-31_536_000))
        #expect(cache.answer(to: try question(1), now: past)?.lifetime == .seconds(3600))
    }

    @Test func `Another type of the same name is another question`() throws {
        var cache = AnswerCache()
        cache.keep(records(300), to: try question(1), now: now)
        var other = try question(1)
        other.type = .aaaa
        #expect(cache.answer(to: other, now: now) == nil)
    }

    @Test func `A resolver that is busy says nothing about the name`() throws {
        var cache = AnswerCache()
        cache.keep(DNSAnswer(.failed(.unavailable)), to: try question(1), now: now)
        #expect(cache.answer(to: try question(1), now: now) == nil)
        #expect(cache.count == 0)
    }

    @Test func `The cache stays within its bound, and the oldest go first`() throws {
        var bounds = AnswerCache.Bounds()
        bounds.entries = 100
        var cache = AnswerCache(bounds: bounds)
        for number in 0..<1000 {
            cache.keep(records(300), to: try question(number), now: now)
            // Keeping one again neither moves it nor counts twice.
            cache.keep(records(300), to: try question(number), now: now)
        }
        #expect(cache.count == 100)
        #expect(cache.answer(to: try question(899), now: now) == nil)
        #expect(cache.answer(to: try question(900), now: now) != nil)
        cache.removeAll()
        #expect(cache.count == 0)
        cache.keep(records(300), to: try question(1), now: now)
        #expect(cache.answer(to: try question(1), now: now) != nil)
    }
}

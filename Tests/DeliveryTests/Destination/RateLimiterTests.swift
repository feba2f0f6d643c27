import Testing

@testable import Delivery

@Suite struct RateLimiterTests {
    @Test func `A rate lets through exactly its count, after its burst`() {
        var limiter = RateLimiter(PlannerConfiguration.Rate(count: 10, per: .seconds(1), burst: 3))
        var passed: [Int64] = []
        for now in Int64(0)...1000 {
            while limiter.readyAt <= now {
                limiter.take(now: now)
                passed.append(now)
            }
        }
        #expect(Array(passed.prefix(5)) == [0, 0, 0, 100, 200])
        #expect(passed.count == 13, "three at once, then ten in a second")
    }

    @Test func `No rate never waits`() {
        var limiter = RateLimiter(nil)
        limiter.take(now: 5)
        #expect(limiter.readyAt == .min)
    }

    @Test func `Refusals slow down, successes speed up again until nothing is left of it`() {
        var limiter = RateLimiter(nil)
        limiter.slowDown()
        #expect(limiter.pace == RateLimiter.firstPace)
        limiter.take(now: 0)
        #expect(limiter.readyAt == 1000)
        for _ in 0..<20 { limiter.slowDown() }
        #expect(limiter.pace == RateLimiter.slowestPace)
        for _ in 0..<60 { limiter.speedUp() }
        #expect(limiter.pace == 0)
    }
}

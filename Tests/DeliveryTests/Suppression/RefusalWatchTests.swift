import MailFormat
import Testing

@testable import Delivery

/// When a provider is not believed (`docs/design/rulings.md` §1, permanent suppression).
@Suite struct `Refusal watch` {
    private static let start: Int64 = 500_000 * 3600

    private static func hour(_ number: Int64) -> Timestamp { Timestamp(seconds: start + number * 3600) }

    private static func count(
        _ watch: inout RefusalWatch,
        _ attempts: Int,
        _ refusals: Int,
        _ hour: Int64,
        of provider: String = "google"
    ) -> RefusalWatch.Notice? {
        watch.count(key(watch, provider), name: provider, attempts: attempts, refusals: refusals, now: self.hour(hour))
    }

    private static func key(_ watch: RefusalWatch, _ provider: String = "google") -> UInt64 {
        watch.key(provider.utf8.span)
    }

    @Test(arguments: [
        // Attempts and refusals of an hour without a history; whether that is an incident.
        (100, 20, true), (100, 19, false), (400, 20, false), (399, 20, true), (1000, 50, false), (1000, 51, true),
        (19, 19, false), (20, 20, true),
    ])
    func `an incident is at least 20 refusals, at least 5 % and more than five times the rate`(
        attempts: Int,
        refusals: Int,
        isIncident: Bool
    ) {
        var watch = RefusalWatch(seed: 1)
        let notice = Self.count(&watch, attempts, refusals, 0)
        #expect(notice == (isIncident ? .suspended(provider: "google", since: Self.hour(0)) : nil))
        #expect(watch.isSuspended(Self.key(watch), now: Self.hour(0)) == isIncident)
    }

    @Test(arguments: [(2, 100, false), (2, 101, true), (4, 200, false), (4, 201, true)])
    func `the rate of seven days is multiplied by five`(usualPercent: Int, refusals: Int, isIncident: Bool) {
        var watch = RefusalWatch(seed: 1)
        for hour in 0..<48 { _ = Self.count(&watch, 100, usualPercent, Int64(hour)) }
        #expect((Self.count(&watch, 1000, refusals, 48) != nil) == isIncident)
    }

    @Test func `it is told once, lasts until a whole hour was calm, and then it is told again`() {
        var watch = RefusalWatch(seed: 1)
        #expect(Self.count(&watch, 10, 10, 0) == nil)
        #expect(Self.count(&watch, 10, 10, 0) == .suspended(provider: "google", since: Self.hour(0)))
        #expect(Self.count(&watch, 10, 10, 0) == nil)
        // The hour after it begins unbelieved, and is as bad: that is the same incident.
        #expect(Self.count(&watch, 30, 25, 1) == nil)
        #expect(watch.isSuspended(Self.key(watch), now: Self.hour(2)))
        #expect(Self.count(&watch, 30, 0, 2) == nil)
        #expect(!watch.isSuspended(Self.key(watch), now: Self.hour(3)))
        #expect(Self.count(&watch, 30, 0, 3) == .resumed(provider: "google"))
        #expect(Self.count(&watch, 30, 0, 3) == nil)
    }

    @Test func `a mistake of six hours is one incident to its end, and a list that is always bad is one for a day`() {
        var watch = RefusalWatch(seed: 1)
        for hour in Int64(0)..<6 { _ = Self.count(&watch, 100, 90, hour) }
        #expect(watch.isSuspended(Self.key(watch), now: Self.hour(6)))
        #expect(Self.count(&watch, 100, 0, 7) == .resumed(provider: "google"))
        for hour in Int64(8)..<40 { _ = Self.count(&watch, 100, 30, hour) }
        #expect(!watch.isSuspended(Self.key(watch), now: Self.hour(40)))
    }

    @Test func `providers are counted apart, whatever the case of their names`() {
        var watch = RefusalWatch(seed: 1)
        #expect(Self.count(&watch, 20, 20, 0) != nil)
        #expect(watch.isSuspended(Self.key(watch, "GOOGLE"), now: Self.hour(0)))
        #expect(!watch.isSuspended(Self.key(watch, "example.org"), now: Self.hour(0)))
        #expect(Self.count(&watch, 100, 1, 0, of: "example.org") == nil)
    }

    @Test func `a week is all that it remembers`() {
        var watch = RefusalWatch(seed: 1)
        _ = Self.count(&watch, 100, 4, 0)
        // Four percent of last week would allow twenty; eight days later only the floor counts.
        #expect(Self.count(&watch, 1000, 150, 8 * 24) == .suspended(provider: "google", since: Self.hour(8 * 24)))
        var recent = RefusalWatch(seed: 1)
        _ = Self.count(&recent, 100, 4, 0)
        #expect(Self.count(&recent, 1000, 150, 24) == nil)
    }

    @Test func `providers beyond the bound are not watched until others were quiet for a day`() {
        var limits = RefusalWatch.Limits()
        limits.providers = 2
        var watch = RefusalWatch(limits, seed: 1)
        _ = Self.count(&watch, 1, 0, 0, of: "a.example")
        _ = Self.count(&watch, 1, 0, 0, of: "b.example")
        #expect(Self.count(&watch, 20, 20, 1, of: "c.example") == nil)
        #expect(Self.count(&watch, 20, 20, 30, of: "c.example") != nil)
    }

    @Test(arguments: [(500, false), (501, true)])
    func `reports of a quiet hour are held against the mail of the day, not of that hour`(late: Int, isIncident: Bool) {
        var watch = RefusalWatch(seed: 1)
        _ = Self.count(&watch, 9_990, 0, 10)
        _ = Self.count(&watch, 10, 0, 20)
        var notices: [RefusalWatch.Notice] = []
        for _ in 0..<late {
            let key = Self.key(watch)
            let notice = watch.count(key, name: "google", attempts: 0, refusals: 0, late: 1, now: Self.hour(20))
            if let notice { notices.append(notice) }
        }
        #expect(notices == (isIncident ? [.suspended(provider: "google", since: Self.hour(20))] : []))
    }

    @Test func `reports about mail that was not counted open no incident`() {
        var watch = RefusalWatch(seed: 1)
        let key = Self.key(watch)
        #expect(watch.count(key, name: "google", attempts: 0, refusals: 0, late: 300, now: Self.hour(0)) == nil)
        // They count as what is usual all the same.
        #expect(Self.count(&watch, 100, 20, 0) != nil)
    }

    @Test func `however many domains come while it is full, all are looked through once an hour`() {
        var limits = RefusalWatch.Limits()
        limits.providers = 2
        var watch = RefusalWatch(limits, seed: 1)
        _ = Self.count(&watch, 1, 0, 0, of: "a.example")
        _ = Self.count(&watch, 1, 0, 0, of: "b.example")
        for number in 0..<100 { _ = Self.count(&watch, 1, 0, 1, of: "c\(number).example") }
        #expect(watch.searches == 1)
        for number in 0..<100 { _ = Self.count(&watch, 1, 0, 2, of: "c\(number).example") }
        #expect(watch.searches == 2)
    }
}

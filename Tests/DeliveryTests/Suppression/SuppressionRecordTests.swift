import Delivery
import MailFormat
import StatusCodes
import Testing

/// What is known against an address, and when that is enough to send it nothing more.
@Suite struct `Suppression records` {
    private static let subject = SuppressionSubject(stored: "anna@example.net")
    private static let hour: Int64 = 3600
    private static let day: Int64 = 86_400

    private static func at(_ seconds: Int64) -> Timestamp { Timestamp(seconds: 1_800_000_000 + seconds) }

    private static func sighting(
        _ cause: String,
        _ seconds: Int64,
        _ source: Evidence.Source = .live,
        rule: String = "5.1.1@1.0"
    ) -> Sighting {
        Sighting(
            attempt: AttemptRecord(
                at: at(seconds),
                remote: "mx.example.net[192.0.2.1]:25",
                status: EnhancedStatusCode(.permanentFailure, 1, 1),
                reply: "550-5.1.1 no\n550 5.1.1 such user",
                condition: "5.1.1-no-such-user",
                cause: cause,
                rule: rule,
                stage: "rcpt"
            ),
            recipient: nil,
            source: source,
            provider: "google"
        )
    }

    private static func record(_ kinds: SuppressionChange.Kind...) -> SuppressionRecord {
        var record = SuppressionRecord(subject)
        for kind in kinds { record.apply(SuppressionChange(subject, kind)) }
        return record
    }

    private static func seen(_ cause: String, _ seconds: Int64...) -> SuppressionRecord {
        var record = SuppressionRecord(subject)
        for second in seconds { record.apply(SuppressionChange(subject, .sighted(sighting(cause, second)))) }
        return record
    }

    @Test func `an unknown user is suppressed for good by a second refusal a day later, not by one`() throws {
        #expect(Self.seen("user-unknown", 0).suppression == nil)
        #expect(Self.seen("user-unknown", 0, Self.day - 1).suppression == nil)
        let suppression = try #require(Self.seen("user-unknown", 0, Self.day).suppression)
        #expect(suppression.until == nil && suppression.holds(at: Self.at(900 * Self.day)))
        #expect(
            suppression.quotation
                == "suppressed until it is lifted for user-unknown, 2 times since 2027-01-15T08:00:00Z: "
                + "mx.example.net[192.0.2.1]:25 said 550-5.1.1 no / 550 5.1.1 such user at 2027-01-16T08:00:00Z"
        )
    }

    @Test func `a hundred refusals within six hours are one`() {
        var record = SuppressionRecord(Self.subject)
        for number in 0..<100 {
            let sighting = Self.sighting("user-unknown", Int64(number) * 200)
            record.apply(SuppressionChange(Self.subject, .sighted(sighting)))
        }
        #expect(record.sightings.count == 1 && record.suppression == nil)
    }

    @Test func `one message is one finding, however late it is told again`() {
        var sighting = Self.sighting("user-unknown", 0, .dsn)
        sighting.recipient = RecipientID(message: MessageID(rawValue: 7), index: 1)
        var record = Self.record(.sighted(sighting))
        sighting.attempt.at = Self.at(2 * Self.day)
        record.apply(SuppressionChange(Self.subject, .sighted(sighting)))
        #expect(record.sightings.count == 1 && record.suppression == nil)
        #expect(record.outlook(at: Self.at(2 * Self.day)) != nil)
        sighting.recipient?.index = 2
        record.apply(SuppressionChange(Self.subject, .sighted(sighting)))
        #expect(record.sightings.count == 2 && record.suppression != nil)
    }

    @Test(arguments: [("user-unknown", Evidence.Source.ownPolicy), ("domain-unknown", .ownDNS)])
    func `our own directory or DNS needs to say it once`(cause: String, source: Evidence.Source) {
        let known = Self.record(.sighted(Self.sighting(cause, 0, source)))
        #expect(known.suppression?.holds(at: Self.at(1)) == true)
        for other in Evidence.Source.allCases where !other.isOwnKnowledge {
            #expect(Self.record(.sighted(Self.sighting(cause, 0, other))).suppression == nil)
        }
    }

    @Test func `two causes do not add up`() {
        let record = Self.record(
            .sighted(Self.sighting("user-unknown", 0)),
            .sighted(Self.sighting("moved", Self.day))
        )
        #expect(record.suppression == nil)
    }

    @Test(arguments: Cause.all.filter { $0.fault != .recipient })
    func `what is not the recipient's fault never suppresses`(cause: Cause) {
        let days = (0..<30).map { Int64($0) * Self.day }
        var record = SuppressionRecord(Self.subject)
        for day in days { record.apply(SuppressionChange(Self.subject, .sighted(Self.sighting(cause.name, day)))) }
        #expect(record.suppression == nil)
    }

    @Test(arguments: Cause.all.filter { $0.suppression.length != .none })
    func `what suppresses does so however many sightings come and go`(cause: Cause) throws {
        var record = SuppressionRecord(Self.subject)
        var held = false
        for step in 0..<60 {
            let seconds = Int64(step) * 6 * Self.hour
            record.apply(SuppressionChange(Self.subject, .sighted(Self.sighting(cause.name, seconds))))
            let holds = record.suppression?.holds(at: Self.at(seconds)) ?? false
            #expect(holds || !held, "\(cause.name) lost at step \(step)")
            held = holds
        }
        #expect(held)
        #expect(record.sightings.count == SuppressionRecord.mostSightings)
    }

    @Test func `a full mailbox takes three findings in four days, and then a week`() throws {
        #expect(Self.seen("mailbox-full", 0, Self.day, 2 * Self.day).suppression == nil)
        let suppression = try #require(Self.seen("mailbox-full", 0, Self.day, 4 * Self.day).suppression)
        #expect(suppression.until == Self.at(11 * Self.day))
        #expect(suppression.holds(at: Self.at(11 * Self.day - 1)) && !suppression.holds(at: Self.at(11 * Self.day)))
    }

    @Test func `each further finding doubles the time, up to eightfold`() {
        let full: [Int64] = [0, 1, 4, 12, 27, 56, 113]
        let ends = (3...full.count).map { count -> Timestamp? in
            var record = SuppressionRecord(Self.subject)
            for day in full.prefix(count) {
                record.apply(SuppressionChange(Self.subject, .sighted(Self.sighting("mailbox-full", day * Self.day))))
            }
            return record.suppression?.until
        }
        // A week behind the third, then two, four, eight, and never more.
        let days: [Int64] = [11, 26, 55, 112, 169]
        let expected: [Timestamp?] = days.map { (day: Int64) in Self.at(day * Self.day) }
        #expect(ends == expected)
    }

    @Test func `after four lengths without one the next finding is a first one`() {
        let quiet = Self.seen("mailbox-full", 0, Self.day, 4 * Self.day, 40 * Self.day)
        #expect(quiet.suppression == nil)
        let hard = Self.seen("user-unknown", 0, 181 * Self.day)
        #expect(hard.suppression == nil)
    }

    @Test func `a host that takes mail disproves its refusals, not a report that came later`() {
        let record = Self.record(
            .sighted(Self.sighting("user-unknown", 0)),
            .sighted(Self.sighting("mailbox-full", 10, .dsn)),
            .accepted
        )
        #expect(record.sightings.map(\.attempt.cause) == ["mailbox-full"])
    }

    @Test func `an address that takes mail and bounces it each time is suppressed by its reports`() {
        let record = Self.record(
            .accepted,
            .sighted(Self.sighting("user-unknown", 60, .dsn)),
            .accepted,
            .sighted(Self.sighting("user-unknown", 60 + Self.day, .dsn))
        )
        #expect(record.suppression?.until == nil && record.suppression != nil)
    }

    @Test func `a person's word holds at once, until the instant that was named`() throws {
        let entry = SuppressionEntry(
            origin: .operator,
            at: Self.at(0),
            by: "root",
            reason: "asked by phone",
            until: Self.at(100)
        )
        let suppression = try #require(Self.record(.listed(entry)).suppression)
        #expect(suppression.holds(at: Self.at(99)) && !suppression.holds(at: Self.at(100)))
        #expect(suppression.ground == .entry(entry))
        let word = "suppressed until 2027-01-15T08:01:40Z by root since 2027-01-15T08:00:00Z: asked by phone"
        #expect(suppression.quotation == word)
    }

    @Test func `of two grounds the one that lasts longer is stated`() {
        let short = SuppressionEntry(origin: .imported, at: Self.at(0), by: "root", reason: "ses", until: Self.at(9))
        let record = Self.record(
            .listed(short),
            .sighted(Self.sighting("user-unknown", 0)),
            .sighted(Self.sighting("user-unknown", Self.day))
        )
        guard case .sightings(_, let count, _)? = record.suppression?.ground else {
            Issue.record("\(String(describing: record.suppression))")
            return
        }
        #expect(count == 2)
    }

    @Test func `who is lifted starts with nothing`() {
        let record = Self.record(
            .sighted(Self.sighting("user-unknown", 0)),
            .sighted(Self.sighting("user-unknown", Self.day)),
            .removed
        )
        #expect(record.isEmpty)
    }

    @Test(arguments: [
        (Retraction(rule: "5.1.1", since: Timestamp(seconds: 1_800_000_000)), 1),
        (Retraction(rule: "5.1.1@1.0", since: Timestamp(seconds: 1_800_000_000)), 1),
        (Retraction(rule: "5.1", since: Timestamp(seconds: 1_800_000_000)), 2),
        (Retraction(rule: "5.1.1", since: Timestamp(seconds: 1_800_000_001)), 2),
        (Retraction(provider: "google", since: Timestamp(seconds: 1_800_000_000)), 0),
        (Retraction(provider: "yahoo", since: Timestamp(seconds: 1_800_000_000)), 2),
        (Retraction(since: Timestamp(seconds: 1_800_000_000)), 0),
    ])
    func `evidence is taken back by rule, provider and time`(retraction: Retraction, left: Int) {
        let record = Self.record(
            .sighted(Self.sighting("user-unknown", 0)),
            .sighted(Self.sighting("user-unknown", -Self.day, rule: "other@1.0")),
            .sighted(Self.sighting("moved", 0, rule: "5.1.6@1.0")),
            .retracted(retraction)
        )
        #expect(record.sightings.count == left + 1)
    }

    @Test func `an import is undone by its origin`() {
        let entry = SuppressionEntry(origin: .imported, at: Self.at(5), by: "root", reason: "ses")
        #expect(Self.record(.listed(entry), .retracted(Retraction(rule: "import", since: Self.at(5)))).isEmpty)
        #expect(!Self.record(.listed(entry), .retracted(Retraction(rule: "operator", since: Self.at(0)))).isEmpty)
    }

    @Test func `what cannot matter any more is swept, and nothing else`() {
        let once = SuppressionChange.Kind.sighted(Self.sighting("user-unknown", 0))
        #expect(!Self.record(once, .swept(at: Self.at(180 * Self.day))).isEmpty)
        #expect(Self.record(once, .swept(at: Self.at(181 * Self.day))).isEmpty)
        let entry = SuppressionEntry(origin: .operator, at: Self.at(0), by: "root", reason: "no", until: nil)
        #expect(!Self.record(.listed(entry), once, .swept(at: Self.at(9000 * Self.day))).isEmpty)
        let known = Self.seen("user-unknown", 0, Self.day)
        #expect(!known.isSpent(at: Self.at(9000 * Self.day)))
    }
}

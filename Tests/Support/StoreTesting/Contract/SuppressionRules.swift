internal import Delivery
internal import MailFormat
internal import StatusCodes
internal import Testing

extension StoreContract {
    private static func change(_ number: Int, _ kind: SuppressionChange.Kind) -> SuppressionChange {
        SuppressionChange(Samples.subject(number), kind)
    }

    /// The suppression list: kept with every field, changed in the transaction of what it follows from.
    static let suppressionRules: [StoreRule] = [
        StoreRule("nothing is known against anybody at first") { fixture in
            let record = try fixture.store.suppression(of: Samples.subject(1))
            #expect(record == nil)
            #expect(try fixture.store.suppressions(after: nil, limit: 10).isEmpty)
            #expect(try fixture.store.sightings(since: .after(0), after: nil, limit: 10).isEmpty)
        },
        StoreRule("sightings and entries are kept with every field, and over a restart") { fixture in
            let known = SuppressionRecord(
                Samples.subject(1),
                entry: Samples.entry(seconds: 5),
                sightings: [Samples.sighting(after: 0), Samples.sighting(after: 90_000, .dsn)]
            )
            let result = try fixture.store.write(
                .listing(
                    change(1, .sighted(Samples.sighting(after: 90_000, .dsn))),
                    change(1, .sighted(Samples.sighting(after: 0))),
                    change(1, .listed(Samples.entry(seconds: 5)))
                )
            )
            #expect(result.suppressions == [known])
            #expect(try fixture.store.suppression(of: Samples.subject(1)) == known)
            try fixture.reopen()
            #expect(try fixture.store.suppression(of: Samples.subject(1)) == known)
            #expect(known.suppression?.holds(at: .after(99_000_000)) == true)
        },
        StoreRule("a sighting without a message is kept as one") { fixture in
            var sighting = Samples.sighting(after: 0, .feedback, provider: "example.net")
            sighting.recipient = nil
            _ = try fixture.store.write(.listing(change(1, .sighted(sighting))))
            #expect(try fixture.store.suppression(of: Samples.subject(1))?.sightings == [sighting])
        },
        StoreRule("a change that changes nothing is not reported") { fixture in
            _ = try fixture.store.write(.listing(change(1, .sighted(Samples.sighting(after: 0)))))
            let result = try fixture.store.write(
                .listing(change(1, .sighted(Samples.sighting(after: 60))), change(2, .accepted), change(3, .removed))
            )
            #expect(result.suppressions.isEmpty)
        },
        StoreRule("a lifted suppression is gone with its evidence") { fixture in
            _ = try fixture.store.write(
                .listing(change(1, .sighted(Samples.sighting(after: 0))), change(1, .listed(Samples.entry())))
            )
            let result = try fixture.store.write(.listing(change(1, .removed)))
            #expect(result.suppressions == [SuppressionRecord(Samples.subject(1))])
            #expect(try fixture.store.suppression(of: Samples.subject(1)) == nil)
            #expect(try fixture.store.sightings(since: .after(0), after: nil, limit: 10).isEmpty)
        },
        StoreRule("subjects are read in pages, ascending, addresses and domains alike") { fixture in
            for number in [3, 1, 4, 0, 2] {
                _ = try fixture.store.write(.listing(change(number, .listed(Samples.entry()))))
            }
            let first = try fixture.store.suppressions(after: nil, limit: 2)
            let rest = try fixture.store.suppressions(after: try #require(first.last).subject, limit: 9)
            #expect((first + rest).map(\.subject) == [4, 0, 1, 2, 3].map(Samples.subject))
            #expect(try fixture.store.suppressions(after: Samples.subject(3), limit: 9).isEmpty)
        },
        StoreRule("sightings are read in the order of time, since an instant, in pages") { fixture in
            for number in 0..<4 {
                let sighting = Samples.sighting(after: Int64(40 - number * 10))
                _ = try fixture.store.write(.listing(change(number, .sighted(sighting))))
            }
            let first = try fixture.store.sightings(since: .after(20), after: nil, limit: 2)
            let rest = try fixture.store.sightings(since: .after(20), after: first.last, limit: 2)
            #expect((first + rest).map(\.subject) == [2, 1, 0].map(Samples.subject))
            #expect((first + rest).map(\.sighting.at) == [20, 30, 40].map(Timestamp.after))
        },
        StoreRule("what is taken back by rule and time is gone, the rest stays") { fixture in
            _ = try fixture.store.write(
                .listing(
                    change(1, .sighted(Samples.sighting(after: 0))),
                    change(1, .sighted(Samples.sighting(after: 90_000))),
                    change(1, .retracted(Retraction(rule: "generic/1", since: .after(50))))
                )
            )
            #expect(try fixture.store.suppression(of: Samples.subject(1))?.sightings == [Samples.sighting(after: 0)])
        },
        StoreRule("the list changes in one transaction with the outcome, or not at all") { fixture in
            _ = try fixture.store.write(.submitting(Samples.submission(1)))
            var batch = StoreWrite.moving(.done(1, attempt: Samples.failure()))
            batch.suppressions = [change(1, .sighted(Samples.sighting(after: 0)))]
            // An id that is used twice undoes the whole batch.
            batch.submissions = [Samples.submission(1)]
            expectError(.invalid) { _ = try fixture.store.write(batch) }
            #expect(try fixture.store.suppression(of: Samples.subject(1)) == nil)
            #expect(try fixture.store.message(Samples.id(1)) != nil)
            batch.submissions = []
            let result = try fixture.store.write(batch)
            #expect(result.completed == [Samples.id(1)])
            #expect(result.suppressions.map(\.subject) == [Samples.subject(1)])
            #expect(try fixture.store.events(after: 0, limit: 2).map(\.kind) == [.recipientFailed])
        },
    ]
}

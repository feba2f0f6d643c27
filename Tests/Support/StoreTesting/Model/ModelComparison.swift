public import Delivery
internal import MailFormat
internal import Testing

/// Plays a random history on a store and on the model, and compares all that can be seen after every step.
public enum ModelComparison {
    /// Plays `steps` steps of the history of `seed`; the store is closed and opened again at some restarts.
    public static func play(seed: UInt64, steps: Int, on fixture: any StoreFixture) throws {
        var history = RandomHistory(seed: seed)
        let model = MemoryStore()
        for number in 0..<steps {
            let step = history.next()
            try play(step, on: model, fixture)
            try expectEqual(fixture.store, model, "seed \(seed), step \(number): \(step)")
        }
        try expectSound(fixture.store)
        #expect(try model.check() == [])
    }

    private static func play(_ step: RandomHistory.Step, on model: MemoryStore, _ fixture: any StoreFixture) throws {
        switch step {
        case .write(let batch):
            let expected = try model.write(batch)
            let actual = try fixture.store.write(batch)
            try #require(actual.completed == expected.completed)
            try #require(actual.ignored == expected.ignored)
            try #require(actual.ignoredDeletions == expected.ignoredDeletions)
            try #require(actual.conflicting == expected.conflicting)
            try #require(actual.suppressions == expected.suppressions)
            try #require(actual.repeated.map(\.submission) == expected.repeated.map(\.submission))
            try #require(actual.repeated.map(\.first) == expected.repeated.map(\.first))
        case .claim(let now, let lease, let limit):
            let expected = try model.claimDue(now: now, lease: lease, limit: limit)
            let actual = try fixture.store.claimDue(now: now, lease: lease, limit: limit)
            try #require(actual == expected)
        case .restart(let now):
            try fixture.reopen()
            let fence = try model.takeFence(holder: 0)
            #expect(try fixture.store.takeFence(holder: 0) == fence)
            let expected = try model.recover(holder: 0, fence: fence, now: now)
            #expect(try fixture.store.recover(holder: 0, fence: fence, now: now) == expected)
        }
    }

    /// The two queues hold the same: messages, recipients, attempts, contents, events, suppressions.
    public static func expectEqual(
        _ store: any QueueReader,
        _ model: any QueueReader,
        _ comment: @autoclosure () -> String
    ) throws {
        let expected = try model.page(after: nil, limit: .max)
        let actual = try store.page(after: nil, limit: .max)
        // The first difference says it all: what follows from it is noise.
        try #require(actual == expected, "\(comment())")
        for message in expected {
            #expect(try store.message(message.id) == model.message(message.id))
            #expect(try store.content(of: message.id).bytes() == model.content(of: message.id).bytes())
        }
        #expect(try store.events(after: 0, limit: .max) == model.events(after: 0, limit: .max))
        #expect(try store.suppressions(after: nil, limit: .max) == model.suppressions(after: nil, limit: .max))
    }
}

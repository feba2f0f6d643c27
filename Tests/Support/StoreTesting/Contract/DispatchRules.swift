internal import Delivery
internal import MailFormat
internal import Testing

extension StoreContract {
    private static func dispatch(_ number: Int, after seconds: Int64 = 0, _ outcome: Dispatch.Outcome = .relayed)
        -> Dispatch
    {
        Dispatch(
            recipient: Samples.recipient(number, number % 3),
            at: .after(seconds),
            address: "user\(number)@example.net",
            sender: "sender@example.org",
            outcome: outcome,
            provider: "google"
        )
    }

    private static func batch(_ dispatches: Dispatch..., events: [QueueEvent] = []) -> StoreWrite {
        var batch = StoreWrite()
        batch.dispatches = dispatches
        batch.events = events
        return batch
    }

    /// What a late report adds to the timeline of message 4.
    private static let bounce = QueueEvent(
        number: 0,
        at: .after(60),
        kind: .recipientBounced,
        message: Samples.id(4),
        recipient: 1,
        subject: "user4@example.net",
        attempt: Samples.failure()
    )

    /// Recipients that a late report may be about, and what it adds to their timeline.
    static let dispatchRules: [StoreRule] = [
        StoreRule("a dispatched recipient is kept with every field, over a restart and after its message") { fixture in
            _ = try fixture.store.write(batch(dispatch(4), dispatch(5)))
            #expect(try fixture.store.dispatch(of: Samples.recipient(4, 1)) == dispatch(4))
            try fixture.reopen()
            #expect(try fixture.store.dispatch(of: Samples.recipient(5, 2)) == dispatch(5))
            #expect(try fixture.store.dispatch(of: Samples.recipient(5, 0)) == nil)
        },
        StoreRule("the newest id is also that of a message of which only a dispatched recipient is left") { fixture in
            _ = try fixture.store.write(.submitting(Samples.submission(2)))
            _ = try fixture.store.write(batch(dispatch(4)))
            #expect(try fixture.store.newestID() == Samples.id(4))
            try fixture.reopen()
            #expect(try fixture.store.newestID() == Samples.id(4))
        },
        StoreRule("its outcome is corrected, with the event that says so") { fixture in
            _ = try fixture.store.write(batch(dispatch(4)))
            _ = try fixture.store.write(batch(dispatch(4, after: 0, .bounced), events: [bounce]))
            #expect(try fixture.store.dispatch(of: Samples.recipient(4, 1))?.outcome == .bounced)
            let kept = try fixture.store.events(after: 0, limit: 9)
            #expect(kept.map(\.kind) == [.recipientBounced] && kept.map(\.number) == [1])
            #expect(kept.first?.attempt?.reply == Samples.failure().reply && kept.first?.at == .after(60))
        },
        StoreRule("the past of a message is all that is known of its recipients, and nothing of another's") { fixture in
            _ = try fixture.store.write(.submitting(Samples.submission(4, recipients: 3), Samples.submission(5)))
            _ = try fixture.store.write(batch(dispatch(4), dispatch(5)))
            _ = try fixture.store.write(.moving(.done(4, 0, attempt: Samples.failure()), .done(4, 1), .done(4, 2)))
            _ = try fixture.store.write(batch(dispatch(4, .bounced), events: [bounce]))
            _ = try fixture.store.write(.deleting(Samples.id(5)))
            let past = try fixture.store.past(of: Samples.id(4))
            #expect(past.dispatches == [dispatch(4, .bounced)])
            #expect(past.events.map(\.kind) == [.recipientFailed, .recipientBounced])
            #expect(past.events == (try fixture.store.events(after: 0, limit: 2)))
            #expect(try fixture.store.past(of: Samples.id(5)).events.map(\.kind) == [.messageDeleted])
            #expect(try fixture.store.past(of: Samples.id(6)).isEmpty)
        },
        StoreRule("those whose return-path is no good any more are forgotten when others come") { fixture in
            let lifetime = Dispatch.lifetime.components.seconds
            _ = try fixture.store.write(batch(dispatch(1), dispatch(2, after: 1)))
            _ = try fixture.store.write(batch(dispatch(3, after: lifetime)))
            #expect(try fixture.store.dispatch(of: Samples.recipient(1, 1)) == nil)
            #expect(try fixture.store.dispatch(of: Samples.recipient(2, 2)) != nil)
            #expect(try fixture.store.dispatch(of: Samples.recipient(3, 0)) != nil)
        },
    ]
}

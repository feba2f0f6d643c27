internal import Delivery
internal import Dispatch
internal import MailFormat
internal import SMTPProtocol
internal import Synchronization
internal import Testing

extension StoreContract {
    static let attemptRules: [StoreRule] = [
        StoreRule("attempts are kept in order, with every field") { fixture in
            _ = try fixture.store.write(.submitting(Samples.submission(1, recipients: 2)))
            for number in 1...3 {
                let transition = RecipientTransition.to(Samples.due(60), 1, attempt: Samples.deferral(number))
                _ = try fixture.store.write(.moving(transition))
            }
            let message = try #require(try fixture.store.message(Samples.id(1)))
            #expect(message.recipients[0].attempts == (1...3).map { Samples.deferral($0) })
            #expect(message.recipients[0].attemptCount == 3)
            #expect(message.recipients[0].lastAttempt == Samples.deferral(3))
            #expect(message.recipients[1].attempts.isEmpty && message.recipients[1].attemptCount == 0)
        },
        StoreRule("of many attempts the latest 20 are kept, and all are counted") { fixture in
            _ = try fixture.store.write(.submitting(Samples.submission(1)))
            for number in 1...25 {
                let transition = RecipientTransition.to(Samples.due(60), 1, attempt: Samples.deferral(number))
                _ = try fixture.store.write(.moving(transition))
            }
            let recipient = try #require(try fixture.store.message(Samples.id(1))?.recipients.first)
            #expect(recipient.attempts == (6...25).map { Samples.deferral($0) })
            #expect(recipient.attemptCount == 25)
        },
        StoreRule("a delay notice that went out is remembered") { fixture in
            _ = try fixture.store.write(.submitting(Samples.submission(1)))
            _ = try fixture.store.write(.moving(.to(Samples.due(60), 1, notice: true)))
            _ = try fixture.store.write(.moving(.to(Samples.due(90), 1)))
            #expect(try fixture.store.message(Samples.id(1))?.recipients.first?.delayNoticeSent == true)
        },
        StoreRule("that its age counts no more is remembered over claim and restart, to its next state") { fixture in
            _ = try fixture.store.write(.submitting(Samples.submission(1, recipients: 2)))
            _ = try fixture.store.write(.moving(.to(Samples.due(60), 1, ignoresAge: true), .to(Samples.due(60), 1, 1)))
            #expect(try fixture.store.message(Samples.id(1))?.recipients.map(\.ignoresAge) == [true, false])
            try fixture.reopen()
            let claimed = try fixture.store.claimDue(now: .after(60), lease: Samples.lease(fence: 4), limit: 9)
            #expect(claimed.first?.recipients.map(\.ignoresAge) == [true, false])
            #expect(try fixture.store.page(after: nil, limit: 1).first?.recipients.map(\.ignoresAge) == [true, false])
            _ = try fixture.store.write(.moving(.to(Samples.due(90), 1, fence: 4)))
            #expect(try fixture.store.message(Samples.id(1))?.recipients.map(\.ignoresAge) == [false, false])
        },
        StoreRule("a failure is an event with its attempt; a delivery is none") { fixture in
            _ = try fixture.store.write(.submitting(Samples.submission(1, recipients: 2), Samples.submission(2)))
            _ = try fixture.store.write(.moving(.done(1, 1, attempt: Samples.failure()), .done(1, 0), .done(2)))
            let events = try fixture.store.events(after: 0, limit: 10)
            let event = try #require(events.first)
            #expect(events.count == 1)
            #expect(event.kind == .recipientFailed && event.recipient == 1 && event.message == Samples.id(1))
            #expect(event.subject == "user1@d1.example.net")
            #expect(event.attempt == Samples.failure() && event.at == Samples.failure().at)
        },
        StoreRule("an expiry is an event with its last real attempt") { fixture in
            _ = try fixture.store.write(.submitting(Samples.submission(1)))
            _ = try fixture.store.write(.moving(.done(1, attempt: Samples.deferral(2))))
            #expect(try fixture.store.events(after: 0, limit: 10).map(\.attempt) == [Samples.deferral(2)])
        },
        StoreRule("events are numbered, and read in pages") { fixture in
            for number in 0..<5 { _ = try fixture.store.write(.submitting(Samples.submission(number))) }
            for number in 0..<5 { _ = try fixture.store.write(.deleting(Samples.id(number))) }
            let first = try fixture.store.events(after: 0, limit: 3)
            let rest = try fixture.store.events(after: try #require(first.last).number, limit: 3)
            #expect((first + rest).map(\.message) == (0..<5).map(Samples.id))
            #expect(try fixture.store.events(after: try #require(rest.last).number, limit: 3).isEmpty)
        },
    ]

    static let readingRules: [StoreRule] = [
        StoreRule("pages go through the queue in order, each message once") { fixture in
            for number in [3, 1, 4, 0, 2] {
                _ = try fixture.store.write(.submitting(Samples.submission(number, recipients: 2)))
            }
            var seen: [MessageID] = []
            while true {
                let page = try fixture.store.page(after: seen.last, limit: 2)
                #expect(page.allSatisfy { $0.recipients.count == 2 })
                seen += page.map(\.id)
                if page.count < 2 { break }
            }
            #expect(seen == (0..<5).map(Samples.id))
            #expect(try fixture.store.page(after: nil, limit: 0).isEmpty)
        },
        StoreRule("a page shows the latest attempt of each open recipient") { fixture in
            _ = try fixture.store.write(.submitting(Samples.submission(1, recipients: 3)))
            _ = try fixture.store.write(.moving(.done(1, 0), .to(Samples.due(9), 1, 2, attempt: Samples.deferral(4))))
            let recipients = try #require(try fixture.store.page(after: nil, limit: 1).first).recipients
            #expect(recipients.map(\.index) == [1, 2])
            #expect(recipients.map(\.lastAttempt) == [nil, Samples.deferral(4)])
        },
        StoreRule("an unknown message is nil, and has no content") { fixture in
            try expectContent(fixture.store, Samples.id(1), nil)
        },
        StoreRule("a reader sees whole messages while others come and go") { fixture in
            let store = fixture.store
            let torn = Mutex(0)
            let ended = Mutex(false)
            let reader = DispatchQueue(label: "reader")
            reader.async {
                while !ended.withLock({ $0 }) {
                    guard let page = try? store.page(after: nil, limit: 50) else {
                        return torn.withLock { $0 += 1 }
                    }
                    // Each batch writes and ends its recipients together: a page never sees a part.
                    let isTorn = page.contains { $0.recipients.count != 4 || $0.envelope.recipients.count != 4 }
                    if isTorn { torn.withLock { $0 += 1 } }
                }
            }
            for number in 0..<200 {
                var batch = StoreWrite.submitting(Samples.submission(number, recipients: 4))
                if number > 2 { batch.transitions = (0..<4).map { .done(number - 3, $0) } }
                _ = try store.write(batch)
            }
            ended.withLock { $0 = true }
            reader.sync {}
            #expect(torn.withLock { $0 } == 0)
            #expect(try store.page(after: nil, limit: 50).map(\.id) == (197..<200).map(Samples.id))
        },
    ]

    static let durabilityRules: [StoreRule] = [
        StoreRule("what was written is there when the store is opened again") { fixture in
            let key = IdempotencyKey(owner: "anna", key: "k1", digest: [1])
            _ = try fixture.store.write(
                .submitting(
                    Samples.submission(1, recipients: 3),
                    Samples.submission(2, state: Samples.due(60), key: key),
                    Samples.submission(3),
                    Samples.submission(4)
                )
            )
            _ = try fixture.store.write(
                .moving(
                    .done(1, 0),
                    .to(Samples.due(90), 1, 1, attempt: Samples.deferral(1)),
                    .to(Samples.hold(), 1, 2),
                    .done(3, attempt: Samples.failure())
                )
            )
            _ = try fixture.store.write(.deleting(Samples.id(4)))
            let before = try fixture.store.page(after: nil, limit: 10)
            let events = try fixture.store.events(after: 0, limit: 10)
            try fixture.reopen()
            #expect(try fixture.store.page(after: nil, limit: 10) == before)
            #expect(try fixture.store.events(after: 0, limit: 10) == events)
            #expect(before.count == 2 && events.count == 2)
            #expect(try fixture.store.nextDue() == .after(60))
            try expectContent(fixture.store, Samples.id(1), Samples.content(1))
            #expect(try fixture.store.write(.submitting(Samples.submission(9, key: key))).repeated.count == 1)
        },
        StoreRule("leases of an earlier run still run out") { fixture in
            _ = try fixture.store.write(.submitting(Samples.submission(1, state: .leased(Samples.lease(seconds: 30)))))
            try fixture.reopen()
            #expect(try fixture.store.nextDue() == .after(30))
            let claimed = try fixture.store.claimDue(now: .after(30), lease: Samples.lease(fence: 4), limit: 1)
            #expect(claimed.map(\.id) == [Samples.id(1)])
        },
    ]
}

internal import Delivery
internal import MailFormat
internal import SMTPProtocol
internal import Testing

extension StoreContract {
    static let submissionRules: [StoreRule] = [
        StoreRule("what was submitted comes back unchanged") { fixture in
            let submission = Samples.submission(1, recipients: 5)
            let result = try fixture.store.write(.submitting(submission))
            #expect(result.completed.isEmpty && result.ignored.isEmpty && result.repeated.isEmpty)
            let message = try #require(try fixture.store.message(submission.id))
            #expect(message.envelope == submission.envelope)
            #expect(message.origin == submission.origin)
            #expect(message.arrival == submission.arrival)
            #expect(message.byteCount == submission.content.byteCount)
            #expect(message.recipients.map(\.index) == [0, 1, 2, 3, 4])
            #expect(message.recipients.allSatisfy { $0.state == submission.state })
            #expect(
                message.recipients.allSatisfy { $0.attemptCount == 0 && $0.lastAttempt == nil && !$0.delayNoticeSent }
            )
            try expectContent(fixture.store, submission.id, Samples.content(1))
        },
        StoreRule("the null reverse-path comes back as such") { fixture in
            var submission = Samples.submission(1)
            submission.envelope = Samples.envelope(null: true)
            submission.envelope.returned = nil
            submission.envelope.smtpUTF8 = false
            submission.envelope.body = .binaryMIME
            submission.origin = Origin(kind: .report)
            _ = try fixture.store.write(.submitting(submission))
            let message = try #require(try fixture.store.message(submission.id))
            #expect(message.envelope == submission.envelope)
            #expect(message.envelope.reversePath.isEmpty)
            #expect(message.origin == Origin(kind: .report))
        },
        StoreRule("content of no byte, of one and of 64 KiB is kept to the byte") { fixture in
            for (number, byteCount) in [0, 1, 65_536].enumerated() {
                _ = try fixture.store.write(.submitting(Samples.submission(number, byteCount: byteCount)))
                try expectContent(fixture.store, Samples.id(number), Samples.content(number, byteCount: byteCount))
            }
        },
        StoreRule("each initial state is kept") { fixture in
            let states: [RecipientState] = [
                .leased(Samples.lease(fence: 7, holder: 3)), Samples.due(60), Samples.hold(reviewAt: .after(90)),
                Samples.hold("never looked at again"),
            ]
            for (number, state) in states.enumerated() {
                _ = try fixture.store.write(.submitting(Samples.submission(number, recipients: 2, state: state)))
                try expectState(fixture.store, Samples.recipient(number, 1), state)
            }
        },
        StoreRule("a message of 10,000 recipients is one message") { fixture in
            _ = try fixture.store.write(.submitting(Samples.submission(1, recipients: 10_000)))
            let message = try #require(try fixture.store.message(Samples.id(1)))
            #expect(message.envelope == Samples.envelope(recipients: 10_000))
            #expect(message.recipients.count == 10_000)
        },
        StoreRule("an id used twice refuses the whole batch") { fixture in
            _ = try fixture.store.write(.submitting(Samples.submission(1, byteCount: 10)))
            expectError(.invalid) {
                _ = try fixture.store.write(.submitting(Samples.submission(2), Samples.submission(1, byteCount: 20)))
            }
            try expectContent(fixture.store, Samples.id(1), Samples.content(1, byteCount: 10))
            try expectContent(fixture.store, Samples.id(2), nil)
        },
        StoreRule("a submission without recipients refuses the whole batch") { fixture in
            expectError(.invalid) {
                _ = try fixture.store.write(.submitting(Samples.submission(1), Samples.submission(2, recipients: 0)))
            }
            let page = try fixture.store.page(after: nil, limit: 10)
            #expect(page.isEmpty)
        },
        StoreRule("an empty batch does nothing") { fixture in
            let result = try fixture.store.write(StoreWrite())
            #expect(result.completed.isEmpty)
            #expect(try fixture.store.nextDue() == nil)
        },
        StoreRule("a message can be submitted and end in the same batch") { fixture in
            var batch = StoreWrite.submitting(Samples.submission(1), Samples.submission(2))
            batch.transitions = [.done(2)]
            #expect(try fixture.store.write(batch).completed == [Samples.id(2)])
            try expectContent(fixture.store, Samples.id(1), Samples.content(1))
            try expectContent(fixture.store, Samples.id(2), nil)
        },
    ]

    static let idempotencyRules: [StoreRule] = [
        StoreRule("a key used again with the same content names the first message") { fixture in
            let key = IdempotencyKey(owner: "anna", key: "k1", digest: [1, 2, 3])
            _ = try fixture.store.write(.submitting(Samples.submission(1, key: key)))
            let result = try fixture.store.write(.submitting(Samples.submission(5), Samples.submission(2, key: key)))
            #expect(result.repeated.map(\.submission) == [1])
            #expect(result.repeated.map(\.first) == [Samples.id(1)])
            #expect(try fixture.store.message(Samples.id(2)) == nil)
            #expect(try fixture.store.message(Samples.id(5)) != nil)
        },
        StoreRule("a key used again with other content is a conflict and stores nothing") { fixture in
            let key = IdempotencyKey(owner: "anna", key: "k1", digest: [1])
            let other = IdempotencyKey(owner: "anna", key: "k1", digest: [2])
            _ = try fixture.store.write(.submitting(Samples.submission(1, key: key)))
            #expect(try fixture.store.write(.submitting(Samples.submission(2, key: other))).conflicting == [0])
            #expect(try fixture.store.message(Samples.id(2)) == nil)
        },
        StoreRule("a key is seen within one batch") { fixture in
            let key = IdempotencyKey(owner: "anna", key: "k1", digest: [1])
            let result = try fixture.store.write(
                .submitting(Samples.submission(1, key: key), Samples.submission(2, key: key))
            )
            #expect(result.repeated.map(\.first) == [Samples.id(1)])
        },
        StoreRule("a key belongs to its owner") { fixture in
            for (number, owner) in ["anna", "bob"].enumerated() {
                let key = IdempotencyKey(owner: owner, key: "k1", digest: [1])
                let result = try fixture.store.write(.submitting(Samples.submission(number, key: key)))
                #expect(result.repeated.isEmpty && result.conflicting.isEmpty)
            }
        },
        StoreRule("a key outlives its message") { fixture in
            let key = IdempotencyKey(owner: "anna", key: "k1", digest: [1])
            _ = try fixture.store.write(.submitting(Samples.submission(1, key: key)))
            _ = try fixture.store.write(.moving(.done(1)))
            let result = try fixture.store.write(.submitting(Samples.submission(2, key: key)))
            #expect(result.repeated.map(\.first) == [Samples.id(1)])
        },
        StoreRule("a key is kept for 24 hours, not longer") { fixture in
            let key = IdempotencyKey(owner: "anna", key: "k1", digest: [1])
            _ = try fixture.store.write(.submitting(Samples.submission(1, key: key)))
            var late = Samples.submission(2, key: key)
            late.arrival = .after(86_399)
            #expect(try fixture.store.write(.submitting(late)).repeated.count == 1)
            late.arrival = .after(86_400)
            #expect(try fixture.store.write(.submitting(late)).repeated.isEmpty)
            #expect(try fixture.store.message(Samples.id(2)) != nil)
        },
        StoreRule("a key of a refused batch was not used") { fixture in
            let key = IdempotencyKey(owner: "anna", key: "k1", digest: [1])
            expectError(.invalid) {
                _ = try fixture.store.write(
                    .submitting(Samples.submission(1, key: key), Samples.submission(2, recipients: 0))
                )
            }
            let result = try fixture.store.write(.submitting(Samples.submission(3, key: key)))
            #expect(result.repeated.isEmpty)
        },
    ]
}

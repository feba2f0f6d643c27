import Delivery
import MailFormat
import NIOCore
import NIOPosix
import Relay
import SMTPTesting
import SMTPTransport
import StatusCodes
import StoreTesting
import Testing

/// One turn of the queue after the other: what is stored, who hears what, and when.
@Suite(.timeLimit(.minutes(2))) struct `Queue thread` {
    private let harness = QueueThreadHarness()

    private func submission(_ number: Int, key: IdempotencyKey? = nil) -> Submission {
        Mail.submission(number, at: harness.clock.now, key: key)
    }

    private static let full = StoreError(code: .full, detail: "no space")
    private static let broken = StoreError(code: .inputOutput, detail: "the disk is gone")

    @Test func `a message is answered 250 with its id once it is stored, and its memory comes back`() async throws {
        harness.start()
        #expect(harness.budget.reserve(5000))
        let reply = try await harness.submit(submission(1), reserving: 5000)
        #expect(reply == Reply(.queued, "queued as \(Mail.id(1))"))
        #expect(harness.now.early.isEmpty)
        #expect(harness.budget.inUse == 0)
        guard case .leased(let lease)? = try harness.states(1).first else {
            Issue.record("\(try harness.states(1))")
            return
        }
        #expect(lease.until > harness.clock.now)
        #expect(try harness.file.events() == ["message.accepted"])
    }

    @Test func `what gathers during a commit is one transaction`() async throws {
        harness.start()
        harness.store.hold()
        harness.hand(submission(1))
        try await waited { harness.store.isWaiting ? () : nil }
        for number in 2...6 { harness.hand(submission(number)) }
        #expect(harness.now.replies.isEmpty)
        harness.store.release()
        try await waited { harness.now.replies.count == 6 ? () : nil }
        #expect(harness.store.batches == [[Mail.id(1)], (2...6).map(Mail.id)])
        #expect(harness.now.early.isEmpty)
        #expect(harness.now.replies.values.allSatisfy { $0.condition == .queued })
    }

    @Test func `an answer to a session comes on its event loop`() async throws {
        harness.start()
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let heard = loop.makePromise(of: Reply.self)
        harness.intake.submit(
            PendingSubmission(
                submission: submission(1),
                reservedBytes: 0,
                helo: "",
                answer: .session(
                    LaterAnswer(eventLoop: loop) { reply in
                        loop.preconditionInEventLoop()
                        heard.succeed(reply)
                    }
                )
            )
        )
        #expect(try await heard.futureResult.get().condition == .queued)
    }

    @Test func `a full store refuses new mail with 452 4.3.1, and takes it when there is space`() async throws {
        harness.start()
        harness.store.plan(Self.full)
        #expect(harness.budget.reserve(100))
        #expect(try await harness.submit(submission(1), reserving: 100) == Reply(.diskFull))
        #expect(harness.budget.inUse == 0)
        #expect(try harness.store.message(Mail.id(1)) == nil)
        #expect(harness.now.fatal.isEmpty)
        #expect(try await harness.submit(submission(2)).condition == .queued)
        #expect(try harness.states(2).count == 1)
        #expect(try harness.file.events() == ["store.full", "store.recovered", "message.accepted"])
    }

    @Test func `what became of old mail is stored though new mail finds no space`() async throws {
        harness.start()
        _ = try await harness.submit(submission(1))
        let old = try #require(try harness.store.message(Mail.id(1)))
        // The second write keeps the thread until a new message and the end of the old one have gathered.
        harness.store.hold()
        harness.store.plan(nil, Self.full)
        harness.hand(submission(2))
        try await waited { harness.store.isWaiting ? () : nil }
        harness.hand(submission(3))
        harness.ask(.delete(by: "root", reason: "not wanted"), [old])
        harness.store.release()
        #expect(try await waited { harness.now.replies[Mail.id(3)] } == Reply(.diskFull))
        #expect(try await waited { harness.now.touched.first } == 1)
        #expect(harness.store.batches == [[Mail.id(1)], [Mail.id(2)], []])
        #expect(try harness.store.page(after: nil, limit: 9).map(\.id) == [Mail.id(2)])
    }

    @Test func `a report that is stored while new mail finds no space is taken up when its lease has run out`()
        async throws
    {
        var held = submission(1)
        held.state = .held(Hold(by: "anna", reason: "looks odd", since: harness.clock.now, reviewAt: nil))
        _ = try harness.store.memory.write(.submitting(held))
        let old = try #require(try harness.store.message(Mail.id(1)))
        harness.start()
        harness.store.plan(Self.full)
        #expect(try await harness.request(.command(.fail), [old]) == 1)
        let report = try #require(harness.store.batches.last?.first)
        func lease() throws -> Lease? {
            guard case .leased(let lease)? = try harness.store.message(report)?.recipients.first?.state else {
                return nil
            }
            return lease
        }
        let first = try #require(try lease())
        harness.advance(by: PlannerConfiguration().leaseDuration + .seconds(1))
        #expect(try await harness.submit(submission(2)).condition == .queued)
        let second = try await waited { try lease().flatMap { $0 == first ? nil : $0 } }
        #expect(second.until > harness.clock.now)
    }

    @Test func `a failed store answers everybody 451 4.3.0, ends the thread and is not asked again`() async throws {
        harness.start()
        #expect(try await harness.submit(submission(1)).condition == .queued)
        harness.store.hold()
        harness.hand(submission(2))
        try await waited { harness.store.isWaiting ? () : nil }
        harness.hand(submission(3))
        harness.store.plan(Self.broken)
        harness.store.release()
        try await waited { harness.now.hasEnded ? () : nil }
        for number in 2...3 { #expect(harness.now.replies[Mail.id(number)] == Reply(.localError)) }
        #expect(harness.now.fatal == [Self.broken])
        #expect(harness.store.batches == [[Mail.id(1)]])
        #expect(try harness.states(1).count == 1)
        #expect(harness.now.answers == 3)
        #expect(try harness.file.events().last == "store.failed")
    }

    @Test func `a store that fails after its commit leaves the answers that were given as they are`() async throws {
        _ = try harness.store.memory.write(.submitting(submission(1)))
        let old = try #require(try harness.store.message(Mail.id(1)))
        harness.hand(submission(2))
        harness.ask(.delete(by: "root", reason: "not wanted"), [old])
        // The first claim leaves what is due where it is: the turn that stores these makes another.
        harness.store.planClaims(Self.full, Self.broken)
        harness.start()
        try await waited { harness.now.hasEnded ? () : nil }
        #expect(harness.now.fatal == [Self.broken])
        #expect(harness.now.replies == [Mail.id(2): Reply(.queued, "queued as \(Mail.id(2))")])
        #expect(harness.now.answers == 1)
        #expect(harness.now.touched == [1])
        #expect(harness.now.refusals.isEmpty)
        #expect(harness.store.batches == [[Mail.id(2)]])
    }

    @Test(arguments: [0, 1])
    func `operators whose commit fails are told so once, and nothing is done`(commitsBefore: Int) async throws {
        harness.start()
        _ = try await harness.submit(submission(1))
        let old = try #require(try harness.store.message(Mail.id(1)))
        harness.store.hold()
        harness.hand(submission(2))
        try await waited { harness.store.isWaiting ? () : nil }
        // With a commit before it is this one's transaction that fails, else it has not begun.
        if commitsBefore == 1 { harness.store.plan(nil) }
        harness.store.plan(Self.broken)
        harness.ask(.delete(by: "root", reason: "not wanted"), [old])
        harness.store.release()
        try await waited { harness.now.hasEnded ? () : nil }
        #expect(harness.now.touched.isEmpty)
        let sentence = try #require(harness.now.refusals.first?.reason)
        #expect(harness.now.refusals.count == 1)
        #expect(sentence.contains("when it runs"))
        #expect(sentence.contains("the store failed") == (commitsBefore == 1))
        #expect(try harness.store.message(Mail.id(1)) != nil)
    }

    @Test func `whoever comes between the failure of the store and the end of the process hears 451 4.3.0`()
        async throws
    {
        harness.start()
        harness.store.plan(Self.broken)
        #expect(try await harness.submit(submission(1)) == Reply(.localError))
        try await waited { harness.now.hasEnded ? () : nil }
        #expect(try await harness.submit(submission(2)) == Reply(.localError))
        harness.ask(.command(.retry), [])
        #expect(harness.now.refusals.count == 1)
        #expect(harness.now.answers == 2)
        #expect(harness.store.batches.isEmpty)
    }

    @Test func `a repeated submission hears the first one's id, another content under its key is refused`() async throws
    {
        harness.start()
        func key(_ digest: UInt8) -> IdempotencyKey { IdempotencyKey(owner: "anna", key: "k", digest: [digest]) }
        #expect(try await harness.submit(submission(1, key: key(1))) == Reply(.queued, "queued as \(Mail.id(1))"))
        #expect(try await harness.submit(submission(2, key: key(1))) == Reply(.queued, "queued as \(Mail.id(1))"))
        #expect(try await harness.submit(submission(3, key: key(2))) == Reply(.idempotencyConflict))
        #expect(try harness.store.page(after: nil, limit: 9).map(\.id) == [Mail.id(1)])
        // A repeat is no new message.
        #expect(try harness.file.events() == ["message.accepted"])
    }

    @Test func `held mail is taken and waits for the operator, released mail does not`() async throws {
        harness.start(holdsNew: true)
        #expect(try await harness.submit(submission(1)).condition == .queued)
        guard case .held(let hold)? = try harness.states(1).first else {
            Issue.record("\(try harness.states(1))")
            return
        }
        #expect(hold.by == "operator")
        #expect(hold.reviewAt == nil)
        let message = try #require(try harness.store.message(Mail.id(1)))
        #expect(try await harness.request(.command(.release), [message]) == 1)
        if case .held? = try harness.states(1).first { Issue.record("still held") }
    }

    @Test func `what the suppression list has no room for is refused whole`() async throws {
        let harness = QueueThreadHarness(suppressions: 2)
        harness.start()
        func listing(_ names: String...) throws -> OperatorRequest.Verb {
            let changes = try names.map { name in
                SuppressionChange(try #require(SuppressionSubject("\(name)@example.net")), .listed(Samples.entry()))
            }
            return .suppress(changes, by: "anna")
        }
        #expect(try await harness.request(try listing("a"), []) == 1)
        harness.ask(try listing("b", "B", "c"), [])
        let refusal = try await waited { harness.now.refusals.first }
        #expect(
            refusal.reason == "the suppression list takes 2 addresses and holds 1: 2 more do not fit"
        )
        #expect(try await harness.request(try listing("a", "b"), []) == 2)
        #expect(harness.gate.count == 2)
    }

    @Test func `while new mail is held the thread sleeps although mail is due`() async throws {
        _ = try harness.store.memory.write(.submitting(submission(1)))
        harness.start(holdsNew: true)
        for number in 2...5 { #expect(try await harness.submit(submission(number)).condition == .queued) }
        let before = harness.clockReads
        // Milliseconds pass with each of these: a thread that does not sleep reads the clock thousands of times.
        for number in 6...15 { #expect(try await harness.submit(submission(number)).condition == .queued) }
        #expect(harness.clockReads - before < 200)
        guard case .scheduled? = try harness.states(1).first else {
            Issue.record("\(try harness.states(1))")
            return
        }
    }

    @Test func `an operator's hold and deletion are stored before they are answered`() async throws {
        harness.start(holdsNew: true)
        for number in 1...2 { _ = try await harness.submit(submission(number)) }
        let messages = try harness.store.page(after: nil, limit: 9)
        let hold = QueueCommand.hold(by: "anna", reason: "looks odd", reviewAt: nil, stopsExpiry: false)
        #expect(try await harness.request(.command(hold), messages) == 2)
        guard case .held(let held)? = try harness.states(2).first else {
            Issue.record("not held")
            return
        }
        #expect(held.by == "anna")
        #expect(held.reason == "looks odd")
        #expect(try await harness.request(.delete(by: "root", reason: "not wanted"), [messages[0]]) == 1)
        #expect(try harness.store.page(after: nil, limit: 9).map(\.id) == [Mail.id(2)])
        #expect(try harness.store.events(after: 0, limit: 9).map(\.subject) == ["root"])
        #expect(try await harness.request(.delete(by: "root", reason: "not wanted"), []) == 0)
    }

    @Test func `what is due is leased to this run at start`() async throws {
        let now = harness.clock.now
        _ = try harness.store.memory.write(.submitting(Mail.submission(1, at: now)))
        harness.start()
        try await waited {
            if case .leased? = try harness.states(1).first { () } else { nil }
        }
    }

    @Test func `the thread ends after what was handed over before`() async throws {
        for number in 1...3 { harness.hand(submission(number)) }
        harness.intake.close()
        harness.start()
        try await waited { harness.now.hasEnded ? () : nil }
        #expect(harness.now.replies.count == 3)
        #expect(harness.now.fatal.isEmpty)
        #expect(try harness.store.page(after: nil, limit: 9).count == 3)
    }
}

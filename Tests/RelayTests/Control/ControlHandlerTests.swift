import Delivery
import Foundation
import MailFormat
import NIOPosix
import Relay
import SMTPProtocol
import SMTPTesting
import StatusCodes
import StoreTesting
import Synchronization
import Testing

/// What the command line asks, what it hears, and what then is in the queue.
@Suite(.timeLimit(.minutes(1))) struct `Control handler` {
    private let harness = QueueThreadHarness()

    private struct Refused: Error, CustomStringConvertible { let description: String }

    /// Answers of one request.
    private struct Answers: Sendable {
        var items: [QueueItem] = []
        var suppressions: [SuppressionItem] = []
        var lines: [String] = []
        var count: Int?
        var failure: (sentence: String, exit: Int32)?
    }

    private func ask(_ request: ControlRequest, reloading: (any Error)? = nil) async throws -> Answers {
        let handler = ControlHandler(
            reader: harness.store,
            intake: harness.intake,
            clock: harness.clock,
            local: LocalIntake(
                intake: harness.intake,
                identifiers: harness.identifiers,
                clock: harness.clock,
                spool: MemorySpool(),
                files: .singleton
            ),
            reload: { if let reloading { throw reloading } },
            status: { ["one", "two"] }
        )
        let answers = Mutex(Answers())
        try await handler.answer(request, from: ControlPeer(userID: nil)) { answer in
            answers.withLock { answers in
                switch answer {
                case .message(let item): answers.items.append(item)
                case .line(let line): answers.lines.append(line)
                case .end(let count): answers.count = count
                case .failure(let sentence, let exit): answers.failure = (sentence, exit)
                case .suppression(let item): answers.suppressions.append(item)
                case .event, .position: Issue.record("nobody asked for events")
                }
            }
        }
        return answers.withLock { $0 }
    }

    /// Messages 1 to 3 wait for the operator; the second has two recipients.
    private func fill() async throws {
        harness.start(holdsNew: true)
        for (number, recipients) in [
            (1, ["b@example.net"]), (2, ["b@example.net", "c@example.com"]), (3, ["d@example.com"]),
        ] {
            let submission = Mail.submission(
                number,
                from: number == 3 ? "" : "a@example.org",
                to: recipients,
                at: harness.clock.now
            )
            #expect(try await harness.submit(submission).condition == .queued)
        }
    }

    private static func id(_ number: Int) -> String { Mail.id(number).description }

    @Test func `the queue is listed with the keys of Postfix`() async throws {
        try await fill()
        let answers = try await ask(ControlRequest(.queueList))
        #expect(answers.count == 3)
        #expect(answers.items.map(\.queue_id) == (1...3).map(Self.id))
        #expect(answers.items.allSatisfy { $0.queue_name == "hold" && $0.message_size == 18 })
        #expect(answers.items.map(\.sender) == ["a@example.org", "a@example.org", ""])
        #expect(answers.items[1].recipients.map(\.address) == ["b@example.net", "c@example.com"])
        #expect(answers.items[1].recipients.allSatisfy { $0.state == "held" && $0.history == nil && $0.attempts == 0 })
    }

    @Test(arguments: [
        (ControlRequest.Selector(all: true), [1, 2, 3]), (.init(sender: "A@Example.org"), [1, 2]),
        (.init(sender: "<>"), [3]),
        (.init(recipient: "B@example.net"), [1, 2]), (.init(destination: "EXAMPLE.com"), [2, 3]),
        (.init(sender: "a@example.org", destination: "example.com"), [2]), (.init(status: "4.*"), []),
        (.init(recipient: "nobody@example.net"), []),
        (.init(ids: [Mail.id(3).description, Mail.id(9).description]), [3]),
        (.init(ids: [Mail.id(1).description.uppercased()], recipient: "c@example.com"), []),
    ])
    func `a selector means what matches all of it`(selector: ControlRequest.Selector, numbers: [Int]) async throws {
        try await fill()
        let answers = try await ask(ControlRequest(.queueList, selector: selector))
        #expect(answers.items.map(\.queue_id) == numbers.map(Self.id))
        #expect(answers.count == numbers.count)
    }

    @Test func `only matching recipients are shown and touched`() async throws {
        try await fill()
        let selector = ControlRequest.Selector(destination: "example.com")
        let shown = try await ask(ControlRequest(.queueShow, selector: selector))
        #expect(shown.items.flatMap { $0.recipients.map(\.address) } == ["c@example.com", "d@example.com"])
        #expect(shown.items.allSatisfy { $0.recipients.allSatisfy { $0.history?.isEmpty == true } })
        #expect(try await ask(ControlRequest(.queueRelease, selector: selector)).count == 2)
        guard case .held? = try harness.states(2).first, case .scheduled? = try harness.states(2).last else {
            Issue.record("\(try harness.states(2))")
            return
        }
    }

    @Test(arguments: ["", "1", "not-an-id-at-a", "00000000000000"])
    func `an id that is none is refused as bad input, and nothing is touched`(text: String) async throws {
        try await fill()
        for verb in [ControlRequest.Verb.queueList, .queueShow, .queueDelete, .queueFail] {
            let answers = try await ask(ControlRequest(verb, selector: .init(ids: [Self.id(1), text])))
            #expect(answers.failure?.exit == 65)
            #expect(answers.failure?.sentence.hasPrefix("\(text) is no queue id") == true)
            #expect(answers.items.isEmpty)
            #expect(answers.count == nil)
        }
        #expect(try harness.store.page(after: nil, limit: 9).count == 3)
    }

    @Test func `hold says who and why, release takes it back`() async throws {
        try await fill()
        let one = ControlRequest.Selector(ids: [Self.id(1)])
        #expect(try await ask(ControlRequest(.queueHold, selector: one, reason: "looks odd")).count == 1)
        let held = try await ask(ControlRequest(.queueShow, selector: one))
        #expect(held.items.first?.recipients.first?.hold == "looks odd (by operator)")
        #expect(try await ask(ControlRequest(.queueRelease, selector: one)).count == 1)
        let released = try await ask(ControlRequest(.queueShow, selector: one))
        #expect(released.items.first?.recipients.first?.state == "scheduled")
        #expect(released.items.first?.queue_name == "deferred")
    }

    @Test func `why says whose connections a message waits for, and nothing of what is under way`() async throws {
        harness.start()
        // Nobody delivers here: the first ones are under way for ever, and take all that the domain may have.
        for number in 1...21 { _ = try await harness.submit(Mail.submission(number, at: harness.clock.now)) }
        let last = try await ask(ControlRequest(.queueWhy, selector: .init(ids: [Self.id(21)])))
        let wait = try #require(last.items.first?.recipients.first?.waits_for)
        #expect(last.count == 1 && wait.limit == "connections" && wait.destination == "example.net")
        #expect(wait.site_domains == nil && wait.until == nil && wait.trouble == nil)
        let first = try await ask(ControlRequest(.queueWhy, selector: .init(ids: [Self.id(1)])))
        #expect(first.items.map(\.queue_name) == ["active"])
        #expect(first.items.first?.recipients.first?.waits_for == nil)
        let shown = try await ask(ControlRequest(.queueShow, selector: .init(ids: [Self.id(21)])))
        #expect(shown.items.count == 1 && shown.items.first?.recipients.first?.waits_for == nil)
    }

    @Test func `why tells the late bounce of a recipient that another system had taken, also when all is done`()
        async throws
    {
        try await fill()
        let recipient = RecipientID(message: Mail.id(2), index: 0)
        var batch = StoreWrite()
        batch.transitions = [RecipientTransition(recipient: recipient, fence: nil, next: .done)]
        batch.dispatches = [
            Dispatch(
                recipient: recipient,
                at: Timestamp(seconds: 1_700_000_000),
                address: "b@example.net",
                sender: "a@example.org",
                outcome: .bounced,
                provider: "example.net"
            )
        ]
        batch.events = [
            QueueEvent(
                number: 0,
                at: Timestamp(seconds: 1_700_003_600),
                kind: .recipientBounced,
                message: Mail.id(2),
                recipient: 0,
                subject: "b@example.net",
                attempt: nil
            )
        ]
        _ = try harness.store.memory.write(batch)
        let why = ControlRequest(.queueWhy, selector: .init(ids: [Self.id(2)]))
        let open = try #require(try await ask(why).items.first)
        #expect(open.recipients.map(\.address) == ["c@example.com"])
        let ended = try #require(open.ended?.first)
        #expect(open.ended?.count == 1 && ended.address == "b@example.net" && ended.state == "bounced")
        #expect(ended.timeline.map(\.event) == ["recipient.relayed", "recipient.bounced"])
        #expect(ended.timeline.map(\.at) == ["2023-11-14T22:13:20Z", "2023-11-14T23:13:20Z"])
        #expect(try await ask(ControlRequest(.queueDelete, selector: .init(ids: [Self.id(2)]), by: "anna")).count == 1)
        let done = try #require(try await ask(why).items.first)
        #expect(done.queue_name == "done" && done.recipients.isEmpty && done.sender == "a@example.org")
        #expect(done.ended?.map(\.state) == ["bounced", "deleted"])
        #expect(done.ended?.last?.timeline.first?.by == "anna")
        #expect(try await ask(ControlRequest(.queueShow, selector: .init(ids: [Self.id(2)]))).count == 0)
        #expect(try await ask(ControlRequest(.queueWhy, selector: .init(ids: [Self.id(9)]))).count == 0)
    }

    @Test func `fail ends a recipient with a report to its sender, delete ends a message without`() async throws {
        try await fill()
        #expect(try await ask(ControlRequest(.queueFail, selector: .init(ids: [Self.id(1)]))).count == 1)
        #expect(try harness.store.message(Mail.id(1)) == nil)
        let reports = try harness.store.page(after: nil, limit: 9).filter { $0.envelope.reversePath.isEmpty }
        #expect(
            reports.map { $0.envelope.text($0.envelope.recipients[0].address) } == ["d@example.com", "a@example.org"]
        )
        #expect(
            try await ask(
                ControlRequest(.queueDelete, selector: .init(ids: [Self.id(2)]), reason: "not wanted", by: "anna")
            ).count == 1
        )
        #expect(try harness.store.message(Mail.id(2)) == nil)
        #expect(try harness.store.page(after: nil, limit: 9).count == 2)
        let deletion = try #require(try harness.store.events(after: 0, limit: 9).last)
        #expect(deletion.kind == .messageDeleted)
        #expect(deletion.subject == "anna")
        #expect(deletion.reason == "not wanted")
    }

    @Test func `what matches nothing touches nothing`() async throws {
        try await fill()
        let nobody = ControlRequest.Selector(recipient: "nobody@example.net")
        for verb in [ControlRequest.Verb.queueRetry, .queueHold, .queueRelease, .queueFail, .queueDelete] {
            #expect(try await ask(ControlRequest(verb, selector: nobody)).count == 0)
        }
        #expect(try harness.store.page(after: nil, limit: 9).count == 3)
    }

    @Test func `a large selection is carried out in parts, and counted whole`() async throws {
        harness.start(holdsNew: true)
        var batch = StoreWrite()
        for number in 1...450 { batch.submissions.append(Mail.submission(number, at: harness.clock.now)) }
        _ = try harness.store.memory.write(batch)
        #expect(try await ask(ControlRequest(.queueDelete, selector: .init(all: true))).count == 450)
        #expect(try harness.store.page(after: nil, limit: 9).isEmpty)
        #expect(harness.store.batches.count == 3)
    }

    @Test func `check says what is wrong, and nothing of a sound queue`() async throws {
        try await fill()
        let answers = try await ask(ControlRequest(.queueCheck))
        #expect(answers.count == 0)
        #expect(answers.lines.isEmpty)
    }

    private func message(
        from sender: String = "a@example.org",
        to recipients: [String] = ["b@example.net"],
        _ content: String = "Subject: x\r\n\r\nhi\r\n"
    ) -> ControlRequest.Message {
        ControlRequest.Message(sender: sender, recipients: recipients, content: Data(content.utf8))
    }

    @Test func `a submission is answered with its id, and is in the queue`() async throws {
        harness.start(holdsNew: true)
        let answers = try await ask(ControlRequest(.submit, message: message()))
        #expect(answers.count == 1)
        let id = try #require(answers.lines.first.flatMap { MessageID($0) })
        let stored = try #require(try harness.store.message(id))
        #expect(stored.origin.kind == .local)
        #expect(stored.envelope.text(stored.envelope.reversePath) == "a@example.org")
    }

    @Test func `a submission without a message or with a bad address is refused as bad input`() async throws {
        harness.start(holdsNew: true)
        for request in [
            ControlRequest(.submit), ControlRequest(.submit, message: message(to: [])),
            ControlRequest(.submit, message: message(to: ["nobody"])),
            ControlRequest(.submit, message: message(from: "a b@example.org")),
        ] {
            let answers = try await ask(request)
            #expect(answers.failure?.exit == 65)
            #expect(answers.lines.isEmpty)
        }
        #expect(try harness.store.page(after: nil, limit: 9).isEmpty)
    }

    @Test func `a submission that finds no space is to be tried again`() async throws {
        harness.start(holdsNew: true)
        harness.store.plan(StoreError(code: .full, detail: "no space"))
        let refused = try await ask(ControlRequest(.submit, message: message()))
        #expect(refused.failure?.exit == 75)
        #expect(try harness.store.page(after: nil, limit: 9).isEmpty)
        #expect(try await ask(ControlRequest(.submit, message: message())).count == 1)
    }

    @Test func `reload says whether the configuration was taken`() async throws {
        #expect(try await ask(ControlRequest(.reload)).count == 1)
        let refused = try await ask(ControlRequest(.reload), reloading: Refused(description: "no such key"))
        #expect(refused.failure?.sentence == "no such key")
        #expect(refused.failure?.exit == 78)
    }

    @Test func `status says what runs here`() async throws {
        #expect(try await ask(ControlRequest(.status)).lines == ["one", "two"])
    }

    // MARK: Suppression

    private func ask(
        _ verb: ControlRequest.Verb,
        reason: String? = nil,
        _ change: (inout SuppressionRequest) -> Void = { _ in }
    ) async throws -> Answers {
        var question = SuppressionRequest()
        change(&question)
        return try await ask(.suppression(verb, question, reason: reason))
    }

    @Test func `an address is suppressed, shown, and lifted`() async throws {
        harness.start()
        let added = try await ask(.suppressionAdd, reason: "asked by phone") { $0.subjects = ["Anna@Example.net"] }
        #expect(added.count == 1 && added.failure == nil)
        #expect(harness.gate.count == 1)
        let shown = try await ask(.suppressionShow) { $0.subjects = ["anna@example.net"] }
        let item = try #require(shown.suppressions.first)
        #expect(item.address == "anna@example.net" && item.suppressed && item.until == nil)
        #expect(item.origin == "operator" && item.reason == "asked by phone" && item.by == "operator")
        #expect(try await ask(.suppressionRemove) { $0.subjects = ["ANNA@example.net", "b@example.net"] }.count == 1)
        #expect(harness.gate.count == 0)
        #expect(try await ask(.suppressionList).count == 0)
        #expect(try harness.file.events() == ["suppression.changed", "suppression.changed"])
    }

    @Test func `what is no address is refused with 65, and nothing is changed`() async throws {
        harness.start()
        let answers = try await ask(.suppressionAdd) { $0.subjects = ["a@example.net", "nobody"] }
        #expect(answers.failure?.exit == 65)
        #expect(answers.failure?.sentence.hasPrefix("nobody is no address") == true)
        #expect(try await ask(.suppressionList).suppressions.isEmpty)
    }

    @Test func `a list is taken over, decisions made here stand, and an undo takes the import back`() async throws {
        harness.start()
        _ = try await ask(.suppressionAdd, reason: "mine") { $0.subjects = ["a@example.net"] }
        let since = harness.clock.now.milliseconds
        func take(trial: Bool?) async throws -> Int? {
            try await ask(.suppressionImport) { question in
                question.isTrial = trial
                question.entries = [
                    .init(address: "a@example.net", reason: "BOUNCE", isComplaint: false),
                    .init(address: "b@example.net", reason: "BOUNCE", isComplaint: false),
                    .init(address: "c@example.net", reason: "COMPLAINT", isComplaint: true),
                ]
            }.count
        }
        #expect(try await take(trial: true) == 2)
        #expect(harness.gate.count == 1)
        #expect(try await take(trial: nil) == 2)
        let all = try await ask(.suppressionList).suppressions
        #expect(all.map(\.origin) == ["operator", "import", "complaint"])
        let trial = try await ask(.suppressionUndo) { question in
            (question.rule, question.since, question.all, question.isTrial) = ("import", since, true, true)
        }
        #expect(trial.suppressions.map(\.address) == ["b@example.net"] && trial.count == 1)
        let undone = try await ask(.suppressionUndo) { question in
            (question.rule, question.since, question.all) = ("import", since, true)
        }
        #expect(undone.count == 1)
        #expect(try await ask(.suppressionList).suppressions.map(\.address) == ["a@example.net", "c@example.net"])
    }

    @Test func `a preview says what would become of mail`() async throws {
        harness.start()
        _ = try await ask(.suppressionAdd, reason: "left") { $0.subjects = ["@example.com", "a@example.net"] }
        let answers = try await ask(.suppressionPreview) { question in
            question.subjects = ["a@example.net", "b@example.net", "c@example.com"]
        }
        #expect(answers.suppressions.map(\.address) == ["a@example.net", "b@example.net", "c@example.com"])
        #expect(answers.suppressions.map(\.suppressed) == [true, false, true])
        #expect(answers.suppressions[1].outlook == "attempted; nothing is known against it")
        #expect(answers.count == 2)
    }

    @Test func `a request beyond its bound is refused`() async throws {
        harness.start()
        let answers = try await ask(.suppressionPreview) { question in
            question.subjects = (0...SuppressionRequest.limit).map { "u\($0)@example.net" }
        }
        #expect(answers.failure?.exit == 65)
    }
}

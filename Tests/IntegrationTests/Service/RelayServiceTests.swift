import Delivery
import Foundation
import MailFormat
import Relay
import SMTPProtocol
import StatusCodes
import StoreSQLite
import Testing

@Suite struct `The relay as a whole` {
    /// A relay before a simulator, in a folder that is removed afterwards.
    private func with(
        _ change: (inout TestRelay.Plan) -> Void = { _ in },
        _ body: (TestRelay, TakenMessages, String) async throws -> Void
    ) async throws { try await withTestRelay(change, body) }

    @Test func `A message that got its 250 arrives unchanged, and the queue is empty`() async throws {
        try await with { relay, taken, _ in
            let reply = await relay.submit(from: "a@example.org", to: ["ok@example.net"], id: 1 << 21)
            #expect(reply.condition == .queued)
            let messages = try await taken.wait(for: 1)
            #expect(messages.count == 1)
            #expect(messages.first?.recipients == ["ok@example.net"])
            #expect(messages.first?.sender == "a@example.org")
            #expect(messages.first?.text.hasSuffix("Subject: x\r\n\r\nbody\r\n") == true)
            let holds1 = try await eventually { try relay.store.page(after: nil, limit: 10).isEmpty }
            #expect(holds1)
            #expect(try relay.store.check().isEmpty)
        }
    }

    @Test func `A refused recipient is reported to the sender with the status that was printed`() async throws {
        try await with { relay, taken, _ in
            _ = await relay.submit(from: "a@example.org", to: ["5.1.1@example.net", "ok@example.net"], id: 1 << 21)
            let messages = try await taken.wait(for: 2)
            let report = try #require(messages.first { $0.sender.isEmpty })
            #expect(report.recipients == ["a@example.org"])
            #expect(report.text.contains("Action: failed\r\nStatus: 5.1.1\r\n"))
            #expect(report.text.contains("Final-Recipient: rfc822; 5.1.1@example.net"))
            #expect(!report.text.contains("Final-Recipient: rfc822; ok@example.net"))
            let holds2 = try await eventually { try relay.store.page(after: nil, limit: 10).isEmpty }
            #expect(holds2)
        }
    }

    @Test func `Nobody reports to the null sender`() async throws {
        try await with { relay, taken, _ in
            _ = await relay.submit(from: "", to: ["5.1.1@example.net"], id: 1 << 21)
            let holds3 = try await eventually {
                try relay.store.page(after: nil, limit: 10).allSatisfy { $0.id.rawValue != 1 << 21 }
            }
            #expect(holds3)
            #expect(taken.all.allSatisfy { $0.recipients != [""] })
        }
    }

    @Test func `A report that cannot be delivered goes to postmaster`() async throws {
        try await with { relay, taken, _ in
            _ = await relay.submit(from: "5.1.1@example.org", to: ["5.1.1@example.net"], id: 1 << 21)
            let copy = try #require(try await taken.wait(for: 1).first)
            #expect(copy.sender.isEmpty)
            #expect(copy.recipients == ["postmaster@relay.test"])
            #expect(copy.text.contains("Final-Recipient: rfc822; 5.1.1@example.org"))
            let isEmpty = try await eventually { try relay.store.page(after: nil, limit: 10).isEmpty }
            #expect(isEmpty)
            #expect(taken.all.count == 1)
        }
    }

    @Test func `NOTIFY=NEVER is heard`() async throws {
        try await with { relay, taken, _ in
            _ = await relay.submit(from: "a@example.org", to: ["5.1.1@example.net"], id: 1 << 21, notify: .never)
            let holds4 = try await eventually { try relay.store.page(after: nil, limit: 10).isEmpty }
            #expect(holds4)
            #expect(taken.all.isEmpty)
        }
    }

    @Test func `A deferred recipient waits with its attempt, and is delivered when its time has come`() async throws {
        let soon = RetryDelays(first: .seconds(2), growthPercent: 100, most: .seconds(2))
        try await with({ $0.curves = [.greylisting: soon, .standard: soon] }) { relay, taken, _ in
            let id = MessageID(rawValue: 1 << 21)
            _ = await relay.submit(from: "a@example.org", to: ["defer-1-4.7.1@example.net"], id: id.rawValue)
            let holds5 = try await eventually { try relay.store.message(id)?.recipients.first?.attemptCount == 1 }
            #expect(holds5)
            let messages = try await taken.wait(for: 1)
            #expect(messages.first?.recipients == ["defer-1-4.7.1@example.net"])
            let holds6 = try await eventually { try relay.store.page(after: nil, limit: 10).isEmpty }
            #expect(holds6)
        }
    }

    @Test func `Held mail is accepted and kept, and nothing is delivered`() async throws {
        try await with({ $0.startsHeld = true }) { relay, taken, _ in
            let reply = await relay.submit(from: "a@example.org", to: ["ok@example.net"], id: 1 << 21)
            #expect(reply.condition == .queued)
            let page = try relay.store.page(after: nil, limit: 10)
            guard case .held(let hold)? = page.first?.recipients.first?.state else {
                Issue.record("not held")
                return
            }
            #expect(hold.by == "operator")
            #expect(taken.all.isEmpty)
        }
    }

    @Test func `A mailbox of ours gets its message with the return path`() async throws {
        let box = FileManager.default.temporaryDirectory.appendingPathComponent("box-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: box) }
        try await with({
            $0.localDomains = ["relay.test"]
            $0.mailboxes = ["alice@relay.test": box]
        }) { relay, _, _ in
            _ = await relay.submit(from: "a@example.org", to: ["Alice@relay.test"], id: 1 << 21)
            let holds7 = try await eventually {
                (try? FileManager.default.contentsOfDirectory(atPath: "\(box)/new"))?.count == 1
            }
            #expect(holds7)
            let file = try #require(try FileManager.default.contentsOfDirectory(atPath: "\(box)/new").first)
            let text = String(
                decoding: try #require(FileManager.default.contents(atPath: "\(box)/new/\(file)")),
                as: UTF8.self
            )
            #expect(text.hasPrefix("Return-Path: <a@example.org>\r\nDelivered-To: Alice@relay.test\r\n"))
            let holds8 = try await eventually { try relay.store.page(after: nil, limit: 10).isEmpty }
            #expect(holds8)
        }
    }

    @Test func `What was kept is delivered by the next run`() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("relay-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        // Nobody listens on port 1: the first run cannot deliver.
        var plan = TestRelay.Plan()
        plan.patterns["*"] = "sim"
        plan.routes["sim"] = Route(
            name: "sim",
            target: .hosts([SmartHost(.address(.loopbackV4), port: 1)]),
            tls: .never
        )
        let first = try TestRelay(folder: folder, plan: plan)
        try await first.start()
        let id = MessageID(rawValue: 1 << 21)
        _ = await first.submit(from: "a@example.org", to: ["ok@example.net"], id: id.rawValue)
        let holds9 = try await eventually { try first.store.message(id)?.recipients.first?.attemptCount == 1 }
        #expect(holds9)
        let attempt = try #require(try first.store.message(id)?.recipients.first?.lastAttempt)
        #expect(attempt.status == EnhancedStatusCode(.persistentTransientFailure, 4, 1))
        try await first.stop()
    }
}

import Delivery
import Foundation
import MailFormat
import Relay
import StatusCodes
import StoreSQLite
import Synchronization
import Testing

/// What operators do to the queue, by the control socket.
@Suite(.timeLimit(.minutes(2))) struct `The operator's hand` {
    private let id = MessageID(rawValue: 1 << 21)

    /// Nobody tries again by himself during a test.
    private func patience(_ plan: inout TestRelay.Plan) {
        let day = RetryDelays(first: .seconds(86_400), growthPercent: 100, most: .seconds(86_400))
        plan.curves = [.standard: day, .greylisting: day, .mailbox: day]
    }

    private func waits(_ relay: TestRelay) async throws -> Bool {
        _ = await relay.submit(from: "a@example.org", to: ["defer-9-4.2.2@example.net"], id: id.rawValue)
        return try await eventually { try relay.store.message(id)?.recipients.first?.attemptCount == 1 }
    }

    @Test func `A deletion keeps who did it and why apart, in the event and in the log`() async throws {
        try await withTestRelay(patience) { relay, taken, _ in
            let isWaiting = try await waits(relay)
            #expect(isWaiting)
            let request = ControlRequest(
                .queueDelete,
                selector: .init(ids: [id.description]),
                reason: "sent by a broken script",
                by: "alice"
            )
            try await relay.withControl { client in
                var count = 0
                try await client.ask(request) { if case .end(let touched) = $0 { count = touched } }
                #expect(count == 1)
            }
            let user = try #require(ControlPeer(userID: getuid()).name)
            let author = user == "alice" ? user : "alice (as \(user))"
            let event = try #require(try relay.store.events(after: 0, limit: 10).first)
            #expect(event.kind == .messageDeleted)
            #expect(event.message == id)
            #expect(event.subject == author)
            #expect(event.reason == "sent by a broken script")
            #expect(try relay.store.message(id) == nil)
            #expect(taken.all.isEmpty)
            let isLogged = try await eventually {
                try String(contentsOfFile: relay.log, encoding: .utf8).contains(
                    #""event":"message.deleted","message":"\#(id)","by":"\#(author)","reason":"sent by a broken script""#
                )
            }
            #expect(isLogged)
        }
    }

    @Test func `A hold keeps who did it and why`() async throws {
        try await withTestRelay(patience) { relay, _, _ in
            let isWaiting = try await waits(relay)
            #expect(isWaiting)
            let request = ControlRequest(.queueHold, selector: .init(all: true), reason: "looks odd", by: "alice")
            try await relay.withControl { client in try await client.ask(request) { _ in } }
            guard case .held(let hold)? = try relay.store.message(id)?.recipients.first?.state else {
                Issue.record("not held")
                return
            }
            let user = try #require(ControlPeer(userID: getuid()).name)
            #expect(hold.by == (user == "alice" ? user : "alice (as \(user))"))
            #expect(hold.reason == "looks odd")
        }
    }

    @Test func `A deletion without a name is the user's who asked`() async throws {
        try await withTestRelay(patience) { relay, _, _ in
            let isWaiting = try await waits(relay)
            #expect(isWaiting)
            try await relay.withControl { client in
                try await client.ask(ControlRequest(.queueDelete, selector: .init(all: true), reason: "spam")) { _ in }
            }
            let event = try #require(try relay.store.events(after: 0, limit: 10).first)
            #expect(event.subject == ControlPeer(userID: getuid()).name)
            #expect(event.reason == "spam")
        }
    }

    @Test func `Held mail that has become too old is returned to its sender at the next hourly look`() async throws {
        let time = Mutex(Timestamp(seconds: 1_800_000_000))
        try await withTestRelay({ plan in
            patience(&plan)
            plan.clock = RelayClock { time.withLock { $0 } }
        }) { relay, taken, _ in
            let isWaiting = try await waits(relay)
            #expect(isWaiting)
            try await relay.withControl { client in
                try await client.ask(ControlRequest(.queueHold, selector: .init(all: true), reason: "later")) { _ in }
            }
            guard case .held(let hold)? = try relay.store.message(id)?.recipients.first?.state else {
                Issue.record("not held")
                return
            }
            #expect(hold.reviewAt == Timestamp(seconds: 1_800_000_000 + 5 * 86_400))
            time.withLock { $0 = $0.advanced(by: .seconds(5 * 86_400 + 1)) }
            // The queue thread sleeps by the machine's clock: new mail tells it what time it is.
            _ = await relay.submit(from: "a@example.org", to: ["ok@example.net"], id: 2 << 21)
            let messages = try await taken.wait(for: 2)
            let report = try #require(messages.first { $0.sender.isEmpty })
            #expect(report.recipients == ["a@example.org"])
            #expect(report.text.contains("Final-Recipient: rfc822; defer-9-4.2.2@example.net"))
            #expect(report.text.contains("Action: failed\r\nStatus: 4.2.2\r\n"))
            let isEmpty = try await eventually { try relay.store.page(after: nil, limit: 10).isEmpty }
            #expect(isEmpty)
        }
    }
}

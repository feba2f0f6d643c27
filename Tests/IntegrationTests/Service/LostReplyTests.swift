import Delivery
import MailFormat
import Relay
import SMTPTesting
import StatusCodes
import StoreSQLite
import Testing

/// A reply to the final dot that never comes (`docs/design/rulings.md` §3).
@Suite(.timeLimit(.minutes(2))) struct `A lost reply to the final dot` {
    private let id = MessageID(rawValue: 1 << 21)
    private let text = "Message-ID: <once@example.org>\r\nSubject: x\r\n\r\nbody\r\n"

    /// A relay whose only way leads to these peers, in this order; it tries again when the operator says so.
    private func with(_ peers: [ScriptedPeer], _ body: (TestRelay) async throws -> Void) async throws {
        let day = RetryDelays(first: .seconds(86_400), growthPercent: 100, most: .seconds(86_400))
        try await withTestRelay({ plan in
            let hosts = peers.map { SmartHost(.address(.loopbackV4), port: UInt16($0.port)) }
            plan.routes["peers"] = Route(name: "peers", target: .hosts(hosts), tls: .never)
            plan.patterns = ["*": "peers"]
            plan.curves = [.network: day, .standard: day, .immediate: day]
        }) { relay, _, _ in try await body(relay) }
        for peer in peers { try await peer.stop() }
    }

    private func recipient(_ relay: TestRelay) throws -> QueuedRecipient? {
        try relay.store.message(id)?.recipients.first
    }

    /// Hands the message over and waits for its first attempt to end.
    private func submitUntilTried(_ relay: TestRelay) async throws {
        _ = await relay.submit(from: "a@example.org", to: ["b@example.net"], text, id: id.rawValue)
        let isTried = try await eventually { try recipient(relay)?.attemptCount == 1 }
        #expect(isTried)
    }

    private func tryAgain(_ relay: TestRelay) async throws {
        try await relay.withControl { client in
            try await client.ask(ControlRequest(.queueRetry, selector: .init(all: true))) { _ in }
        }
    }

    @Test func `The same host is tried first next time, with the same message, and the queue shows the doubt`()
        async throws
    {
        // Turns us away at first, and would be the first again.
        let first = try await ScriptedPeer { command, connection in
            command == "CONNECT" && connection == 1 ? .say("421 4.3.2 closed for a moment") : nil
        }
        let second = try await ScriptedPeer { command, connection in
            command == "." && connection == 1 ? .hangUp : nil
        }
        try await with([first, second]) { relay in
            try await submitUntilTried(relay)
            let attempt = try #require(try recipient(relay)?.lastAttempt)
            #expect(attempt.outcomeKnown == false)
            #expect(attempt.stage == "dot")
            #expect(attempt.remote == "127.0.0.1[127.0.0.1]:\(second.port)")
            try await tryAgain(relay)
            let isDone = try await eventually { try relay.store.page(after: nil, limit: 10).isEmpty }
            #expect(isDone)
        }
        #expect(second.contents == [text, text])
        #expect(first.connections == 1)
        #expect(first.contents.isEmpty)
    }

    @Test func `Where that host is away the next one is tried, in the next round`() async throws {
        let first = try await ScriptedPeer { command, connection in
            switch command {
            case ".": .hangUp
            case "CONNECT": connection == 1 ? nil : .say("421 4.3.2 closed for today")
            default: nil
            }
        }
        let second = try await ScriptedPeer()
        try await with([first, second]) { relay in
            try await submitUntilTried(relay)
            #expect(second.connections == 0)
            try await tryAgain(relay)
            let isDone = try await eventually { try relay.store.page(after: nil, limit: 10).isEmpty }
            #expect(isDone)
        }
        #expect(first.connections == 2)
        #expect(first.contents == [text])
        #expect(second.contents == [text])
    }
}

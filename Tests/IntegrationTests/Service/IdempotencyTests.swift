import Foundation
import MailFormat
import Relay
import StoreSQLite
import Testing

/// A client that repeats a submission under the same key gets the first one's id, however large the message is.
@Suite(.timeLimit(.minutes(2))) struct `Idempotency keys` {
    private static let field = "Martlet-Idempotency-Key: order-4711\r\n"

    private func message(_ byteCount: Int, _ subject: String = "x") -> String {
        let line = String(repeating: "b", count: 70) + "\r\n"
        return "Subject: \(subject)\r\n\(Self.field)To: <ok@example.net>\r\n\r\n"
            + String(repeating: line, count: byteCount / 72)
    }

    private func trusting(_ plan: inout TestRelay.Plan) {
        plan.listens = true
        plan.trustedNetworks = [IPNetwork("127.0.0.0/8")].compactMap { $0 }
    }

    @Test(arguments: [1000, 60_000, 70_000, 400_000])
    func `A repeat gets the first id, another content under the key is refused, and one copy arrives`(
        byteCount: Int
    ) async throws {
        try await withTestRelay(trusting) { relay, taken, _ in
            let client = try await TestClient(to: try relay.address)
            _ = try await client.say("EHLO client.example.org")
            func send(_ text: String, to recipient: String = "ok@example.net") async throws -> String {
                try await client.send(from: "a@example.org", to: [recipient], text)
            }
            let first = try await send(message(byteCount))
            #expect(first.hasPrefix("250 2.0.0 queued as "))
            #expect(try await send(message(byteCount)) == first)
            #expect(try await send(message(byteCount, "y")).hasPrefix("554 5.5.0 "))
            #expect(try await send(message(byteCount), to: "other@example.net").hasPrefix("554 5.5.0 "))
            try await client.quit()
            let arrived = try await taken.wait(for: 1)
            let expected = message(byteCount).replacingOccurrences(of: Self.field, with: "")
            #expect(arrived.first?.text.hasSuffix("\r\n" + expected) == true)
            #expect(arrived.first?.text.contains("Idempotency") == false)
            let isEmpty = try await eventually { try relay.store.page(after: nil, limit: 10).isEmpty }
            #expect(isEmpty)
            #expect(taken.all.count == 1)
            #expect(try relay.store.check().isEmpty)
        }
    }

    @Test(arguments: [1000, 70_000])
    func `A stranger's field means nothing, and is passed on`(byteCount: Int) async throws {
        try await withTestRelay({
            $0.listens = true
            $0.relayDomains = ["example.net"]
        }) { relay, taken, _ in
            let client = try await TestClient(to: try relay.address)
            _ = try await client.say("EHLO client.example.org")
            for _ in 0..<2 {
                let reply = try await client.send(from: "a@example.org", to: ["ok@example.net"], message(byteCount))
                #expect(reply.hasPrefix("250 2.0.0 "))
            }
            try await client.quit()
            let arrived = try await taken.wait(for: 2)
            #expect(arrived.count == 2)
            #expect(arrived.allSatisfy { $0.text.hasSuffix("\r\n" + message(byteCount)) })
        }
    }
}

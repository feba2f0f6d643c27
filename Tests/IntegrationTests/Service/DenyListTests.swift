import Foundation
import MailFormat
import Testing

/// Whom the operator denies, on sockets (`docs/design/rulings.md` §2, Postmaster).
@Suite(.timeLimit(.minutes(2))) struct `Deny lists` {
    private func ours(_ plan: inout TestRelay.Plan) {
        plan.listens = true
        plan.relayDomains = ["ours.test"]
    }

    /// What is said to the recipients of one message, and who gets it in the end.
    private func verdicts(
        _ relay: TestRelay,
        _ taken: TakenMessages,
        from sender: String
    ) async throws -> (replies: [String], delivered: [String]) {
        let client = try await TestClient(to: try relay.address)
        #expect(client.greeting.hasPrefix("220 "))
        _ = try await client.say("EHLO client.example.org")
        #expect(try await client.say("MAIL FROM:<\(sender)>").hasPrefix("250 2.1.0 "))
        var replies: [String] = []
        for recipient in ["alice@ours.test", "postmaster@ours.test", "postmaster@foreign.test"] {
            replies.append(String(try await client.say("RCPT TO:<\(recipient)>").prefix(9)))
        }
        _ = try await client.say("DATA")
        #expect(try await client.say("Subject: why\r\n\r\n.").hasPrefix("250 2.0.0 "))
        try await client.quit()
        return (replies, try await taken.wait(for: 1).flatMap(\.recipients))
    }

    @Test func `A client of a denied network reaches the postmaster of ours and nobody else`() async throws {
        try await withTestRelay {
            ours(&$0)
            $0.deniedNetworks = [IPNetwork("127.0.0.0/8")].compactMap { $0 }
            // Who is denied is not trusted.
            $0.trustedNetworks = $0.deniedNetworks
        } _: { relay, taken, _ in
            let (replies, delivered) = try await verdicts(relay, taken, from: "a@example.org")
            #expect(replies == ["550 5.7.1", "250 2.1.5", "550 5.7.1"])
            #expect(delivered == ["postmaster@ours.test"])
            let isLogged = try await eventually {
                try String(contentsOfFile: relay.log, encoding: .utf8).contains("5.7.1-client-blocklisted")
            }
            #expect(isLogged)
        }
    }

    @Test func `A denied sender reaches the postmaster of ours and nobody else`() async throws {
        try await withTestRelay {
            ours(&$0)
            $0.deniedSenders = ["@spam.test"]
        } _: { relay, taken, _ in
            let (replies, delivered) = try await verdicts(relay, taken, from: "a@spam.test")
            #expect(replies == ["550 5.7.1", "250 2.1.5", "550 5.7.1"])
            #expect(delivered == ["postmaster@ours.test"])
        }
    }

    @Test func `Whoever is on no list reaches everybody of ours`() async throws {
        try await withTestRelay {
            ours(&$0)
            $0.deniedNetworks = [IPNetwork("192.0.2.0/24")].compactMap { $0 }
            $0.deniedSenders = ["@spam.test"]
        } _: { relay, taken, _ in
            let (replies, delivered) = try await verdicts(relay, taken, from: "a@ham.test")
            #expect(replies == ["250 2.1.5", "250 2.1.5", "550 5.7.1"])
            #expect(Set(delivered) == ["alice@ours.test", "postmaster@ours.test"])
        }
    }
}

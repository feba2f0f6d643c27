import Delivery
import Foundation
import MailFormat
import Relay
import SMTPProtocol
import StatusCodes
import StoreSQLite
import Testing

/// Addresses of ours that stand for others.
@Suite(.timeLimit(.minutes(2))) struct `Forwards of a whole relay` {
    private func forwarding(_ plan: inout TestRelay.Plan) {
        plan.listens = true
        plan.localDomains = ["ours.test"]
        plan.mailboxes = [:]
        plan.forwards = [
            "one@ours.test": ["ok@example.net"], "team@ours.test": ["a@example.net", "b@example.net", "one@ours.test"],
            "left@ours.test": ["right@ours.test"], "right@ours.test": ["left@ours.test"],
        ]
        plan.trustedNetworks = [IPNetwork("127.0.0.0/8")].compactMap { $0 }
    }

    @Test func `A forward to one address keeps the reverse-path, and names whom was written to in ORCPT`() async throws
    {
        try await withTestRelay(forwarding) { relay, taken, _ in
            let reply = await relay.submit(
                from: "a@example.org",
                to: ["One@ours.test"],
                id: 1 << 21,
                notify: [.success, .failure]
            )
            #expect(reply.condition == .queued)
            let message = try #require(try await taken.wait(for: 1).first)
            #expect(message.sender == "a@example.org")
            #expect(message.recipients == ["ok@example.net"])
            #expect(message.originals == ["rfc822;One@ours.test"])
            let isEmpty = try await eventually { try relay.store.page(after: nil, limit: 10).isEmpty }
            #expect(isEmpty)
            // The next hop offers DSN: it reports the success, we say nothing.
            #expect(taken.all.count == 1)
        }
    }

    @Test func `A forward to several with NOTIFY=SUCCESS gives one report that says expanded`() async throws {
        try await withTestRelay(forwarding) { relay, taken, _ in
            _ = await relay.submit(from: "a@example.org", to: ["team@ours.test"], id: 1 << 21, notify: .success)
            let messages = try await taken.wait(for: 2)
            let copy = try #require(messages.first { !$0.sender.isEmpty })
            #expect(copy.sender == "a@example.org")
            #expect(copy.recipients.sorted() == ["a@example.net", "b@example.net", "ok@example.net"])
            #expect(Set(copy.originals) == ["rfc822;team@ours.test"])
            let report = try #require(messages.first { $0.sender.isEmpty })
            #expect(report.recipients == ["a@example.org"])
            #expect(report.text.contains("Original-Recipient: rfc822; team@ours.test"))
            #expect(report.text.contains("Final-Recipient: rfc822; team@ours.test"))
            #expect(report.text.contains("Action: expanded\r\nStatus: 2.0.0\r\n"))
            #expect(report.text.contains("Subject: x"))
            let isEmpty = try await eventually { try relay.store.page(after: nil, limit: 10).isEmpty }
            #expect(isEmpty)
            #expect(taken.all.count == 2)
            #expect(try relay.store.check().isEmpty)
        }
    }

    @Test func `A forward to several without it gives no report, and who is named twice gets one copy`() async throws {
        try await withTestRelay(forwarding) { relay, taken, _ in
            let recipients = ["team@ours.test", "a@example.net", "one@ours.test"]
            _ = await relay.submit(from: "a@example.org", to: recipients, id: 1 << 21)
            let isEmpty = try await eventually {
                try !taken.all.isEmpty && relay.store.page(after: nil, limit: 10).isEmpty
            }
            #expect(isEmpty)
            #expect(taken.all.flatMap(\.recipients).sorted() == ["a@example.net", "b@example.net", "ok@example.net"])
            #expect(taken.all.allSatisfy { $0.sender == "a@example.org" })
        }
    }

    @Test func `A forward that leads back to itself is refused at RCPT, its neighbour taken`() async throws {
        try await withTestRelay(forwarding) { relay, taken, _ in
            let client = try await TestClient(to: try relay.address)
            _ = try await client.say("EHLO client.example.org")
            #expect(try await client.say("MAIL FROM:<a@example.org>").hasPrefix("250 "))
            #expect(try await client.say("RCPT TO:<left@ours.test>").hasPrefix("554 5.4.6 "))
            #expect(try await client.say("RCPT TO:<nobody@ours.test>").hasPrefix("550 5.1.1 "))
            #expect(try await client.say("RCPT TO:<one@ours.test>").hasPrefix("250 "))
            #expect(try await client.say("DATA").hasPrefix("354 "))
            #expect(try await client.say("Subject: x\r\n\r\nbody\r\n.").hasPrefix("250 "))
            try await client.quit()
            #expect(try await taken.wait(for: 1).first?.recipients == ["ok@example.net"])
        }
    }

    @Test func `A loop that did not pass RCPT comes back with 5.4.6`() async throws {
        try await withTestRelay(forwarding) { relay, taken, _ in
            _ = await relay.submit(from: "a@example.org", to: ["left@ours.test"], id: 1 << 21)
            let report = try #require(try await taken.wait(for: 1).first)
            #expect(report.recipients == ["a@example.org"])
            #expect(report.text.contains("Action: failed\r\nStatus: 5.4.6\r\n"))
        }
    }

    @Test func `A report to an address that stands for others reaches them`() async throws {
        try await withTestRelay(forwarding) { relay, taken, _ in
            _ = await relay.submit(from: "team@ours.test", to: ["5.1.1@example.net"], id: 1 << 21)
            let report = try #require(try await taken.wait(for: 1).first)
            #expect(report.sender.isEmpty)
            #expect(report.recipients.sorted() == ["a@example.net", "b@example.net", "ok@example.net"])
            #expect(report.text.contains("Status: 5.1.1"))
        }
    }
}

import Delivery
import Foundation
import MailFormat
import Relay
import SMTPProtocol
import StatusCodes
import StoreSQLite
import Synchronization
import Testing

/// How a whole relay comes to send an address nothing more, and how it does not.
@Suite(.timeLimit(.minutes(2))) struct `Suppression in a whole relay` {
    private static let day: Duration = .seconds(86_400)

    /// A clock that a test sets.
    private final class Calendar: Sendable {
        private let now = Mutex(Timestamp(seconds: 1_800_000_000))

        var clock: RelayClock { RelayClock { self.now.withLock { $0 } } }
        func advance(by duration: Duration) { now.withLock { $0 = $0.advanced(by: duration) } }
    }

    private static func events(_ relay: TestRelay) throws -> [EventItem] {
        try relay.store.events(after: 0, limit: 1000).map { EventItem($0) }
    }

    /// Sends a mail to each address and waits until all have ended.
    private static func send(_ relay: TestRelay, to addresses: [String], from sender: String = "") async throws {
        for address in addresses {
            let reply = await relay.submit(from: sender, to: [address], id: relay.nextID)
            #expect(reply.condition == .queued)
        }
        let isEmpty = try await eventually { try relay.store.page(after: nil, limit: 1).isEmpty }
        #expect(isEmpty)
    }

    @Test func `an unknown user is refused twice a day apart, and then suppressed with both refusals as the reason`()
        async throws
    {
        let calendar = Calendar()
        try await withTestRelay({ $0.clock = calendar.clock }) { relay, taken, _ in
            let subject = try #require(SuppressionSubject("5.1.1@example.net"))
            try await Self.send(relay, to: ["5.1.1@example.net"])
            #expect(try relay.store.suppression(of: subject)?.sightings.count == 1)
            try await Self.send(relay, to: ["5.1.1@example.net"])
            #expect(try relay.store.suppression(of: subject)?.suppression == nil)
            calendar.advance(by: Self.day)
            try await Self.send(relay, to: ["5.1.1@Example.net"])
            #expect(try relay.store.suppression(of: subject)?.suppression?.holds(at: relay.service.clock.now) == true)
            try await Self.send(relay, to: ["5.1.1@example.net"], from: "a@example.org")
            #expect(
                try Self.events(relay).map(\.name)
                    == ["recipient.failed", "recipient.failed", "recipient.failed", "recipient.suppressed"]
            )
            let report = try #require(taken.all.last { $0.recipients == ["a@example.org"] })
            #expect(report.text.contains("Action: failed\r\nStatus: 5.7.1\r\n"))
            // A field may be folded anywhere between words.
            let words = report.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            #expect(words.contains("suppressed until it is lifted for user-unknown, 2 times since 2027-01-15"))
            #expect(try relay.store.check().isEmpty)
        }
    }

    @Test(arguments: ["5.7.1-spam", "5.7.26", "5.3.4", "554", "5.0.0"])
    func `faults of others suppress nobody, however often`(word: String) async throws {
        let calendar = Calendar()
        try await withTestRelay({ $0.clock = calendar.clock }) { relay, _, _ in
            for _ in 0..<4 {
                try await Self.send(relay, to: ["\(word)@example.net"])
                calendar.advance(by: Self.day)
            }
            #expect(try relay.store.suppressions(after: nil, limit: 10).isEmpty)
            #expect(try Self.events(relay).allSatisfy { $0.name == "recipient.failed" })
        }
    }

    @Test func `a suppressed recipient is refused at submission with 550 5.7.1, its neighbour taken`() async throws {
        let calendar = Calendar()
        try await withTestRelay({ plan in
            plan.clock = calendar.clock
            plan.listens = true
            plan.trustedNetworks = [IPNetwork("127.0.0.0/8")].compactMap { $0 }
        }) { relay, taken, _ in
            try await Self.send(relay, to: ["5.1.1@example.net"])
            calendar.advance(by: Self.day)
            try await Self.send(relay, to: ["5.1.1@example.net"])
            let client = try await TestClient(to: try relay.address)
            _ = try await client.say("EHLO client.example.org")
            #expect(try await client.say("MAIL FROM:<a@example.org>").hasPrefix("250 "))
            let refusal = try await client.say("RCPT TO:<5.1.1@EXAMPLE.net>")
            #expect(refusal.hasPrefix("550 5.7.1 suppressed until it is lifted for user-unknown, 2 times since "))
            #expect(try await client.say("RCPT TO:<yes@example.net>").hasPrefix("250 "))
            #expect(try await client.say("DATA").hasPrefix("354 "))
            #expect(try await client.say("Subject: x\r\n\r\nbody\r\n.").hasPrefix("250 "))
            try await client.quit()
            let isTaken = try await eventually { taken.all.contains { $0.recipients == ["yes@example.net"] } }
            #expect(isTaken)
        }
    }

    @Test func `recipients of our own domains leave no evidence: our directory is asked each time`() async throws {
        let calendar = Calendar()
        try await withTestRelay({ plan in
            plan.clock = calendar.clock
            plan.localDomains = ["ours.test"]
            plan.relayDomains = ["relayed.test"]
        }) { relay, _, _ in
            for _ in 0..<3 {
                try await Self.send(relay, to: ["nobody@ours.test", "5.1.1@relayed.test"])
                calendar.advance(by: Self.day)
            }
            #expect(try relay.store.events(after: 0, limit: 10).count == 6)
            #expect(try relay.store.suppressions(after: nil, limit: 10).isEmpty)
        }
    }
}

import Delivery
import MailFormat
import NIOCore
import ResolverTesting
import SMTPTesting
import SMTPTransport
import StatusCodes
import Testing

@testable import Relay

/// What becomes of messages at hosts that take, refuse, break off, or are not there.
@Suite(.timeLimit(.minutes(2))) struct `Destination agent` {
    /// Nobody listens there.
    private static let deadPort = 1

    /// A peer that answers commands with such a beginning in its own way.
    private func peer(_ answers: [String: ScriptedPeer.Answer] = [:]) async throws -> ScriptedPeer {
        try await ScriptedPeer { command, _ in answers.first { command.hasPrefix($0.key) }?.value }
    }

    @Test func `a message goes out as one transaction, and everybody is done`() async throws {
        let peer = try await peer()
        let fates = try await DeliveryHarness(ports: [peer.port]).attempt(to: ["b@example.net", "c@example.net"])
        #expect(fates.map(\.word) == ["relayed", "relayed"])
        #expect(fates.allSatisfy { $0.next == .done && $0.conclusion.fate == .relayed })
        #expect(
            Array(peer.commands.prefix(5)) == [
                "EHLO relay.test", "MAIL FROM:<a@example.org>", "RCPT TO:<b@example.net>", "RCPT TO:<c@example.net>",
                "DATA",
            ]
        )
        #expect(peer.contents == ["Subject: x\r\n\r\nhi\r\n"])
        try await peer.stop()
    }

    @Test func `content for many return-paths is read once`() async throws {
        let peer = try await peer()
        let signer = ReturnPathSigner(
            domain: "bounces.test",
            keys: [Array("a key of many octets".utf8)],
            primitives: CryptoPrimitives()
        )
        let harness = try DeliveryHarness(
            ports: [peer.port],
            bounces: BounceAddresses(signer: signer, feedback: "fbl")
        )
        let fates = try await harness.attempt(to: (0..<9).map { "u\($0)@example.net" }, isInMemory: false)
        #expect(fates.map(\.word) == Array(repeating: "relayed", count: 9))
        #expect(peer.contents.count == 9)
        #expect(harness.store.contentReads == 1)
        try await peer.stop()
    }

    @Test func `what waits begins with the first host when hosts were looked up anew`() async throws {
        let harness = try DeliveryHarness(ports: [Self.deadPort])
        let due = harness.assignments(for: Mail.submission(1, at: harness.clock.now))
        let assignment = try #require(due.first)
        let first = try await harness.onLoop { delivery -> Int? in
            guard let agent = delivery.agent(for: assignment) as? DestinationAgent else { return nil }
            // It keeps what it has, and begins nothing.
            agent.stop()
            var work = Work(assignment.items[0], now: .now())
            work.firstCandidate = 3
            agent.works = [work]
            agent.use(ResolvedRoute(hosts: [], source: .smartHost, isSecure: true, lifetime: .seconds(60)))
            return agent.works.first?.firstCandidate
        }
        #expect(first == 0)
    }

    @Test func `a recipient refused for good fails with what was said, the others go on`() async throws {
        let peer = try await peer(["RCPT TO:<no@": .say("550 5.1.1 no such user here")])
        let fates = try await DeliveryHarness(ports: [peer.port]).attempt(to: ["no@example.net", "b@example.net"])
        #expect(fates.map(\.word) == ["5.1.1", "relayed"])
        let attempt = try #require(fates[0].attempt)
        #expect(attempt.stage == "rcpt")
        #expect(attempt.reply == "550 5.1.1 no such user here")
        #expect(attempt.cause == "user-unknown")
        #expect(attempt.remote == "127.0.0.1[127.0.0.1]:\(peer.port)")
        #expect(attempt.outcomeKnown)
        #expect(fates[0].conclusion.fate == .failed(attempt.status))
        #expect(fates[0].conclusion.report?.action == .failed)
        #expect(fates[0].next == .done)
        #expect(fates[1].next == .done)
        #expect(peer.contents.count == 1)
        try await peer.stop()
    }

    @Test func `a recipient refused for now is put off`() async throws {
        let peer = try await peer(["RCPT": .say("452 4.2.2 mailbox full")])
        let fates = try await DeliveryHarness(ports: [peer.port]).attempt(to: ["b@example.net"])
        #expect(fates.map(\.word) == ["4.2.2"])
        #expect(fates[0].isScheduled)
        #expect(fates[0].conclusion.report == nil)
        // RFC 2920 §3.1: DATA was on its way; its 354 is answered with a single dot.
        #expect(peer.contents == [""])
        try await peer.stop()
    }

    @Test(arguments: [("MAIL", "mail"), ("DATA", "data"), (".", "dot")])
    func `a refusal keeps the stage at which it came`(command: String, stage: String) async throws {
        let peer = try await peer([command: .say("554 5.6.0 not this one")])
        let fates = try await DeliveryHarness(ports: [peer.port]).attempt(to: ["b@example.net"])
        #expect(fates.map(\.word) == ["5.6.0"])
        #expect(fates[0].attempt?.stage == stage)
        #expect(fates[0].next == .done)
        try await peer.stop()
    }

    @Test func `a lost reply to the final dot is told as such, and no other host is tried`() async throws {
        let first = try await peer([".": .hangUp])
        let second = try await peer()
        let fates = try await DeliveryHarness(ports: [first.port, second.port]).attempt(to: ["b@example.net"])
        #expect(fates[0].attempt?.outcomeKnown == false)
        #expect(fates[0].attempt?.stage == "dot")
        #expect(fates[0].isScheduled)
        #expect(first.contents.count == 1)
        #expect(second.connections == 0)
        try await first.stop()
        try await second.stop()
    }

    @Test func `where one host is not there the next one is taken`() async throws {
        let second = try await peer()
        let fates = try await DeliveryHarness(ports: [Self.deadPort, second.port]).attempt(to: ["b@example.net"])
        #expect(fates.map(\.word) == ["relayed"])
        #expect(second.contents.count == 1)
        try await second.stop()
    }

    @Test func `where one host turns us away in its greeting the next one is taken`() async throws {
        let first = try await peer(["CONNECT": .say("554 5.7.1 not from you")])
        let second = try await peer()
        let fates = try await DeliveryHarness(ports: [first.port, second.port]).attempt(to: ["b@example.net"])
        #expect(fates.map(\.word) == ["relayed"])
        #expect(first.connections == 1)
        #expect(first.contents.isEmpty)
        try await first.stop()
        try await second.stop()
    }

    @Test func `where no host is there the message waits, and the attempt says why`() async throws {
        let fates = try await DeliveryHarness(ports: [Self.deadPort]).attempt(to: ["b@example.net", "c@example.net"])
        #expect(fates.map(\.word) == ["4.4.1", "4.4.1"])
        #expect(fates.allSatisfy { $0.isScheduled })
        #expect(fates[0].attempt?.stage == "connect")
        #expect(fates[0].attempt?.remote == "127.0.0.1[127.0.0.1]:\(Self.deadPort)")
    }

    @Test func `of several hosts that fail the one that said no is quoted`() async throws {
        let first = try await peer(["CONNECT": .say("421 4.3.2 closed for today")])
        let fates = try await DeliveryHarness(ports: [first.port, Self.deadPort]).attempt(to: ["b@example.net"])
        #expect(fates.map(\.word) == ["4.3.2"])
        #expect(fates[0].attempt?.reply == "421 4.3.2 closed for today")
        #expect(fates[0].isScheduled)
        try await first.stop()
    }

    @Test func `the next message takes the connection that is there`() async throws {
        let peer = try await peer()
        let harness = try DeliveryHarness(ports: [peer.port])
        for _ in 0..<3 { #expect(try await harness.attempt(to: ["b@example.net"]).map(\.word) == ["relayed"]) }
        #expect(peer.connections == 1)
        #expect(peer.contents.count == 3)
        #expect(try await harness.agents() == 1)
        try await peer.stop()
    }

    @Test func `a connection that breaks when it is used again costs the message nothing`() async throws {
        let peer = try await ScriptedPeer { command, connection in
            connection == 1 && command.hasPrefix("MAIL FROM:<second@") ? .hangUp : nil
        }
        let harness = try DeliveryHarness(ports: [peer.port])
        #expect(try await harness.attempt(from: "first@example.org", to: ["b@example.net"]).map(\.word) == ["relayed"])
        #expect(try await harness.attempt(from: "second@example.org", to: ["b@example.net"]).map(\.word) == ["relayed"])
        #expect(peer.connections == 2)
        #expect(peer.contents.count == 2)
        try await peer.stop()
    }

    @Test func `a host that always breaks off is not tried for ever`() async throws {
        let peer = try await peer(["MAIL": .hangUp])
        let fates = try await DeliveryHarness(ports: [peer.port]).attempt(to: ["b@example.net"])
        #expect(fates[0].word.hasPrefix("4.4."))
        #expect(fates[0].isScheduled)
        #expect((1...4).contains(peer.connections))
        try await peer.stop()
    }

    @Test func `content that is not in memory is read from the store`() async throws {
        let peer = try await peer()
        let harness = try DeliveryHarness(ports: [peer.port])
        let fates = try await harness.attempt(
            to: ["b@example.net"],
            content: "Subject: y\r\n\r\nho\r\n",
            isInMemory: false
        )
        #expect(fates.map(\.word) == ["relayed"])
        #expect(peer.contents == ["Subject: y\r\n\r\nho\r\n"])
        try await peer.stop()
    }

    @Test func `content that the store has not is a failure of ours, and the message stays`() async throws {
        let peer = try await peer()
        let harness = try DeliveryHarness(ports: [peer.port])
        let lost = Mail.submission(99, at: harness.clock.now)
        let fates = try await harness.attempt(lost, isInMemory: false)
        #expect(fates.map(\.word) == ["4.3.0"])
        #expect(fates[0].attempt?.condition == "4.3.0-content-unreadable")
        #expect(fates[0].attempt?.stage == "queue")
        #expect(fates[0].isHeld)
        #expect(peer.connections == 0)
        try await peer.stop()
    }

    @Test func `a domain that does not exist fails without a connection`() async throws {
        let harness = try DeliveryHarness(zones: "example.net. MX 10 mx.example.net.", domains: [:])
        let fates = try await harness.attempt(to: ["b@nowhere.test"])
        #expect(fates.map(\.word) == ["5.1.2"])
        #expect(fates[0].attempt?.stage == "dns-mx")
        #expect(fates[0].next == .done)
        #expect(harness.resolver.questions.count == 1)
    }

    @Test func `a domain whose servers do not answer waits`() async throws {
        let harness = try DeliveryHarness(zones: "nowhere.test. ! servfail", domains: [:])
        let fates = try await harness.attempt(to: ["b@nowhere.test"])
        #expect(fates.map(\.word) == ["4.4.3"])
        #expect(fates[0].isScheduled)
    }
}

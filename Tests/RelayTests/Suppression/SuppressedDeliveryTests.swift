import Delivery
import MailFormat
import Relay
import SMTPTesting
import StatusCodes
import StoreTesting
import Testing

/// Before each attempt the suppression list is consulted: who stands on it fails without a connection.
@Suite(.timeLimit(.minutes(2))) struct `Suppressed deliveries` {
    /// Puts addresses on the list of a harness.
    private static func suppress(_ addresses: String..., in harness: DeliveryHarness, until: Timestamp? = nil) throws {
        var batch = StoreWrite()
        for address in addresses {
            let subject = try #require(SuppressionSubject(address))
            let entry = SuppressionEntry(
                origin: .operator,
                at: harness.clock.now,
                by: "root",
                reason: "asked by phone",
                until: until
            )
            batch.suppressions.append(SuppressionChange(subject, .listed(entry)))
        }
        harness.gate.update(try harness.store.memory.write(batch).suppressions)
    }

    @Test func `a suppressed recipient fails with 5.7.1 and the old evidence, and nobody is connected to`() async throws
    {
        let peer = try await ScriptedPeer { _, _ in nil }
        let harness = try DeliveryHarness(ports: [peer.port])
        try Self.suppress("no@example.net", in: harness)
        let fates = try await harness.attempt(to: ["No@Example.NET"])
        #expect(fates.map(\.word) == ["5.7.1"])
        let attempt = try #require(fates[0].attempt)
        #expect(attempt.condition == "5.7.1-recipient-suppressed" && attempt.cause == "suppressed")
        #expect(attempt.reply.hasPrefix("suppressed until it is lifted by root since "))
        #expect(attempt.reply.hasSuffix(": asked by phone"))
        #expect(attempt.remote.isEmpty && attempt.stage == "queue")
        #expect(fates[0].next == .done && fates[0].conclusion.report?.action == .failed)
        #expect(peer.commands.isEmpty)
        try await peer.stop()
    }

    @Test func `its neighbours in the transaction are delivered`() async throws {
        let peer = try await ScriptedPeer { _, _ in nil }
        let harness = try DeliveryHarness(ports: [peer.port])
        try Self.suppress("no@example.net", "@example.com", in: harness)
        let fates = try await harness.attempt(
            to: ["a@example.net", "no@example.net", "b@example.net", "any@example.com", "c@example.net"]
        )
        #expect(fates.map(\.word) == ["relayed", "5.7.1", "relayed", "5.7.1", "relayed"])
        let asked = peer.commands.filter { $0.hasPrefix("RCPT") }
        #expect(asked == ["a", "b", "c"].map { "RCPT TO:<\($0)@example.net>" })
        #expect(peer.contents.count == 1)
        try await peer.stop()
    }

    @Test func `a suppression that is over stops nobody`() async throws {
        let peer = try await ScriptedPeer { _, _ in nil }
        let harness = try DeliveryHarness(ports: [peer.port])
        try Self.suppress("no@example.net", in: harness, until: harness.clock.now)
        #expect(try await harness.attempt(to: ["no@example.net"]).map(\.word) == ["relayed"])
        try await peer.stop()
    }

    @Test func `what the gate stops and the store does not know goes on`() async throws {
        let peer = try await ScriptedPeer { _, _ in nil }
        let harness = try DeliveryHarness(ports: [peer.port])
        try Self.suppress("no@example.net", in: harness)
        let subject = try #require(SuppressionSubject("no@example.net"))
        _ = try harness.store.memory.write(.listing(SuppressionChange(subject, .removed)))
        #expect(try await harness.attempt(to: ["no@example.net"]).map(\.word) == ["relayed"])
        try await peer.stop()
    }
}

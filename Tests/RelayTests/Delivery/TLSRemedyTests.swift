import Delivery
import Relay
import SMTPProtocol
import SMTPTesting
import SMTPTransport
import StatusCodes
import Testing

/// What the loop does about TLS where the route leaves it to us (`docs/design/rulings.md` §3).
@Suite(.timeLimit(.minutes(2))) struct `TLS as the peer has it` {
    /// A peer with a certificate, or without one.
    private func listen(
        hasTLS: Bool = true,
        offering extensions: [String] = [],
        _ script: @escaping ScriptedPeer.Script
    ) async throws -> ScriptedPeer {
        let tls = hasTLS ? try TestCertificate.shared.get().server : nil
        return try await ScriptedPeer(tls: tls, offering: extensions, script)
    }

    @Test func `where TLS is offered it is taken, and one connection is enough`() async throws {
        let peer = try await listen { _, _ in nil }
        let harness = try DeliveryHarness(ports: [peer.port], tls: .opportunistic)
        #expect(try await harness.attempt(to: ["b@example.net"]).map(\.word) == ["relayed"])
        #expect(peer.connections == 1)
        #expect(peer.encrypted == [true])
        try await peer.stop()
    }

    @Test func `after a handshake that failed the same host gets the message in clear, on a second connection`()
        async throws
    {
        let peer = try await listen { command, _ in command == "STARTTLS" ? .breakHandshake : nil }
        let other = try await listen(hasTLS: false) { _, _ in nil }
        let harness = try DeliveryHarness(ports: [peer.port, other.port], tls: .opportunistic)
        #expect(try await harness.attempt(to: ["b@example.net"]).map(\.word) == ["relayed"])
        #expect(peer.connections == 2)
        #expect(peer.encrypted == [false])
        #expect(peer.commands.count { $0 == "STARTTLS" } == 1)
        #expect(other.connections == 0)
        try await peer.stop()
        try await other.stop()
    }

    @Test func `where the route demands TLS nothing goes in clear after a handshake that failed`() async throws {
        let peer = try await listen { command, _ in command == "STARTTLS" ? .breakHandshake : nil }
        let fates = try await DeliveryHarness(ports: [peer.port], tls: .encrypted).attempt(to: ["b@example.net"])
        #expect(fates[0].isScheduled)
        #expect(fates[0].attempt?.stage == "tls")
        #expect(peer.connections == 1)
        #expect(!peer.commands.contains { $0.hasPrefix("MAIL") })
        try await peer.stop()
    }

    @Test(arguments: [
        "530 5.7.0 Must issue a STARTTLS command first", "523 5.7.10 Encryption needed",
        "538 5.7.11 Encryption required",
    ])
    func `a host that refuses mail in clear gets it under TLS`(refusal: String) async throws {
        // Its STARTTLS is out of order for a moment: so it comes to mail in clear although TLS is offered.
        let peer = try await listen { command, connection in
            guard connection == 1 else { return nil }
            if command == "STARTTLS" { return .say("454 4.7.0 not now") }
            return command.hasPrefix("MAIL") ? .say(refusal) : nil
        }
        let harness = try DeliveryHarness(ports: [peer.port], tls: .opportunistic)
        #expect(try await harness.attempt(to: ["b@example.net"]).map(\.word) == ["relayed"])
        #expect(peer.connections == 2)
        #expect(peer.encrypted.last == true)
        // The upgrade costs no attempt, and the next message goes on under TLS.
        #expect(try await harness.attempt(to: ["c@example.net"]).map(\.word) == ["relayed"])
        #expect(peer.connections == 2)
        try await peer.stop()
    }

    @Test func `mail in clear that is refused after a failed handshake goes under TLS or not at all`() async throws {
        let peer = try await listen { command, connection in
            if command == "STARTTLS" { return connection == 1 ? .breakHandshake : .say("454 4.7.0 not now") }
            return command.hasPrefix("MAIL") ? .say("530 5.7.0 Must issue a STARTTLS command first") : nil
        }
        let fates = try await DeliveryHarness(ports: [peer.port], tls: .opportunistic).attempt(to: ["b@example.net"])
        #expect(fates[0].isScheduled)
        #expect(peer.connections == 3)
        #expect(peer.commands.count { $0.hasPrefix("MAIL") } == 1)
        try await peer.stop()
    }

    @Test func `a host that refuses mail in clear and offers no TLS is not asked twice`() async throws {
        let peer = try await listen(hasTLS: false) { command, _ in
            command.hasPrefix("MAIL") ? .say("530 5.7.0 Must issue a STARTTLS command first") : nil
        }
        let fates = try await DeliveryHarness(ports: [peer.port], tls: .opportunistic).attempt(to: ["b@example.net"])
        #expect(fates.map(\.word) == ["5.7.0"])
        #expect(peer.connections == 1)
        try await peer.stop()
    }

    @Test func `a login that is refused in clear is repeated under TLS`() async throws {
        let peer = try await listen(offering: ["AUTH SCRAM-SHA-256 PLAIN"]) { command, connection in
            if connection == 1 {
                if command == "STARTTLS" { return .say("454 4.7.0 not now") }
                return command.hasPrefix("AUTH") ? .say("538 5.7.11 Encryption required") : nil
            }
            guard command.hasPrefix("AUTH") else { return nil }
            return command.hasPrefix("AUTH PLAIN ") ? .say("235 2.7.0 welcome") : .say("504 5.5.4 not that one")
        }
        let login = ClientLogin(
            credentials: ClientCredentials(account: "relay", password: Array("secret".utf8)),
            primitives: CryptoPrimitives()
        )
        let harness = try DeliveryHarness(ports: [peer.port], tls: .opportunistic, login: login)
        #expect(try await harness.attempt(to: ["b@example.net"]).map(\.word) == ["relayed"])
        #expect(peer.connections == 2)
        #expect(peer.encrypted == [true])
        try await peer.stop()
    }
}

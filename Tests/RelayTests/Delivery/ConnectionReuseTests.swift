import Delivery
import Relay
import ResolverTesting
import SMTPProtocol
import SMTPTesting
import SMTPTransport
import StatusCodes
import Testing

/// Which messages share a connection (`docs/design/rulings.md` §3, "Reusing a connection").
@Suite(.timeLimit(.minutes(2))) struct `The key of a connection` {
    private static func login(_ account: String) -> ClientLogin {
        ClientLogin(
            credentials: ClientCredentials(account: account, password: Array("secret".utf8)),
            primitives: CryptoPrimitives()
        )
    }

    @Test func `domains of one route share a connection`() async throws {
        let peer = try await ScriptedPeer()
        let harness = try DeliveryHarness(ports: [peer.port])
        for domain in ["one.test", "two.test"] {
            #expect(try await harness.attempt(to: ["b@\(domain)"]).map(\.word) == ["relayed"])
        }
        #expect(peer.connections == 1)
        try await peer.stop()
    }

    @Test func `a route with another TLS policy does not share the connection to the same host`() async throws {
        let peer = try await ScriptedPeer(tls: try TestCertificate.shared.get().server)
        let harness = try DeliveryHarness(
            ports: [peer.port],
            domains: ["one.test": "peer", "two.test": "other"],
            others: ["other": DeliveryHarness.route(to: [peer.port], tls: .encrypted)]
        )
        for domain in ["one.test", "two.test", "one.test", "two.test"] {
            #expect(try await harness.attempt(to: ["b@\(domain)"]).map(\.word) == ["relayed"])
        }
        #expect(peer.connections == 2)
        #expect(peer.encrypted == [false, true, false, true])
        try await peer.stop()
    }

    @Test func `a route with other credentials does not share the connection to the same host`() async throws {
        let peer = try await ScriptedPeer(
            tls: try TestCertificate.shared.get().server,
            offering: ["AUTH PLAIN"]
        ) { command, _ in command.hasPrefix("AUTH") ? .say("235 2.7.0 welcome") : nil }
        let harness = try DeliveryHarness(
            ports: [peer.port],
            domains: ["one.test": "peer", "two.test": "other"],
            tls: .encrypted,
            login: Self.login("relay"),
            others: ["other": DeliveryHarness.route(to: [peer.port], tls: .encrypted)]
        )
        for domain in ["one.test", "two.test", "one.test", "two.test"] {
            #expect(try await harness.attempt(to: ["b@\(domain)"]).map(\.word) == ["relayed"])
        }
        #expect(peer.connections == 2)
        #expect(peer.commands.count { $0.hasPrefix("AUTH") } == 1)
        try await peer.stop()
    }

    @Test(arguments: ["smart.test. A 127.0.0.1", "smart.test. ! servfail"])
    func `hosts are looked up anew while connections are open, and mail goes on over those`(zone: String) async throws {
        let peer = try await ScriptedPeer()
        let host = SmartHost(.name(try #require(DNSName("smart.test"))), port: UInt16(peer.port))
        let harness = try DeliveryHarness(
            zones: "smart.test. A 127.0.0.1",
            domains: ["*": "named"],
            others: ["named": Route(name: "named", target: .hosts([host]), tls: .never)]
        )
        #expect(try await harness.attempt(to: ["b@example.net"]).map(\.word) == ["relayed"])
        let asked = harness.resolver.questions.count
        try await harness.outliveAnswers()
        harness.resolver.replace(with: try Zones(zone))
        for _ in 0..<2 { #expect(try await harness.attempt(to: ["b@example.net"]).map(\.word) == ["relayed"]) }
        #expect(harness.resolver.questions.count > asked)
        #expect(peer.connections == 1)
        try await peer.stop()
    }

    @Test func `after a reload the connection is made anew`() async throws {
        let peer = try await ScriptedPeer(tls: try TestCertificate.shared.get().server)
        let harness = try DeliveryHarness(ports: [peer.port])
        #expect(try await harness.attempt(to: ["b@example.net"]).map(\.word) == ["relayed"])
        try await harness.follow(DeliveryHarness.route(to: [peer.port], tls: .encrypted))
        #expect(try await harness.attempt(to: ["b@example.net"]).map(\.word) == ["relayed"])
        #expect(peer.connections == 2)
        #expect(peer.encrypted == [false, true])
        try await peer.stop()
    }
}

import Delivery
import MailFormat
import NIOCore
import ResolverTesting
import SMTPProtocol
import SMTPTesting
import SMTPTransport
import StatusCodes
import Testing

@testable import Relay

/// What the destinations of one event loop share.
@Suite(.timeLimit(.minutes(1))) struct `Loop delivery` {
    @Test func `outcomes of one turn are handed over together`() async throws {
        let harness = try DeliveryHarness(domains: ["*": LocalRoute.name])
        let recipients = (0..<50).map { "gone\($0)@example.net" }
        #expect(try await harness.attempt(to: recipients).count == 50)
        #expect(harness.reports == 1)
    }

    @Test func `a destination without work or connection is forgotten at once`() async throws {
        let harness = try DeliveryHarness(domains: ["*": LocalRoute.name])
        _ = try await harness.attempt(to: ["gone@example.net"])
        #expect(try await harness.agents() == 1)
        try await harness.forgetAll()
        #expect(try await harness.agents() == 0)
        // Once more is harmless.
        try await harness.forgetAll()
    }

    @Test func `a destination with a connection is forgotten when that has ended`() async throws {
        let peer = try await ScriptedPeer()
        let harness = try DeliveryHarness(ports: [peer.port], idleTimeout: .milliseconds(200))
        #expect(try await harness.attempt(to: ["b@example.net"]).map(\.word) == ["relayed"])
        try await harness.forgetAll()
        try await waited { try await harness.agents() == 0 ? () : nil }
        #expect(peer.commands.last == "QUIT")
        try await peer.stop()
    }

    @Test(arguments: [["*": "peer"], [:]])
    func `what comes when everything has stopped is not begun`(domains: [String: String]) async throws {
        let harness = try DeliveryHarness(ports: [1], domains: domains)
        let work = harness.assignments(for: Mail.submission(1, at: harness.clock.now))
        #expect(work.count == 1)
        try await harness.onLoop { delivery in
            delivery.stop()
            delivery.take(work)
        }
        #expect(try await harness.agents() == 0)
        #expect(harness.resolver.questions.isEmpty)
    }

    @Test func `work that had to wait for a look at its suppressions when everything stopped is not begun`()
        async throws
    {
        let harness = try DeliveryHarness(ports: [1])
        let work = harness.assignments(for: Mail.submission(1, at: harness.clock.now))
        let links = try await harness.onLoop { delivery in
            delivery.stop()
            for assignment in work { delivery.agent(for: assignment).take(assignment) }
            return delivery.agents.values.map { ($0 as? DestinationAgent)?.links.count }
        }
        #expect(links == [0])
    }

    @Test(arguments: [
        (Route.TLSDemand?.none, false, ClientSettings.TLSUse.opportunistic), (nil, true, .never),
        (.never, false, .never),
        (.opportunistic, false, .opportunistic), (.opportunistic, true, .never), (.encrypted, false, .mandatory),
        (.verified, false, .mandatory),
        // What demands TLS never goes in clear.
        (.encrypted, true, .mandatory), (.verified, true, .mandatory),
    ])
    func `a route's demand decides about TLS`(
        demand: Route.TLSDemand?,
        isInClear: Bool,
        use: ClientSettings.TLSUse
    ) async throws {
        let harness = try DeliveryHarness()
        let route = demand.map { Route(name: "r", target: .mx(of: nil), tls: $0) }
        let configuration = try await harness.onLoop { delivery in
            delivery.connectionConfiguration(
                for: route,
                host: DNSName("mx.example.net"),
                terms: ConnectionTerms(tls: isInClear ? .never : .asOffered)
            )
        }
        #expect(configuration.settings.tls == use)
        #expect(configuration.settings.heloName == "relay.test")
        #expect(configuration.tlsServerName == "mx.example.net")
        #expect(configuration.tls === (demand == .verified ? harness.verified : harness.opportunistic))
    }
}

import Delivery
import MailFormat
import Relay
import ResolverTesting
import SMTPTesting
import Testing

/// Domains that share their MX, on one event loop (`docs/design/rulings.md` §3).
@Suite(.timeLimit(.minutes(2))) struct `Site delivery` {
    private static let zones = """
        a.test.  MX 10 mx1.provider.test.
        a.test.  MX 20 mx2.provider.test.
        b.test.  MX 5 mx1.provider.test.
        b.test.  MX 7 mx2.provider.test.
        other.test.  MX 10 mx2.provider.test.
        gone.test.  ! servfail
        mx1.provider.test.  A 127.0.0.1
        mx2.provider.test.  A 127.0.0.1
        """

    private func harness(_ peer: ScriptedPeer) throws -> DeliveryHarness {
        try DeliveryHarness(ports: [peer.port], zones: Self.zones, domains: [:], connections: 1)
    }

    @Test func `the connection that one domain's mail made takes the next domain's`() async throws {
        let peer = try await ScriptedPeer()
        let harness = try harness(peer)
        for domain in ["a.test", "b.test", "a.test"] {
            #expect(try await harness.attempt(to: ["u@\(domain)"]).map(\.word) == ["relayed"])
        }
        #expect(peer.connections == 1)
        #expect(peer.contents.count == 3)
        try await peer.stop()
    }

    @Test func `a domain of other hosts has a connection of its own, and is a destination of its own`() async throws {
        let peer = try await ScriptedPeer()
        let harness = try harness(peer)
        for domain in ["a.test", "other.test"] {
            #expect(try await harness.attempt(to: ["u@\(domain)"]).map(\.word) == ["relayed"])
        }
        #expect(harness.sites == ["mx2.provider.test"])
        #expect(peer.connections == 2)
        #expect(try await harness.agents() == 2)
        try await peer.stop()
    }

    @Test func `nothing is sent before the site is known, and a look-up leaves nothing behind`() async throws {
        let peer = try await ScriptedPeer()
        let harness = try harness(peer)
        _ = try await harness.attempt(to: ["u@a.test"])
        #expect(harness.sites == ["mx1.provider.test"])
        // The site's; none for the domain.
        #expect(try await harness.agents() == 1)
        try await peer.stop()
    }

    @Test func `work that came to a site its domain has left goes on to the new one`() async throws {
        let peer = try await ScriptedPeer()
        let harness = try harness(peer)
        harness.believedSite = MXSite([(try #require(DNSName("old.provider.test")), UInt16(10))])
        let fates = try await harness.attempt(to: ["u@a.test"])
        #expect(fates.map(\.word) == ["relayed"])
        #expect(harness.sites == ["mx1.provider.test"])
        try await peer.stop()
    }

    @Test func `a domain that has no answer at its site waits, and says why`() async throws {
        let peer = try await ScriptedPeer()
        let harness = try harness(peer)
        harness.believedSite = MXSite([(try #require(DNSName("mx1.provider.test")), UInt16(10))])
        let fates = try await harness.attempt(to: ["u@gone.test"])
        #expect(fates.map(\.word) == ["4.4.3"])
        #expect(fates[0].isScheduled)
        #expect(peer.connections == 0)
        try await peer.stop()
    }

    @Test func `a look-up of a site that began before a reload is made anew`() async throws {
        let (before, after) = (try await ScriptedPeer(), try await ScriptedPeer())
        let harness = try harness(before)
        let names = try ["mx1.provider.test", "mx2.provider.test"].map { try #require(DNSName($0)) }
        harness.believedSite = MXSite(zip(names, [UInt16(10), 20]).map { ($0, $1) })
        harness.followBehindWork { $0.routing.policy.port = UInt16(after.port) }
        #expect(try await harness.attempt(to: ["u@a.test"]).map(\.word) == ["relayed"])
        #expect(before.connections == 0)
        #expect(after.contents.count == 1)
        try await before.stop()
        try await after.stop()
    }

    @Test func `a search for a site that began before a reload is made anew`() async throws {
        let peer = try await ScriptedPeer()
        let harness = try harness(peer)
        let host = try #require(DNSName("mx1.provider.test"))
        // As long as the best host is this one, the mail would come back.
        try await harness.follow { $0.routing.policy.ownNames = [host] }
        harness.followBehindWork { $0.routing.policy.ownNames = [] }
        #expect(try await harness.attempt(to: ["u@a.test"]).map(\.word) == ["relayed"])
        try await peer.stop()
    }

    @Test func `an address literal is nobody's domain and goes by itself`() async throws {
        let peer = try await ScriptedPeer()
        let harness = try harness(peer)
        #expect(try await harness.attempt(to: ["u@[127.0.0.1]"]).map(\.word) == ["relayed"])
        #expect(harness.sites == [nil])
        #expect(peer.contents.count == 1)
        try await peer.stop()
    }
}

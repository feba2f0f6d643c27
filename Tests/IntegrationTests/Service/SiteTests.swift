import Delivery
import MailFormat
import SMTPTesting
import StatusCodes
import StoreSQLite
import Testing

/// MX roll-up (`docs/design/rulings.md` §3) in a whole relay, over sockets.
@Suite(.timeLimit(.minutes(2))) struct `Domains with the same MX` {
    /// `a.test` and `b.test` share their two hosts, `c.test` has one of them alone; all are loopback.
    private func answers() throws -> [DNSQuestion: DNSAnswer] {
        func name(_ text: String) throws -> DNSName { try #require(DNSName(text)) }
        let hosts = [try name("mx1.provider.test"), try name("mx2.provider.test")]
        var answers: [DNSQuestion: DNSAnswer] = [:]
        let both = hosts.enumerated().map { DNSRecord.mx(preference: UInt16($0.offset), exchange: $0.element) }
        for domain in ["a.test", "b.test"] { answers[DNSQuestion(try name(domain), .mx)] = DNSAnswer(.records(both)) }
        answers[DNSQuestion(try name("c.test"), .mx)] = DNSAnswer(.records([both[0]]))
        for host in hosts {
            answers[DNSQuestion(host, .a)] = DNSAnswer(.records([.address(.loopbackV4)]))
            answers[DNSQuestion(host, .aaaa)] = DNSAnswer(.noData)
        }
        return answers
    }

    /// Sends mail to domains in turn through a relay that may make one connection to each destination; how many it made.
    private func connections(to domains: [String]) async throws -> Int {
        let peer = try await ScriptedPeer()
        let answers = try answers()
        let port = UInt16(peer.port)
        try await withTestRelay({ plan in
            plan.answers = answers
            plan.patterns = [:]
            plan.port = port
            plan.connections = 1
        }) { relay, _, _ in
            for number in 0..<20 {
                let recipient = "u\(number)@\(domains[number % domains.count])"
                let reply = await relay.submit(from: "a@example.org", to: [recipient], id: relay.nextID)
                #expect(reply.condition == .queued)
            }
            let isDone = try await eventually { peer.contents.count == 20 }
            #expect(isDone)
            let isEmpty = try await eventually { try relay.store.page(after: nil, limit: 10).isEmpty }
            #expect(isEmpty)
        }
        try await peer.stop()
        return peer.connections
    }

    @Test func `share the limit on connections, and the connection`() async throws {
        #expect(try await connections(to: ["a.test", "b.test"]) == 1)
    }

    @Test func `share nothing with a domain that has only some of the hosts`() async throws {
        #expect(try await connections(to: ["a.test", "b.test", "c.test"]) == 2)
    }
}

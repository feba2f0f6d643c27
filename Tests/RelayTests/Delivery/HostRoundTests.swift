import Delivery
import MailFormat
import SMTPProtocol
import StatusCodes
import Testing

@testable import Relay

@Suite struct `The hosts of one round` {
    private static let v4a = IPAddress.v4(0xC000_0201)
    private static let v4b = IPAddress.v4(0xC000_0202)
    private static let v6a = IPAddress.v6(high: 0x2001_0DB8_0000_0000, low: 1)

    private static func host(_ name: String, _ addresses: [IPAddress]) throws -> MXHost {
        MXHost(name: DNSName(name), preference: 10, addresses: addresses, port: 25, isSecure: false)
    }

    private static func round() throws -> HostRound {
        HostRound([try host("mx1.test", [v6a, v4a]), try host("mx2.test", [v4b])], number: 7)
    }

    private static func refusal(_ text: String, stage: Stage = .greeting) -> ClientFailure {
        ClientFailure(stage: stage, reach: .session, cause: .reply(PrintedReply(parsing: text)))
    }

    private static let silence = ClientFailure(
        stage: .connect,
        reach: .session,
        cause: .condition(.noAnswer, detail: "")
    )

    @Test func `hosts are tried in their order, each address of a host before the next host`() throws {
        var round = try Self.round()
        #expect(
            round.candidates.map(\.remote) == [
                "mx1.test[2001:db8::1]:25", "mx1.test[192.0.2.1]:25", "mx2.test[192.0.2.2]:25",
            ]
        )
        #expect(round.next(from: 0) == 0)
        round.failed(0, Self.silence, isOpportunistic: true)
        #expect(round.next(from: 0) == 1)
        #expect(round.next(from: 2) == 2)
        round.failed(2, Self.silence, isOpportunistic: true)
        #expect(round.next(from: 2) == nil)
    }

    @Test func `the host of a lost final reply is found by what the attempt record says, until it fails`() throws {
        var round = try Self.round()
        #expect(round.named("mx2.test[192.0.2.2]:25") == 2)
        #expect(round.named("mx9.test[192.0.2.9]:25") == nil)
        #expect(round.named(nil) == nil)
        round.failed(2, Self.silence, isOpportunistic: true)
        #expect(round.named("mx2.test[192.0.2.2]:25") == nil)
    }

    @Test func `the other family is that of the same host, else of a later one`() throws {
        var round = try Self.round()
        #expect(round.otherFamily(of: 0) == 1)
        round.failed(1, Self.silence, isOpportunistic: true)
        #expect(round.otherFamily(of: 0) == 2)
        #expect(round.otherFamily(of: 2) == nil)
    }

    @Test func `a host that said no tells more than one that did not answer`() throws {
        var round = try Self.round()
        #expect(round.mostTelling.failure.cause == .condition(.noAnswer, detail: ""))
        round.failed(0, Self.refusal("554 5.7.1 go away"), isOpportunistic: true)
        round.failed(1, Self.silence, isOpportunistic: true)
        #expect(round.mostTelling.remote == "mx1.test[2001:db8::1]:25")
    }

    @Test func `a failed opportunistic handshake goes on in clear once, a demanded one fails the host`() throws {
        var round = try Self.round()
        let broken = ClientFailure(stage: .tls, reach: .session, cause: .condition(.tlsHandshakeFailed, detail: ""))
        round.failed(0, broken, isOpportunistic: true)
        #expect(round[0].terms.tls == .never && round[0].failure == nil)
        round.failed(0, broken, isOpportunistic: true)
        #expect(round[0].failure == broken)
        round.failed(1, broken, isOpportunistic: false)
        #expect(round[1].failure == broken && round[1].terms.tls == .asOffered)
    }

    @Test func `TLS is demanded once, also after it was given up`() throws {
        var round = try Self.round()
        let broken = ClientFailure(stage: .tls, reach: .session, cause: .condition(.tlsHandshakeFailed, detail: ""))
        round.failed(0, broken, isOpportunistic: true)
        let first = round.demandTLS(0)
        #expect(first && round[0].terms.tls == .demanded)
        let second = round.demandTLS(0)
        #expect(!second)
        round.failed(0, broken, isOpportunistic: true)
        #expect(round[0].failure == broken)
    }

    @Test func `only what may be left out is withheld, once`() throws {
        var round = try Self.round()
        let body = round.withhold([.body, .smtpUTF8], from: 0)
        #expect(!body && round[0].terms.withheld.isEmpty)
        let size = round.withhold([.size, .dsn, .body], from: 0)
        #expect(size && round[0].terms.withheld == [.size, .dsn])
        let again = round.withhold([.size], from: 0)
        #expect(!again)
        #expect(round[1].terms.withheld.isEmpty)
    }
}

import MailFormat
import Relay
import Testing

@Suite struct `Our own endpoints` {
    private let interfaces: [IPAddress]

    init() throws {
        interfaces = try ["127.0.0.1", "192.0.2.1", "::1", "2001:db8::1"].map { try #require(IPAddress($0)) }
    }

    private func own(_ bound: String...) throws -> Set<String> {
        let endpoints = try bound.map { try #require(IPEndpoint($0)) }
        return Set(OwnEndpoints.all(bound: endpoints, interfaces: interfaces).map(\.description))
    }

    @Test func `A listener on an address is that address with its port, and no other`() throws {
        #expect(try own("127.0.0.1:2525", "[2001:db8::1]:25") == ["127.0.0.1:2525", "[2001:db8::1]:25"])
    }

    @Test func `A listener on every IPv4 address is each of the machine's`() throws {
        #expect(try own("0.0.0.0:25") == ["127.0.0.1:25", "192.0.2.1:25"])
    }

    @Test func `A listener on :: takes both families`() throws {
        #expect(try own("[::]:25") == ["127.0.0.1:25", "192.0.2.1:25", "[::1]:25", "[2001:db8::1]:25"])
    }

    @Test func `A mapped address is the one inside it`() throws {
        #expect(try own("[::ffff:192.0.2.1]:587") == ["192.0.2.1:587"])
    }

    @Test func `The machine has at least its loopback address`() throws {
        #expect(try OwnEndpoints.interfaceAddresses().contains(.loopbackV4))
    }
}

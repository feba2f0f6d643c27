import MailFormat
import Testing

@Suite struct IPAddressTests {
    @Test(
        arguments: [
            ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"), ("::", "::"),
            ("::1", "::1"), ("2001:DB8::1", "2001:db8::1"), ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("fe80:0:0:0:0:0:0:0", "fe80::"),
            ("::ffff:192.0.2.1", "::ffff:192.0.2.1"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
            ("64:ff9b::192.0.2.1", "64:ff9b::c000:201"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ])
    func `Addresses print as RFC 5952 wants them`(text: String, printed: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == printed)
        #expect(IPAddress(printed) == address)
        #expect(IPAddress(octets: address.octets.span) == address)
    }

    @Test(
        arguments: [
            "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", "1..3.4", "a.b.c.d", ":", ":::", "1:2",
            "1:2:3:4:5:6:7:8:9", "::1::", "12345::", "g::", "::1.2.3", "1.2.3.4::", "fe80::1%eth0", "[::1]", "1:",
            "1:2:3:4:5:6:7:1.2.3.4", "::ffff:1.2.3.999",
        ])
    func `Anything else is no address`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func `Addresses have four or sixteen octets`() {
        #expect(IPAddress(octets: [UInt8](repeating: 1, count: 5).span) == nil)
        #expect(IPAddress(octets: [UInt8]().span) == nil)
    }

    @Test func `Mapped addresses mean the IPv4 peer`() throws {
        #expect(try #require(IPAddress("::ffff:192.0.2.1")).unmapped == IPAddress("192.0.2.1"))
        #expect(try #require(IPAddress("2001:db8::1")).unmapped == IPAddress("2001:db8::1"))
    }
}

@Suite struct IPNetworkTests {
    @Test(
        arguments: [
            ("192.0.2.0/24", "192.0.2.255", true), ("192.0.2.0/24", "192.0.3.0", false),
            ("192.0.2.0/24", "::ffff:192.0.2.9", true), ("0.0.0.0/0", "203.0.113.1", true),
            ("0.0.0.0/0", "2001:db8::1", false), ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false),
            ("2001:db8::/32", "2001:db8:ffff::1", true), ("2001:db8::/32", "2001:db9::", false),
            ("::/0", "fe80::1", true), ("2001:db8:0:0:8000::/65", "2001:db8::8000:0:0:1", true),
            ("2001:db8:0:0:8000::/65", "2001:db8::7fff:0:0:1", false),
        ])
    func `Blocks hold what shares their prefix`(block: String, address: String, isInside: Bool) throws {
        let network = try #require(IPNetwork(block))
        #expect(network.contains(try #require(IPAddress(address))) == isInside)
    }

    @Test(
        arguments: [
            "192.0.2.1/24", "192.0.2.0/33", "::/129", "192.0.2.0/", "/24", "192.0.2.0/2x", "192.0.2.0/-1", "10/8",
            "192.0.2.0/0024", "2001:db8::1/64",
        ])
    func `Anything else is no block`(text: String) {
        #expect(IPNetwork(text) == nil)
    }

    @Test func `Blocks print what they read`() {
        #expect(IPNetwork("10.0.0.0/8")?.description == "10.0.0.0/8")
        #expect(IPNetwork("::1")?.description == "::1/128")
    }
}

@Suite struct IPEndpointTests {
    @Test(arguments: ["192.0.2.1:25", "[2001:db8::1]:2525"])
    func `Endpoints print what they read`(text: String) {
        #expect(IPEndpoint(text)?.description == text)
    }

    @Test(
        arguments: [
            "192.0.2.1", "192.0.2.1:", ":25", "2001:db8::1:25", "[2001:db8::1]", "[192.0.2.1]:25", "192.0.2.1:65536",
            "host:25", "192.0.2.1:+5", "[]:25",
        ])
    func `Anything else is no endpoint`(text: String) {
        #expect(IPEndpoint(text) == nil)
    }

    @Test func `An address alone takes the default port`() {
        #expect(IPEndpoint("192.0.2.1", defaultPort: 53)?.description == "192.0.2.1:53")
        #expect(IPEndpoint("::1", defaultPort: 53)?.description == "[::1]:53")
        #expect(IPEndpoint("192.0.2.1:5353", defaultPort: 53)?.port == 5353)
    }
}

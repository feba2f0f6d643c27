import Delivery
import MailFormat
import ResolverTesting
import StatusCodes
import Testing

@Suite struct RoutingDomainTests {
    private func read(_ text: String) -> Result<RoutingDomain, RouteFailure> {
        RoutingDomain.read(
            Array(text.utf8).span,
            encoder: TestEncoder(["bücher.example": "xn--bcher-kva.example", "。": "."])
        )
    }

    @Test func `Names are folded, literals read, other scripts encoded`() throws {
        #expect(try read("Example.NET").get() == .name(try #require(DNSName("example.net"))))
        #expect(try read("[192.0.2.1]").get() == .literal(.v4(0xC000_0201)))
        #expect(try read("[IPv6:2001:db8::1]").get() == .literal(.v6(high: 0x2001_0db8_0000_0000, low: 1)))
        #expect(try read("[ipv6:::1]").get() == .literal(.loopbackV6))
        #expect(try read("bücher.example").get().description == "xn--bcher-kva.example")
    }

    @Test(arguments: ["[2001:db8::1]", "[IPv6:192.0.2.1]", "[192.0.2]", "[x-tag:thing]", "[]", "[192.0.2.256]"])
    func `A literal that names no host is 5.4.4`(text: String) throws {
        #expect(throws: RouteFailure.self) { try read(text).get() }
        guard case .failure(let failure) = read(text) else { return }
        #expect(failure.condition == .noRoute)
        #expect(failure.stage == .routing)
    }

    @Test(arguments: ["münchen..example", "", "a b.example", "。", String(repeating: "ü", count: 600), "nul\0ä.test"])
    func `A domain that DNS cannot hold is 5.1.2`(text: String) throws {
        guard case .failure(let failure) = read(text) else {
            Issue.record("\(text) was read")
            return
        }
        #expect(failure.condition == .noSuchDomain)
    }

    @Test(arguments: ["example.net", "[192.0.2.1]", "[IPv6:2001:db8::1]"])
    func `Domains print as an address has them`(text: String) throws {
        #expect(try read(text).get().description == text)
    }
}

@Suite struct DNSNameTests {
    @Test(arguments: [("Example.NET.", "example.net"), ("_dmarc.a-b.c", "_dmarc.a-b.c"), ("a", "a")])
    func `Names are folded and lose their final dot`(text: String, expected: String) {
        #expect(DNSName(text)?.text == expected)
    }

    @Test(
        arguments: [
            "", ".", "a..b", ".a", "a b", "ä.de", "a/b", "a\0", String(repeating: "a", count: 64),
            [String](repeating: "abcdefg", count: 32).joined(separator: "."),
        ])
    func `Anything else is no name`(text: String) {
        #expect(DNSName(text) == nil)
    }

    @Test func `Names of full length are names`() {
        #expect(DNSName(String(repeating: "a", count: 63)) != nil)
        let longest = String(repeating: String(repeating: "a", count: 62) + ".", count: 4) + "b"
        #expect(longest.utf8.count == 253)
        #expect(DNSName(longest) != nil)
        #expect(DNSName(longest + "c") == nil)
    }

    @Test func `Wire names are read whole or not at all`() {
        func wire(_ bytes: [UInt8]) -> String? { DNSName(wire: bytes.span)?.text }
        #expect(wire([2, 0x4D, 0x78, 4, 0x74, 0x65, 0x73, 0x74, 0]) == "mx.test")
        #expect(wire([0]) == "")
        #expect(wire([]) == nil)
        #expect(wire([2, 0x4D, 0x78]) == nil)  // no end
        #expect(wire([2, 0x4D, 0x78, 0, 0]) == nil)  // something behind the end
        #expect(wire([3, 0x4D, 0x78, 0]) == nil)  // label longer than the data
        #expect(wire([0xC0, 0x0C]) == nil)  // compressed
        #expect(wire([2, 0x4D, 0x2E, 0]) == nil)  // a dot inside a label
        #expect(wire([1, 0x20, 0]) == nil)
    }

    @Test func `Parents lead to the root`() throws {
        let name = try #require(DNSName("a.b.test"))
        #expect(name.parent?.text == "b.test")
        #expect(name.parent?.parent?.text == "test")
        #expect(name.parent?.parent?.parent == .root)
        #expect(DNSName.root.parent == nil)
        #expect(DNSName.root.description == ".")
    }
}

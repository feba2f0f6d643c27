import MailFormat
import Testing

@testable import BounceAnalysis

@Suite struct `Folded addresses` {
    private static let text = Array("Bob@Example.NET, ann@example.org, carl@example.com, bob@example.net.uk".utf8)

    /// Where an address in lower case stands.
    private static func range(_ address: String) throws -> ByteRange {
        let found = text.map(ASCII.lowered).firstRange(of: address.utf8)
        let range = try #require(found)
        return ByteRange(range.lowerBound, range.upperBound)
    }

    /// Whether an address of the text is among some.
    private static func has(_ addresses: FoldedAddresses, _ address: String) throws -> Bool {
        try addresses.contains(text.span, range(address))
    }

    @Test func `an address is found in any case of letters, and only whole`() throws {
        var addresses = FoldedAddresses()
        addresses.insert("BOB@example.net")
        try addresses.insert(Self.text.span, Self.range("ann@example.org"))
        #expect(try Self.has(addresses, "bob@example.net"))
        #expect(try Self.has(addresses, "ann@example.org"))
        #expect(try !Self.has(addresses, "carl@example.com"))
        #expect(try !Self.has(addresses, "bob@example.net.uk"))
        let isNobodyFound = addresses.contains(Self.text.span, ByteRange(0, 0))
        #expect(!isNobodyFound)
    }

    @Test func `each writing of a removed address is gone, others stay`() throws {
        var addresses = FoldedAddresses()
        for address in ["bob@example.net", "ann@example.org", "Bob@example.net"] { addresses.insert(address) }
        addresses.remove("bob@EXAMPLE.net")
        #expect(try !Self.has(addresses, "bob@example.net"))
        #expect(try Self.has(addresses, "ann@example.org"))
    }

    @Test func `nobody is among none`() throws {
        #expect(try !Self.has(FoldedAddresses(), "bob@example.net"))
    }
}

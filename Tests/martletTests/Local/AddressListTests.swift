@testable import martlet
import Testing

@Suite struct `Address list` {
    @Test(arguments: [
        ("a@example.net", ["a@example.net"]),
        ("a@example.net, b@example.net", ["a@example.net", "b@example.net"]),
        ("Ann <a@example.net>,Bob<b@example.net>", ["a@example.net", "b@example.net"]),
        ("\"Doe, John\" <j@example.net>", ["j@example.net"]),
        ("a@example.net (Ann, \\) of <x@y>), b@example.net", ["a@example.net", "b@example.net"]),
        ("(c) a (c) @ (c) example . net (c)", ["a@example.net"]),
        (
            "Team: a@example.net, Ann <b@example.net>;, c@example.net",
            ["a@example.net", "b@example.net", "c@example.net"]
        ),
        ("undisclosed-recipients:;", []),
        ("<@relay.example,@other.example:a@example.net>", ["a@example.net"]),
        ("\"a, b\"@example.net", ["\"a, b\"@example.net"]),
        ("\"a\\\"@b\"@example.net", ["\"a\\\"@b\"@example.net"]),
        ("a@[IPv6:2001:db8::1], b@[192.0.2.1]", ["a@[IPv6:2001:db8::1]", "b@[192.0.2.1]"]),
        ("<a@example.net> trailing words", ["a@example.net"]),
        ("a@example.net,\r\n\tb@example.net", ["a@example.net", "b@example.net"]),
        ("küche@example.net", ["küche@example.net"]),
        ("", []), (" , ,", []), ("<>", []), ("(only a comment", []), ("\"not closed", ["\"not closed"]),
    ])
    func `finds what a mail program means`(text: String, addresses: [String]) {
        #expect(AddressList.addresses(text).map(\.text) == addresses)
    }

    @Test func `A bare name is known as one, and gets a domain`() {
        let found = AddressList.addresses("root, \"a@b\", Ann <ann>, bob@example.net")
        #expect(found.map(\.isBare) == [true, true, true, false])
        #expect(
            found.map { $0.qualified("host.example") }
                == ["root@host.example", "\"a@b\"@host.example", "ann@host.example", "bob@example.net"]
        )
    }

    @Test func `Words without an at-sign stay apart, so that they become no address`() {
        #expect(AddressList.addresses("John Smith").map(\.text) == ["John Smith"])
    }

    @Test func `The end of each address is where a domain would be put`() {
        let text = "Ann <ann> (x), bob (y) , \"c d\""
        let ends = AddressList.addresses(text).map { String(text.utf8.prefix($0.end)) ?? "" }
        #expect(ends == ["Ann <ann", "Ann <ann> (x), bob", text])
    }
}

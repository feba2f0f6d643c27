import MailFormat
import Testing

/// What one path is expected to give.
struct PathFixture: Sendable, CustomTestStringConvertible {
    var path: String
    var address: String
    var local: String
    var domain: String
    var characters: AddressCharacters = .ascii
    var testDescription: String { path }

    init(
        _ path: String,
        _ address: String,
        _ local: String,
        _ domain: String,
        _ characters: AddressCharacters = .ascii
    ) {
        self.path = path
        self.address = address
        self.local = local
        self.domain = domain
        self.characters = characters
    }
}

func text(_ bytes: [UInt8], _ range: ByteRange) -> String { String(decoding: bytes[range.offsets], as: UTF8.self) }

@Suite
struct AddressGrammarTests {
    static let accepted: [PathFixture] = [
        PathFixture("<a@b>", "a@b", "a", "b"),
        PathFixture("<Alice.Liddell@Example.NET>", "Alice.Liddell@Example.NET", "Alice.Liddell", "Example.NET"),
        PathFixture("<a!#$%&'*+-/=?^_`{|}~9@x-1.2>", "a!#$%&'*+-/=?^_`{|}~9@x-1.2", "a!#$%&'*+-/=?^_`{|}~9", "x-1.2"),
        PathFixture("<\"a b\\\"@c\"@d.example>", "\"a b\\\"@c\"@d.example", "\"a b\\\"@c\"", "d.example"),
        PathFixture("<\"\"@d.example>", "\"\"@d.example", "\"\"", "d.example"),
        PathFixture("<a@[192.0.2.255]>", "a@[192.0.2.255]", "a", "[192.0.2.255]"),
        PathFixture("<a@[IPv6:2001:db8::1]>", "a@[IPv6:2001:db8::1]", "a", "[IPv6:2001:db8::1]"),
        PathFixture("<a@[x400:c=de;a=x]>", "a@[x400:c=de;a=x]", "a", "[x400:c=de;a=x]"),
        // RFC 5321 §4.1.2, §3.6.1: source routes are accepted and ignored.
        PathFixture("<@relay.example,@[192.0.2.1]:a@b.example>", "a@b.example", "a", "b.example"),
        PathFixture("<@relay.example:a@b.example>", "a@b.example", "a", "b.example"),
        PathFixture("<用户@例子.广告>", "用户@例子.广告", "用户", "例子.广告", .utf8),
        PathFixture("<\"用 户\"@example.net>", "\"用 户\"@example.net", "\"用 户\"", "example.net", .utf8),
    ]

    @Test(arguments: accepted)
    func `a path by the grammar gives its mailbox`(_ fixture: PathFixture) throws {
        let bytes = Array("FROM:\(fixture.path) SIZE=1".utf8)
        let grammar = AddressGrammar(fixture.characters)
        for isForward in [false, true] {
            var position = 5
            let mailbox: Mailbox
            if isForward {
                mailbox = try grammar.forwardPath(bytes.span, at: &position).mailbox
            } else {
                let path = try grammar.reversePath(bytes.span, at: &position)
                guard case .mailbox(let found) = path else {
                    Issue.record("\(fixture.path) is not the null reverse-path")
                    return
                }
                mailbox = found
            }
            #expect(text(bytes, mailbox.address) == fixture.address)
            #expect(text(bytes, mailbox.localPart) == fixture.local)
            #expect(text(bytes, mailbox.domain) == fixture.domain)
            #expect(position == 5 + fixture.path.utf8.count)
            #expect(mailbox.isInternationalized == (fixture.characters == .utf8))
        }
    }

    static let refused: [(String, AddressError.Code, AddressCharacters)] = [
        ("", .missingBracket, .ascii), ("a@b", .missingBracket, .ascii), ("<", .syntax, .ascii),
        ("<a>", .domainMissing, .ascii), ("<a@>", .syntax, .ascii), ("<@b>", .syntax, .ascii),
        ("<a@", .domainMissing, .ascii), ("<a@b", .syntax, .ascii), ("<a@b.>", .syntax, .ascii),
        ("<a@.b>", .syntax, .ascii), ("<a@b..c>", .syntax, .ascii), ("<.a@b>", .syntax, .ascii),
        ("<a.@b>", .syntax, .ascii), ("<a..a@b>", .syntax, .ascii), ("<a b@c>", .domainMissing, .ascii),
        ("<a@b_c>", .syntax, .ascii), ("<a@-b>", .syntax, .ascii), ("<a@b->", .syntax, .ascii),
        ("<a@b c>", .syntax, .ascii), ("<\"a@b>", .syntax, .ascii), ("<\"a\u{7F}\"@b>", .syntax, .ascii),
        ("<\"a\r\nb\"@c>", .syntax, .ascii), ("<\"a\\\n\"@c>", .syntax, .ascii), ("<a@[192.0.2]>", .syntax, .ascii),
        ("<a@[192.0.2.256]>", .syntax, .ascii), ("<a@[192.0.2.1>", .syntax, .ascii), ("<a@[]>", .syntax, .ascii),
        ("<a@[IPv6:1:2]>", .syntax, .ascii), ("<a@[IPv6:::1::]>", .syntax, .ascii),
        ("<a@[IPv6:1:2:3:4:5:6:7:8:9]>", .syntax, .ascii), ("<a@[IPv6:12345::]>", .syntax, .ascii),
        ("<a@[IPv6:1:2:3:4:5:6:7:]>", .syntax, .ascii), ("<a@[tag:a\\b]>", .syntax, .ascii),
        ("<@a@b>", .syntax, .ascii), ("<@a,b:c@d>", .syntax, .ascii), ("<@a,@b>", .syntax, .ascii),
        ("<é@b.example>", .notASCII, .ascii), ("<a@é.example>", .notASCII, .ascii),
    ]

    @Test(arguments: refused)
    func `what is no path is refused and the position stays`(
        _ path: String,
        _ code: AddressError.Code,
        _ characters: AddressCharacters
    ) {
        let bytes = Array(path.utf8)
        let grammar = AddressGrammar(characters)
        var position = 0
        let error = #expect(throws: AddressError.self) { _ = try grammar.reversePath(bytes.span, at: &position) }
        #expect(error?.code == code)
        #expect(position == 0)
        let second = #expect(throws: AddressError.self) { _ = try grammar.forwardPath(bytes.span, at: &position) }
        #expect(second?.code == code)
        #expect(position == 0)
    }

    @Test(
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xE4, 0xBD], [0xC3, 0x28],
        ] as [[UInt8]]
    )
    func `bytes that are not UTF-8 are refused as such`(_ malformed: [UInt8]) {
        for (prefix, suffix) in [("<", "@b>"), ("<a@", ">"), ("<\"", "\"@b>")] {
            let bytes = Array(prefix.utf8) + malformed + Array(suffix.utf8)
            var position = 0
            let error = #expect(throws: AddressError.self) {
                _ = try AddressGrammar(.utf8).reversePath(bytes.span, at: &position)
            }
            #expect(error?.code == .malformedUTF8)
        }
    }

    @Test
    func `the null reverse-path is one, and no forward-path`() throws {
        let bytes = Array("<>".utf8)
        var position = 0
        #expect(try AddressGrammar().reversePath(bytes.span, at: &position) == .null)
        #expect(position == 2)
        position = 0
        let error = #expect(throws: AddressError.self) {
            _ = try AddressGrammar().forwardPath(bytes.span, at: &position)
        }
        #expect(error?.code == .syntax)
    }

    @Test(arguments: ["<postmaster>", "<Postmaster>", "<POSTMASTER>"])
    func `postmaster needs no domain in a forward-path (RFC 5321 §4.5.1)`(_ path: String) throws {
        let bytes = Array(path.utf8)
        var position = 0
        let found = try AddressGrammar().forwardPath(bytes.span, at: &position)
        guard case .postmaster(let mailbox) = found else {
            Issue.record("\(found)")
            return
        }
        #expect(mailbox.domain.isEmpty)
        #expect(text(bytes, mailbox.address).lowercased() == "postmaster")
        #expect(position == bytes.count)
        position = 0
        let error = #expect(throws: AddressError.self) {
            _ = try AddressGrammar().reversePath(bytes.span, at: &position)
        }
        #expect(error?.code == .domainMissing)
    }

    @Test
    func `each limit has a longest that is accepted and one more that is too long`() throws {
        func code(_ path: String) -> AddressError.Code? {
            let bytes = Array(path.utf8)
            var position = 0
            do throws(AddressError) {
                _ = try AddressGrammar().reversePath(bytes.span, at: &position)
                return nil
            } catch {
                return error.code
            }
        }
        func name(_ length: Int) -> String {
            var name = ""
            while name.utf8.count < length {
                let label = min(63, length - name.utf8.count - (name.isEmpty ? 0 : 1))
                if !name.isEmpty { name += "." }
                name += String(repeating: "d", count: label)
            }
            return name
        }
        #expect(code("<\(String(repeating: "l", count: 64))@b>") == nil)
        #expect(code("<\(String(repeating: "l", count: 65))@b>") == .localPartTooLong)
        #expect(code("<\"\(String(repeating: "l", count: 62))\"@b>") == nil)
        #expect(code("<\"\(String(repeating: "l", count: 63))\"@b>") == .localPartTooLong)
        #expect(code("<a@\(String(repeating: "d", count: 63)).d>") == nil)
        #expect(code("<a@\(String(repeating: "d", count: 64)).d>") == .domainTooLong)
        #expect(code("<a@\(name(252))>") == nil)
        #expect(code("<a@\(name(253))>") == .pathTooLong)
        #expect(code("<a@\(name(258))>") == .domainTooLong)
        #expect(code("<@\(name(249)):a@b>") == nil)
        #expect(code("<@\(name(250)):a@bb>") == .pathTooLong)
    }

    @Test(arguments: [
        ("[1.2.3.4]", AddressLiteral.ipv4(0x0102_0304)),
        ("[ipv6:::]", .ipv6(high: 0, low: 0)),
        ("[IPV6:::1]", .ipv6(high: 0, low: 1)),
        ("[IPv6:1::]", .ipv6(high: 0x0001_0000_0000_0000, low: 0)),
        ("[IPv6:2001:db8::ff00:42:8329]", .ipv6(high: 0x2001_0db8_0000_0000, low: 0x0000_ff00_0042_8329)),
        ("[IPv6:1:2:3:4:5:6:7:8]", .ipv6(high: 0x0001_0002_0003_0004, low: 0x0005_0006_0007_0008)),
        ("[IPv6:1:2:3:4:5:6:7::]", .ipv6(high: 0x0001_0002_0003_0004, low: 0x0005_0006_0007_0000)),
        ("[IPv6:::ffff:192.0.2.1]", .ipv6(high: 0, low: 0x0000_ffff_c000_0201)),
        ("[IPv6:1:2:3:4:5:6:192.0.2.1]", .ipv6(high: 0x0001_0002_0003_0004, low: 0x0005_0006_c000_0201)),
        ("[foo:bar]", .general),
    ])
    func `an address literal gives its number`(_ literal: String, _ expected: AddressLiteral) throws {
        let bytes = Array("a@\(literal)".utf8)
        #expect(try AddressGrammar().wholeMailbox(bytes.span).domainForm == .literal(expected))
    }

    @Test(arguments: [
        ("Alice@EXAMPLE.net", "Alice@example.net", true), ("\"Alice\"@example.net", "Alice@example.net", true),
        ("\"a\\.b\"@example.net", "a.b@example.net", true), ("alice@example.net", "Alice@example.net", false),
        ("\"a b\"@example.net", "\"a\\ b\"@EXAMPLE.net", true), ("\"a..b\"@example.net", "a.b@example.net", false),
        ("a@example.net", "a@example.org", false), ("\"\"@b", "\"\"@B", true),
    ])
    func `spellings of one mailbox are the same`(_ left: String, _ right: String, _ same: Bool) throws {
        let leftBytes = Array(left.utf8)
        let rightBytes = Array(right.utf8)
        let first = try AddressGrammar().wholeMailbox(leftBytes.span)
        let second = try AddressGrammar().wholeMailbox(rightBytes.span)
        #expect(first.isSame(leftBytes.span, as: second, rightBytes.span) == same)
    }

    @Test
    func `the canonical form is itself a mailbox with the same canonical form`() throws {
        for fixture in Self.accepted {
            let bytes = Array(fixture.address.utf8)
            let mailbox = try AddressGrammar(.utf8).wholeMailbox(bytes.span)
            var canonical: [UInt8] = []
            mailbox.appendCanonical(bytes.span, to: &canonical)
            var again: [UInt8] = []
            try AddressGrammar(.utf8).wholeMailbox(canonical.span).appendCanonical(canonical.span, to: &again)
            #expect(canonical == again)
        }
    }
}

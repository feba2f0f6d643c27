import MailFormat
import Testing

@Suite
struct MIMEStructureTests {
    /// One line a part: depth, type, encoding where it is not the identity, body.
    private static func outline(_ mail: String, limits: MIMELimits = MIMELimits()) -> [String] {
        let bytes = Array(mail.utf8)
        let whole = MIMEStructure(bytes.span, limits: limits)
        return describe(whole, bytes)
    }

    private static func describe(_ structure: MIMEStructure, _ bytes: [UInt8]) -> [String] {
        structure.parts.map { part in
            let isLeaf = !structure.parts.contains { $0.parent == structure.parts.firstIndex(of: part) }
            let body = isLeaf ? " " + String(decoding: bytes[part.body], as: UTF8.self) : ""
            let encoding = part.encoding == .identity ? "" : " \(part.encoding)"
            return "\(part.depth) \(part.contentType.type)/\(part.contentType.subtype)\(encoding)\(body)"
        }
    }

    static let nested = """
        From: a@b
        Content-Type: multipart/mixed; boundary=out

        preamble
        --out
        Content-Type: text/html

        <p>
        --out
        Content-Type: multipart/alternative; boundary="in ner"

        --in ner
        Content-Transfer-Encoding: quoted-printable

        a=
        --in ner--
        epilogue
        --out
        Content-Type: message/rfc822

        Subject: inside
        Content-Type: multipart/mixed; boundary=deep

        --deep

        deepest
        --deep--
        --out--
        epilogue
        """

    static let nestedOutline = [
        "0 multipart/mixed", "1 text/html <p>", "1 multipart/alternative", "2 text/plain quotedPrintable a=",
        "1 message/rfc822", "2 multipart/mixed", "3 text/plain deepest",
    ]

    @Test(arguments: ["\n", "\r\n"])
    func `parts, messages within and what stands around them are told apart`(_ newline: String) {
        #expect(Self.outline(Self.nested.replacing("\n", with: newline)) == Self.nestedOutline)
    }

    @Test(arguments: [1, 2, 3, 7, 64])
    func `the structure is the same however the bytes arrive`(_ size: Int) {
        for mail in [Self.nested, Self.nested.replacing("\n", with: "\r\n"), Self.nested + "\r"] {
            let bytes = Array(mail.utf8)
            var scanner = MIMEScanner()
            for start in stride(from: 0, to: bytes.count, by: size) {
                scanner.consume(bytes.span.extracting(start..<min(start + size, bytes.count)))
            }
            let streamed = scanner.finish()
            let whole = MIMEStructure(bytes.span)
            #expect(streamed == whole)
        }
    }

    @Test(
        arguments: [
            ("", ["0 text/plain "]), ("\n", ["0 text/plain "]), ("body only\n", ["0 text/plain body only\n"]),
            ("Subject: x", ["0 text/plain "]),
            ("Content-Type: multipart/mixed\n\n--x\n\na\n--x--\n", ["0 multipart/mixed --x\n\na\n--x--\n"]),
            ("Content-Type: multipart/mixed; boundary=x\n\n--xy\n--x z\n", ["0 multipart/mixed --xy\n--x z\n"]),
            ("Content-Type: multipart/mixed; boundary=x\n\n--x  \n\na", ["0 multipart/mixed", "1 text/plain a"]),
            ("Content-Type: multipart/mixed; boundary=x\n--x\n\na\n--x--\n", ["0 multipart/mixed", "1 text/plain a"]),
            (
                "Content-Type: multipart/mixed; boundary=x\n\n--x\n--x\n--x--",
                ["0 multipart/mixed", "1 text/plain ", "1 text/plain "]
            ),
            (
                "Content-Type: multipart/mixed; boundary=x\n\n--x\nno header\n--x--",
                ["0 multipart/mixed", "1 text/plain no header"]
            ),
            (
                "Content-Type: multipart/digest; boundary=x\n\n--x\n\nSubject: a\n\nb\n--x--",
                ["0 multipart/digest", "1 message/rfc822", "2 text/plain b"]
            ),
            (
                "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogYQ==\n",
                ["0 message/rfc822 base64 U3ViamVjdDogYQ==\n"]
            ),
            (
                "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n1\n--a\n\n2\n--a--\n",
                ["0 multipart/mixed", "1 multipart/mixed", "2 text/plain 1", "1 text/plain 2"]
            ),
            (
                "Content-Type: multipart/mixed; boundary=a\n\n--a\n\n1\n--a--\n--a\n\n2\n",
                ["0 multipart/mixed", "1 text/plain 1"]
            ),
            (
                "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: message/rfc822\n--a--\nContent-Type: text/html\n\nx",
                ["0 multipart/mixed", "1 message/rfc822", "2 text/plain "]
            ),
            (
                "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=b\n\n--b\n--a\n\n2\n--a--\n",
                ["0 multipart/mixed", "1 multipart/mixed", "2 text/plain ", "1 text/plain 2"]
            ),
            ("From : a\n b\nContent-Type: text/html\n\nx", ["0 text/html x"]),
        ] as [(String, [String])]
    )
    func `broken mail has a structure too`(_ mail: String, _ expected: [String]) {
        #expect(Self.outline(mail) == expected)
    }

    @Test
    func `depth, parts and header are bounded, and it shows`() {
        var limits = MIMELimits()
        limits.depth = 3
        let bomb = Array(String(repeating: "Content-Type: message/rfc822\n\n", count: 1000).utf8)
        let deep = MIMEStructure(bomb.span, limits: limits)
        #expect(deep.parts.count == 4)
        #expect(deep.isCut)
        limits.parts = 10
        let many = Array(
            ("Content-Type: multipart/mixed; boundary=x\n\n" + String(repeating: "--x\n\na\n", count: 100_000)).utf8
        )
        let cut = MIMEStructure(many.span, limits: limits)
        #expect(cut.parts.count == 10)
        #expect(cut.isCut)
        limits.header = 100
        let long = Array(("A: " + String(repeating: "b", count: 1000) + "\nContent-Type: text/html\n\nx").utf8)
        let skipped = MIMEStructure(long.span, limits: limits)
        #expect(skipped.parts[0].contentType.subtype == "html")
        #expect(skipped.isCut)
        let whole = MIMEStructure(Array(Self.nested.utf8).span)
        #expect(!whole.isCut)
    }

    @Test
    func `every part lies within the one that holds it, also when two boundaries stand together`() {
        let mail =
            "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n"
            + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n--a--\r\nepilogue"
        let parts = MIMEStructure(Array(mail.utf8).span).parts
        #expect(parts.count == 3)
        for part in parts {
            guard let parent = part.parent else { continue }
            #expect(parts[parent].body.lowerBound <= part.header.lowerBound)
            #expect(part.body.upperBound <= parts[parent].body.upperBound)
        }
    }

    @Test(arguments: [64, 1 << 20])
    func `a line too long for a boundary is text, whole and in pieces`(_ size: Int) {
        let padding = String(repeating: " ", count: 300)
        let mail = "Content-Type: multipart/mixed; boundary=a\n\n--a\n\n1\n--a\(padding)\n2\n--a--\n"
        let bytes = Array(mail.utf8)
        var scanner = MIMEScanner()
        for start in stride(from: 0, to: bytes.count, by: size) {
            scanner.consume(bytes.span.extracting(start..<min(start + size, bytes.count)))
        }
        let structure = scanner.finish()
        #expect(Self.describe(structure, bytes) == ["0 multipart/mixed", "1 text/plain 1\n--a\(padding)\n2"])
    }

    @Test
    func `what continues a field that was too long is passed over with it`() {
        var limits = MIMELimits()
        limits.header = 300
        let mail =
            "Content-Type: multipart/mixed;\nX-Long: \(String(repeating: "b", count: 300))\n boundary=x\n\n--x\n\na\n--x--\n"
        #expect(Self.outline(mail, limits: limits) == ["0 multipart/mixed --x\n\na\n--x--\n"])
    }

    @Test
    func `a limit of nothing is a limit`() {
        var limits = MIMELimits()
        (limits.depth, limits.parts, limits.header) = (0, 0, 0)
        let bytes = Array(Self.nested.utf8)
        var scanner = MIMEScanner(limits: limits)
        for start in bytes.indices { scanner.consume(bytes.span.extracting(start..<(start + 1))) }
        let structure = scanner.finish()
        #expect(structure.parts.count == 1)
        #expect(structure.isCut)
    }

    @Test
    func `base64 without line ends is decoded up to the limit, not beyond`() {
        let bytes = Array(String(repeating: "YWJj", count: 1000).utf8)
        var content: [UInt8] = []
        #expect(!TransferEncoding.base64.decode(bytes.span, 0..<bytes.count, limit: 1000, to: &content))
        #expect(content.count == 1000)
    }

    @Test
    func `a very long line costs no memory and ends with the message`() {
        var scanner = MIMEScanner()
        let chunk = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 16)
        scanner.consume(Array("Content-Type: multipart/mixed; boundary=x\n\n--x\n\n".utf8).span)
        for _ in 0..<160 { scanner.consume(chunk.span) }
        let structure = scanner.finish()
        #expect(structure.parts.count == 2)
        #expect(structure.parts[1].body.count == 160 << 16)
    }

    @Test(arguments: [
        (TransferEncoding.identity, "abc", "ab", false), (.base64, "YWJj", "ab", false),
        (.quotedPrintable, "a=62c", "a", false),
        (.identity, "ab", "ab", true),
    ])
    func `decoding stops at its limit and says so`(
        _ encoding: TransferEncoding,
        _ body: String,
        _ expected: String,
        _ isAll: Bool
    ) {
        let bytes = Array(body.utf8)
        var content: [UInt8] = []
        #expect(encoding.decode(bytes.span, 0..<bytes.count, limit: 2, to: &content) == isAll)
        #expect(String(decoding: content, as: UTF8.self) == expected)
    }
}

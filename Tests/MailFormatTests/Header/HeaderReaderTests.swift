import MailFormat
import Testing

@Suite
struct HeaderReaderTests {
    private static func pairs(_ text: String, limits: HeaderLimits = HeaderLimits()) -> (
        [String], body: String, HeaderReader.Ending
    ) {
        let bytes = Array(text.utf8)
        let block = HeaderBlock(bytes.span, limits: limits)
        let pairs = block.fields.map { field in
            "\(String(decoding: bytes[field.name.offsets], as: UTF8.self))=\(Unfolding.text(bytes.span, field.value))"
        }
        return (pairs, String(decoding: bytes[block.bodyStart...], as: UTF8.self), block.ending)
    }

    @Test(arguments: ["\r\n", "\n"])
    func `fields, folding and the body's start are found`(_ newline: String) {
        let text = ["From: a@b", "Subject:  two", "\tlines ", "X-Empty:", "Obsolete : x", "", "body: 1", ""]
            .joined(separator: newline)
        let (pairs, body, ending) = Self.pairs(text)
        #expect(pairs == ["From=a@b", "Subject=two\tlines", "X-Empty=", "Obsolete=x"])
        #expect(body == "body: 1\(newline)")
        #expect(ending == .blankLine)
    }

    @Test(
        arguments: [
            ("", [], "", HeaderReader.Ending.endOfBytes),
            ("\r\nx", [], "x", .blankLine),
            ("A: b", ["A=b"], "", .endOfBytes),
            ("A: b\r\nno field\r\nC: d", ["A=b"], "no field\r\nC: d", .brokenLine),
            (": b\r\n", [], ": b\r\n", .brokenLine),
            (" folded first\r\n", [], " folded first\r\n", .brokenLine),
            ("A: b\r\n \r\nC: d\r\n\r\n", ["A=b", "C=d"], "", .blankLine),
            ("From bob@x Mon Nov 23\nA: b\n\nbody", ["A=b"], "body", .blankLine),
            ("From : bob@x\n y\nA: b\n\nbody", ["From=bob@x y", "A=b"], "body", .blankLine),
            ("A: b\r\n\r", ["A=b"], "\r", .brokenLine),
            ("A: b\rB: c\r\n\r\n", ["A=bB: c"], "", .blankLine),
        ] as [(String, [String], String, HeaderReader.Ending)]
    )
    func `broken headers end where they break`(
        _ text: String,
        _ expected: [String],
        _ body: String,
        _ ending: HeaderReader.Ending
    ) {
        let found = Self.pairs(text)
        #expect(found.0 == expected)
        #expect(found.body == body)
        #expect(found.2 == ending)
    }

    @Test
    func `a header beyond its limits is cut at a field`() {
        var limits = HeaderLimits()
        limits.fields = 3
        let text = String(repeating: "A: b\r\n", count: 5) + "\r\nbody"
        #expect(Self.pairs(text, limits: limits).0.count == 3)
        #expect(Self.pairs(text, limits: limits).2 == .limit)
        limits = HeaderLimits()
        limits.octets = 7
        #expect(Self.pairs(text, limits: limits).0.count == 2)
        #expect(Self.pairs(text, limits: limits).2 == .limit)
    }

    @Test
    func `hops are counted in any case of letters, names that only begin so are not`() {
        let bytes = Array(
            "Received: a\r\nRECEIVED: b\r\nReceived-SPF: c\r\nreceived:\r\n d\r\n\r\nReceived: e\r\n".utf8
        )
        let block = HeaderBlock(bytes.span)
        #expect(block.count("received", bytes.span) == 3)
        #expect(block.first("received-spf", bytes.span) != nil)
        #expect(block.first("subject", bytes.span) == nil)
    }
}

@Suite
struct HeaderWriterTests {
    private static func written(_ write: (inout HeaderWriter) -> Void) -> String {
        var writer = HeaderWriter()
        write(&writer)
        return String(decoding: writer.finished(), as: UTF8.self)
    }

    @Test
    func `long values fold at blanks within 78 columns`() {
        let words = (1...40).map { "word\($0)" }.joined(separator: " ")
        let text = Self.written { $0.field("Subject", words) }
        for line in text.split(separator: "\r\n") { #expect(line.utf8.count <= 78) }
        let bytes = Array(text.utf8)
        let block = HeaderBlock(bytes.span)
        #expect(block.fields.count == 1)
        #expect(Unfolding.text(bytes.span, block.fields[0].value) == words)
    }

    @Test
    func `a word without blanks is cut before 998 octets, never inside a character`() {
        let text = Self.written { $0.field("X-Long", String(repeating: "漢", count: 1000)) }
        for line in text.split(separator: "\r\n") { #expect(line.utf8.count <= 998) }
        #expect(!text.unicodeScalars.contains("\u{FFFD}"))
    }

    @Test
    func `no line is too long, whatever stands for words in it`() {
        var writer = HeaderWriter()
        writer.field("X-Blanks", "a" + String(repeating: " ", count: 3000) + "b")
        writer.field("X-Octets", bytes: [UInt8](repeating: 0x80, count: 3000))
        // The CR is counted.
        #expect(writer.finished().split(separator: 0x0A).allSatisfy { $0.count <= HeaderWriter.hardLength + 1 })
    }

    @Test
    func `pieces of blanks make no line of their own`() {
        let text = Self.written { $0.field("X", lines: [[], Array("a".utf8), Array(" \t".utf8), Array("b".utf8)]) }
        #expect(text == "X: a\r\n b\r\n\r\n")
    }

    @Test(arguments: [
        ("Ada", "Ada"), ("Ada L.", "\"Ada L.\""), ("=?utf-8?Q?x?=", "=?utf-8?B?PT91dGYtOD9RP3g/PQ==?="),
    ])
    func `a display name is never taken for an encoded word`(_ name: String, _ written: String) {
        #expect(String(decoding: Phrase.encode(name), as: UTF8.self) == written)
    }

    @Test(arguments: ["a\r\nBcc: x@y", "a\nBcc: x@y", "a\rBcc: x@y", "a\u{0}b"])
    func `a value cannot begin another field`(_ value: String) {
        let text = Self.written { $0.field("Subject", value) }
        let bytes = Array(text.utf8)
        #expect(HeaderBlock(bytes.span).fields.count == 1)
        #expect(text.hasPrefix("Subject: a "))
    }

    @Test(arguments: [
        "plain", "Grüße", "Ünïcödé " + String(repeating: "täxt ", count: 60),
        "件名が日本語で" + String(repeating: "長い", count: 50),
        "=?utf-8?Q?fake?=", "tab\tinside é", "🐦", "a =?b é",
    ])
    func `any text survives encoded words`(_ text: String) {
        let written = Self.written { $0.unstructured("Subject", text) }
        #expect(written.utf8.allSatisfy { $0 < 0x80 })
        for line in written.split(separator: "\r\n") {
            #expect(line.utf8.count <= 78)
            for word in line.split(separator: " ") where word.hasPrefix("=?") { #expect(word.utf8.count <= 75) }
        }
        let bytes = Array(written.utf8)
        let field = HeaderBlock(bytes.span).fields[0]
        #expect(EncodedWord.text(bytes.span, field.value) == text)
    }

    @Test(arguments: [
        // RFC 2047 §8.
        ("=?ISO-8859-1?Q?a?=", "a"), ("=?ISO-8859-1?Q?a?= b", "a b"), ("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"),
        ("=?ISO-8859-1?Q?a?=\r\n    =?ISO-8859-1?Q?b?=", "ab"), ("=?ISO-8859-1?Q?a_b?=", "a b"),
        ("=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>", "Keith Moore <moore@cs.utk.edu>"),
        ("=?iso-8859-1?q?Andr=E9?= Pirard", "André Pirard"), ("=?windows-1252?Q?=80?=", "€"),
        ("=?utf-8*en?B?w6k=?=", "é"), ("=?utf-8?B?w6?= =?utf-8?B?qQ?=", "é"),
        ("=?utf-8?Q?=E4=BD?= =?utf-8?Q?=A0?=", "你"),
        ("=?x-unknown?Q?a=E9?=", "=?x-unknown?Q?a=E9?="), ("=?utf-8?X?a?=", "=?utf-8?X?a?="),
        ("=?utf-8?Q?a", "=?utf-8?Q?a"),
        ("=?", "=?"), ("", ""), ("=?utf-8?Q??=", ""),
    ])
    func `encoded words are read, broken ones stay`(_ encoded: String, _ expected: String) {
        let bytes = Array(encoded.utf8)
        #expect(EncodedWord.text(bytes.span, ByteRange(0, bytes.count)) == expected)
    }
}

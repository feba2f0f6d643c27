import MailFormat
import Testing

@Suite
struct EncodingTests {
    private static func decoded(
        _ text: String,
        _ decode: (Span<UInt8>, ByteRange, inout [UInt8]) -> Bool
    ) -> (String, Bool) {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        let isClean = decode(bytes.span, ByteRange(0, bytes.count), &result)
        return (String(decoding: result, as: UTF8.self), isClean)
    }

    private static func base64(_ text: String) -> (String, Bool) { decoded(text) { Base64.decode($0, $1, to: &$2) } }

    private static func quotedPrintable(_ text: String) -> (String, Bool) {
        decoded(text) { QuotedPrintable.decode($0, $1, to: &$2) }
    }

    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func `base64 gives the vectors of RFC 4648 §10`(_ plain: String, _ encoded: String) {
        var bytes: [UInt8] = []
        Base64.encode(Array(plain.utf8).span, to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == encoded)
        let (back, isClean) = Self.base64(encoded)
        #expect(back == plain)
        #expect(isClean)
    }

    @Test(arguments: [
        ("Zm9v\r\nYmFy", "foobar", true), ("Zg", "f", false), ("Zh==", "f", false), ("Zm9v!YmFy", "foobar", false),
        ("Zg==Zg==", "f", false), ("Z", "", false), ("Zg=", "f", false), ("=", "", false), ("Zm9=", "fo", false),
    ])
    func `base64 that is not clean says so and gives what it can`(_ encoded: String, _ plain: String, _ clean: Bool) {
        let (back, isClean) = Self.base64(encoded)
        #expect(back == plain)
        #expect(isClean == clean)
    }

    @Test
    func `base64 lines have 76 characters`() {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        var encoded: [UInt8] = []
        Base64.encodeLines(bytes.span, to: &encoded)
        let lines = String(decoding: encoded, as: UTF8.self).split(separator: "\r\n")
        #expect(lines.dropLast().allSatisfy { $0.utf8.count == 76 })
        var decoded: [UInt8] = []
        #expect(Base64.decode(encoded.span, ByteRange(0, encoded.count), to: &decoded))
        #expect(decoded == bytes)
    }

    @Test(arguments: [
        "plain\r\n", "trailing blank \r\n", "trailing tab\t", "a=b", "é\r\nü", ".\r\n.dot\r\n", "From me\r\n",
        String(repeating: "long ", count: 100), String(repeating: "é", count: 100), "a\rb", "\u{0}\u{7F}", "",
    ])
    func `quoted-printable survives and keeps its lines short`(_ text: String) {
        var encoded: [UInt8] = []
        QuotedPrintable.encode(Array(text.utf8).span, to: &encoded)
        let written = String(decoding: encoded, as: UTF8.self)
        #expect(encoded.allSatisfy { $0 < 0x7F && $0 != 0 })
        for line in written.split(separator: "\r\n") {
            #expect(line.utf8.count <= 76)
            #expect(!line.hasPrefix("."))
            #expect(!line.hasPrefix("From "))
            #expect(!line.hasSuffix(" ") && !line.hasSuffix("\t"))
        }
        let (back, isClean) = Self.quotedPrintable(written)
        #expect(back == text)
        #expect(isClean)
    }

    @Test(arguments: ["--boundary", ".", "From me"])
    func `no soft line break lets a line begin like a boundary, a dot or an envelope`(_ word: String) {
        for length in 60...80 {
            let text = String(repeating: "x", count: length) + word + "\r\n"
            var encoded: [UInt8] = []
            QuotedPrintable.encode(Array(text.utf8).span, to: &encoded)
            let written = String(decoding: encoded, as: UTF8.self)
            #expect(!written.contains("=\r\n" + word))
            #expect(Self.quotedPrintable(written) == (text, true))
        }
    }

    @Test(arguments: [
        ("a=\r\nb", "ab", true), ("a= \t\nb", "ab", true), ("a=", "a", true), ("a=3d", "a=", true),
        ("a=G1", "a=G1", false), ("a=4", "a=4", false), ("a \r\nb\t\n", "a\r\nb\n", true),
        ("a=20 \r\n", "a \r\n", true),
    ])
    func `quoted-printable of careless writers is read`(_ encoded: String, _ plain: String, _ clean: Bool) {
        let (back, isClean) = Self.quotedPrintable(encoded)
        #expect(back == plain)
        #expect(isClean == clean)
    }

    @Test(arguments: [("a+b=c d", "a+2Bb+3Dc+20d"), ("plain", "plain"), ("\u{7F}é", "+7F+C3+A9"), ("", "")])
    func `xtext goes there and back (RFC 3461 §4)`(_ plain: String, _ encoded: String) {
        var bytes: [UInt8] = []
        XText.encode(Array(plain.utf8).span, to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == encoded)
        let (back, isXText) = Self.decoded(encoded) { XText.decode($0, $1, to: &$2) }
        #expect(back == plain)
        #expect(isXText)
    }

    @Test(arguments: ["a=b", "a b", "a+", "a+2", "a+G0", "é", "a\u{7F}"])
    func `what is no xtext appends nothing`(_ text: String) {
        var bytes: [UInt8] = [1]
        let source = Array(text.utf8)
        #expect(!XText.decode(source.span, ByteRange(0, source.count), to: &bytes))
        #expect(bytes == [1])
    }

    @Test
    func `UTF-8 is xtext only where unitext may be`() {
        let (text, isXText) = Self.decoded("é+2B") { XText.decode($0, $1, allowsUTF8: true, to: &$2) }
        #expect(text == "é+")
        #expect(isXText)
    }

    @Test(arguments: [
        ("用户@例.test", "\\x{7528}\\x{6237}@\\x{4F8B}.test", "用户@例.test"),
        ("a\\b+c=d@e", "a\\x{5C}b\\x{2B}c\\x{3D}d@e", "a\\x{5C}b\\x{2B}c\\x{3D}d@e"),
        ("\"a b\"@c", "\"a\\x{20}b\"@c", "\"a\\x{20}b\"@c"),
    ])
    func `an address of type utf-8 has two forms (RFC 6533 §3)`(_ address: String, _ xtext: String, _ unitext: String) {
        var bytes: [UInt8] = []
        UTF8Address.encodeXText(address, to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == xtext)
        bytes = []
        UTF8Address.encodeUnitext(address, to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == unitext)
        #expect(UTF8Address.decode(xtext) == address)
        #expect(UTF8Address.decode(unitext) == address)
    }

    @Test(arguments: [
        "\\", "\\x", "\\x{", "\\x{}", "\\x{1}", "\\x{D800}", "\\x{110000}", "\\x{00000041}", "\\y{41}", "\\x{４１}",
    ])
    func `broken escapes are no address`(_ encoded: String) { #expect(UTF8Address.decode(encoded) == nil) }
}

@Suite
struct ContentTypeTests {
    private static func read(_ value: String) -> ContentType {
        let bytes = Array(value.utf8)
        return ContentType(bytes.span, ByteRange(0, bytes.count))
    }

    @Test(
        arguments: [
            ("Text/Plain; charset=\"UTF-8\"; format=flowed", "text/plain", ["charset=UTF-8", "format=flowed"]),
            (
                "multipart/report; report-type=delivery-status;\r\n boundary=\"a b\\\"c\"", "multipart/report",
                ["report-type=delivery-status", "boundary=a b\"c"]
            ),
            ("(c) text (d) / (e) html (f); (g) a=b", "text/html", ["a=b"]),
            ("text/plain; boundary==_x/y=z; c=d", "text/plain", ["boundary==_x/y=z", "c=d"]),
            ("text", "text/", []), ("", "/", []), (";;;=;a;b=c", "/", ["b=c"]),
            ("text/plain; a=\"open", "text/plain", ["a=open"]),
            // RFC 2231 §4.1.
            (
                "application/x-stuff; title*0*=us-ascii'en'This%20is%20even%20more%20; title*1*=%2A%2A%2Afun%2A%2A%2A%20;"
                    + " title*2=\"isn't it!\"", "application/x-stuff", ["title=This is even more ***fun*** isn't it!"]
            ),
            ("a/b; n*=iso-8859-1''%E9", "a/b", ["n=é"]), ("a/b; n*1=b; n*0=a; n*1=x", "a/b", ["n=ab"]),
        ] as [(String, String, [String])]
    )
    func `type and parameters are read`(_ value: String, _ type: String, _ parameters: [String]) {
        let found = Self.read(value)
        #expect("\(found.type)/\(found.subtype)" == type)
        #expect(found.parameters.map { "\($0.name)=\(String(decoding: $0.value, as: UTF8.self))" } == parameters)
    }

    @Test
    func `parameters are bounded in number and length`() {
        let many = "a/b" + (0..<1000).map { "; p\($0)=x" }.joined()
        #expect(Self.read(many).parameters.count == 64)
        let long = "a/b; p=" + String(repeating: "x", count: 100_000)
        #expect(Self.read(long).parameter("p")?.count == 2048)
        let parts = "a/b" + (0..<60).map { "; p*\($0)=" + String(repeating: "x", count: 1000) }.joined()
        #expect((Self.read(parts).parameter("p")?.count ?? 0) <= 2048)
    }
}

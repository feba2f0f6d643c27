import SMTPProtocol
import Testing

@Suite struct SASLBase64Tests {
    /// RFC 4648 §10.
    @Test(
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ])
    func `The vectors of the RFC go both ways`(plain: String, text: String) {
        #expect(SASLBase64.encode(Array(plain.utf8)) == Array(text.utf8))
        #expect(SASLBase64.decode(Array(text.utf8).span) == Array(plain.utf8))
    }

    @Test func `Every octet goes both ways`() {
        let octets = (0...255).map { UInt8($0) } + [0xFB, 0xFF]
        #expect(SASLBase64.decode(SASLBase64.encode(octets).span) == octets)
    }

    @Test(
        arguments: [
            "Zg", "Zg=", "Zg===", "Z===", "====", "Zm9v\n", "Zm 9", "Zm9vYg==Zm9v", "=Zm9", "Z=g=", "Zh==", "Zm9=",
            "Zm9-", "Zm9_", "\u{e9}aa",
        ])
    func `Anything else is no base64`(text: String) {
        #expect(SASLBase64.decode(Array(text.utf8).span) == nil)
    }
}

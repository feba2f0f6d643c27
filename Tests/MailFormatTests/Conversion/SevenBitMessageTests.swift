import MailFormat
import Testing

@Suite
struct SevenBitMessageTests {
    private static func converted(_ mail: String) throws -> SevenBitMessage {
        let bytes = Array(mail.replacing("\n", with: "\r\n").utf8)
        return try SevenBitMessage(converting: bytes.span)
    }

    private static func text(_ message: SevenBitMessage) -> String {
        String(decoding: message.bytes, as: UTF8.self).replacing("\r\n", with: "\n")
    }

    // MARK: What is converted

    @Test(
        arguments: [
            (
                "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-transfer-encoding:  8bit\n\nun café bien noir = bon \n",
                "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-transfer-encoding:  quoted-printable\n\nun caf=C3=A9 bien noir =3D bon=20\n"
            ),
            (
                "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nпривет\n",
                "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n0L/RgNC40LLQtdGCDQo=\n"
            ),
            (
                "MIME-Version: 1.0\nContent-Type: image/x; name=é\n\n", nil
            ),
            (
                "Content-Type: application/x-note\nMIME-Version: 1.0\n\né, e, e, e, e, e, e\n",
                "Content-Type: application/x-note\nMIME-Version: 1.0\nContent-Transfer-Encoding: base64\n\nw6ksIGUsIGUsIGUsIGUsIGUsIGUNCg==\n"
            ),
            // RFC 1428 §3.
            (
                "Subject: x\n\ncafé, not MIME\n",
                "Subject: x\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\ncaf=C3=A9, not MIME\n"
            ),
            (
                "From a@b Mon Nov 23\nSubject: x\nContent-Type: text/html\n\n<p>café<p>\n",
                "From a@b Mon Nov 23\nSubject: x\nContent-Type: text/html\nMIME-Version: 1.0\nContent-Transfer-Encoding: quoted-printable\n\n<p>caf=C3=A9<p>\n"
            ),
        ] as [(String, String?)]
    )
    func `a message of one part says how it is encoded, and all else stays`(_ mail: String, _ expected: String?) throws
    {
        guard let expected else {
            #expect(throws: ConversionRefusal.self) { try Self.converted(mail) }
            return
        }
        let message = try Self.converted(mail)
        #expect(Self.text(message) == expected)
        #expect(message.isChanged)
        let again = try SevenBitMessage(converting: message.bytes.span)
        #expect(!again.isChanged)
        #expect(again.bytes == message.bytes)
    }

    @Test
    func `a charset that nobody knows is called so`() throws {
        let mail: [UInt8] = Array("Subject: x\r\n\r\nplain caf".utf8) + [0xE9, 0x0D, 0x0A]
        let message = try SevenBitMessage(converting: mail.span)
        #expect(Self.text(message).contains("\nContent-Type: text/plain; charset=unknown-8bit\n"))
        #expect(Self.text(message).hasSuffix("\n\nplain caf=E9\n"))
    }

    @Test
    func `parts at every depth are encoded, and composites say 7bit`() throws {
        let mail = """
            MIME-Version: 1.0
            Content-Type: multipart/mixed; boundary="out"
            Content-Transfer-Encoding: 8bit

            preamble
            --out
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: 8bit (of course)

            café, --out
            --out  \t
            Content-Type: text/plain
            Content-Transfer-Encoding: binary

            plain
            --out
            Content-Type: message/rfc822
            Content-Transfer-Encoding: 8bit

            Subject: within
            Content-Type: multipart/alternative; boundary=in

            --in
            Content-Transfer-Encoding: base64

            YWJj
            --in

            naïve text here
            --in--
            --out
            Content-Type: application/octet-stream

            éé
            --out--
            epilogue

            """
        let expected = """
            MIME-Version: 1.0
            Content-Type: multipart/mixed; boundary="out"
            Content-Transfer-Encoding: 7bit

            preamble
            --out
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: quoted-printable

            caf=C3=A9, --out
            --out  \t
            Content-Type: text/plain
            Content-Transfer-Encoding: 7bit

            plain
            --out
            Content-Type: message/rfc822
            Content-Transfer-Encoding: 7bit

            Subject: within
            Content-Type: multipart/alternative; boundary=in
            MIME-Version: 1.0

            --in
            Content-Transfer-Encoding: base64

            YWJj
            --in
            Content-Transfer-Encoding: quoted-printable

            na=C3=AFve text here
            --in--
            --out
            Content-Type: application/octet-stream
            Content-Transfer-Encoding: base64

            w6nDqQ==
            --out--
            epilogue

            """
        #expect(Self.text(try Self.converted(mail)) == expected)
    }

    @Test
    func `what is decoded is what was there, whatever octets they are`() throws {
        let header = Array("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n".utf8)
        let contents: [[UInt8]] = [
            Array(0...255), Array(128...255) + Array("\r\n".utf8), [0x0A, 0xE9, 0x0D], Array("--c\r\n.\r\né".utf8),
            Array(("é" + String(repeating: "x", count: 2000)).utf8),
        ]
        for content in contents {
            for type in ["text/plain", "image/png"] {
                let mail =
                    header + Array("Content-Type: \(type)\r\n\r\n".utf8) + content + Array("\r\n--b--\r\n".utf8)
                let message = try SevenBitMessage(converting: mail.span)
                #expect(message.bytes.allSatisfy { $0 < 0x80 })
                let part = try #require(MIMEStructure(message.bytes.span).parts.last)
                var decoded: [UInt8] = []
                #expect(part.encoding.decode(message.bytes.span, part.body, limit: 10_000, to: &decoded))
                #expect(decoded == content)
            }
        }
    }

    @Test(arguments: [1, 2, 60, 73, 74, 75, 76])
    func `no boundary arises where a long line is broken`(_ length: Int) throws {
        let line = String(repeating: "é", count: length % 3) + String(repeating: "x", count: length) + "--b"
        let mail = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\né\(line)\n--b--\n"
        let message = try Self.converted(mail)
        #expect(MIMEStructure(message.bytes.span).parts.count == 2)
    }

    @Test
    func `a message for SMTPUTF8 within is encoded as a whole (RFC 6532 §3.5)`() throws {
        let within = "Subject: café\n\ntext\n"
        let mail =
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
            + "Content-Type: message/global\nContent-Transfer-Encoding: 8bit\n\n\(within)\n--b--\n"
        let message = try Self.converted(mail)
        let part = try #require(MIMEStructure(message.bytes.span).parts.last)
        #expect(part.encoding == .base64)
        var decoded: [UInt8] = []
        part.encoding.decode(message.bytes.span, part.body, limit: 1000, to: &decoded)
        #expect(decoded == Array(within.replacing("\n", with: "\r\n").utf8))
    }

    @Test(arguments: ["Subject: x\n\nplain\n", "", "\n", "Content-Transfer-Encoding: base64\n\nYWJj\n"])
    func `what is 7bit data already stays as it is`(_ mail: String) throws {
        let message = try Self.converted(mail)
        #expect(Self.text(message) == mail)
        #expect(!message.isChanged)
    }

    @Test
    func `a DKIM signature is told of, and does not keep from converting`() throws {
        let signed = try Self.converted("DKIM-Signature: v=1\nSubject: x\n\ncafé au lait\n")
        #expect(signed.hasDKIMSignature)
        #expect(signed.isChanged)
        #expect(try !Self.converted("X-DKIM-Signature: v=1\n\ncafé au lait\n").hasDKIMSignature)
    }

    // MARK: What is not

    private static func multipart(_ type: String, _ parts: String...) -> String {
        "MIME-Version: 1.0\nContent-Type: multipart/\(type); boundary=b\n\n"
            + parts.map { "--b\n\($0)\n" }.joined() + "--b--\n"
    }

    @Test(
        arguments: [
            (multipart("signed", "\ncafé", "Content-Type: application/pgp-signature\n\nx"), .signed),
            (multipart("encrypted", "Content-Type: application/pgp-encrypted\n\né", "\nx"), .encrypted),
            (multipart("mixed", multipart("signed", "\ncafé"), "\nx"), .signed),
            ("Content-Type: application/pkcs7-mime; smime-type=enveloped-data\n\né\n", .encrypted),
            ("Content-Type: application/x-pkcs7-mime; smime-type=Signed-Data\n\né\n", .signed),
            ("Subject: x\n\n-----BEGIN PGP SIGNED MESSAGE-----\n\ncafé\n", .signed),
            ("Subject: x\n\ncafé\n-----BEGIN PGP MESSAGE-----\n", .encrypted),
            ("Subject: café\n\nplain\n", .eightBitHeader),
            (multipart("mixed", "Content-Description: é\n\nplain"), .eightBitHeader),
            (multipart("mixed", "Content-Type: message/rfc822\n\nSubject: café\n\nplain"), .eightBitHeader),
            ("Content-Type: multipart/mixed; boundary=b\n\ncafé\n--b\n\nx\n--b--\n", .outsideParts),
            ("Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\ncafé\n", .outsideParts),
            ("Content-Type: multipart/mixed\n\ncafé\n", .unencodable),
            ("Content-Type: message/delivery-status\n\nStatus: é\n", .unencodable),
            ("Content-Transfer-Encoding: quoted-printable\n\ncafé\n", .mislabelled),
            ("Content-Transfer-Encoding: base64\n\ncafé\n", .mislabelled),
            ("Content-Transfer-Encoding: 8bit\nContent-Transfer-Encoding: 7bit\n\ncafé\n", .ambiguous),
            ("Content-Type: a/b\nContent-Type: multipart/signed; boundary=b\n\ncafé\n", .ambiguous),
            ("Subject: x\ncafé without an empty line\n", .ambiguous),
            (multipart("mixed", "café without a header"), .ambiguous),
        ] as [(String, ConversionRefusal.Code)]
    )
    func `what must not or cannot be converted is refused with its reason`(
        _ mail: String,
        _ code: ConversionRefusal.Code
    ) {
        let error = #expect(throws: ConversionRefusal.self) { try Self.converted(mail) }
        #expect(error?.code == code)
        #expect(error?.isProtection == (code == .signed || code == .encrypted))
    }

    @Test
    func `a signed part of 7bit data keeps every octet while its neighbour is converted`() throws {
        let signed = Self.multipart("signed", "Content-Transfer-Encoding: 8bit\n\nplain text", "\nsignature")
            .replacing("boundary=b", with: "boundary=s").replacing("--b", with: "--s")
        let mail = Self.multipart("mixed", signed, "\ncafé au lait")
        let text = Self.text(try Self.converted(mail))
        #expect(text.contains(signed))
        #expect(text.contains("caf=C3=A9 au lait"))
    }

    @Test
    func `a bare LF between parts is refused, within a part it is encoded`() throws {
        let bare = Array("MIME-Version: 1.0\nSubject: x\r\n\r\ncaf\u{E9}\r\n".utf8)
        let error = #expect(throws: ConversionRefusal.self) { try SevenBitMessage(converting: bare.span) }
        #expect(error?.code == .bareLineEnd)
        let within = Array("MIME-Version: 1.0\r\nSubject: x\r\n\r\ncaf\u{E9}\nx".utf8)
        let message = try SevenBitMessage(converting: within.span)
        #expect(String(decoding: message.bytes, as: UTF8.self).hasSuffix("base64\r\n\r\nY2Fmw6kKeA==\r\n"))
    }

    @Test
    func `a message of too many or too deep parts is refused`() {
        var limits = MIMELimits()
        limits.parts = 3
        let mail = Array(Self.multipart("mixed", "\né", "\n2", "\n3").replacing("\n", with: "\r\n").utf8)
        let error = #expect(throws: ConversionRefusal.self) {
            try SevenBitMessage(converting: mail.span, limits: limits)
        }
        #expect(error?.code == .tooComplex)
        limits.parts = 4
        #expect(throws: Never.self) { try SevenBitMessage(converting: mail.span, limits: limits) }
    }
}

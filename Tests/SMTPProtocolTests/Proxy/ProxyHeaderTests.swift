import MailFormat
import SMTPProtocol
import Testing

@Suite struct ProxyHeaderTests {
    private func read(_ bytes: [UInt8]) -> ProxyHeader.Reading { ProxyHeader.read(bytes.span) }

    /// `client server count`, or the reading's name.
    private func text(_ reading: ProxyHeader.Reading) -> String {
        switch reading {
        case .header(let header, let count):
            "\(header.client?.description ?? "-") \(header.server?.description ?? "-") \(count)"
        case .incomplete: "incomplete"
        case .malformed: "malformed"
        }
    }

    private static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10]

    private static func binary(_ command: UInt8, _ family: UInt8, _ payload: [UInt8]) -> [UInt8] {
        signature + [command, family, UInt8(payload.count >> 8), UInt8(payload.count & 255)] + payload
    }

    private static let v4: [UInt8] = [192, 0, 2, 1, 198, 51, 100, 1, 0xDC, 0x04, 0, 25]
    private static let v6: [UInt8] =
        [0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [1]
        + [0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [2, 0xDC, 0x04, 0, 25]

    static let good: [([UInt8], String)] = [
        (Array("PROXY TCP4 192.0.2.1 198.51.100.1 56324 25\r\n".utf8), "192.0.2.1:56324 198.51.100.1:25 44"),
        (Array("PROXY TCP6 2001:db8::1 2001:db8::2 65535 0\r\n".utf8), "[2001:db8::1]:65535 [2001:db8::2]:0 44"),
        (Array("PROXY UNKNOWN\r\n".utf8), "- - 15"),
        (Array("PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n".utf8), "- - 43"),
        (binary(0x21, 0x11, v4), "192.0.2.1:56324 198.51.100.1:25 28"),
        (binary(0x21, 0x21, v6), "[2001:db8::1]:56324 [2001:db8::2]:25 52"),
        (binary(0x21, 0x11, v4 + [4, 0, 1, 0xAA]), "192.0.2.1:56324 198.51.100.1:25 32"),
        (binary(0x20, 0x00, []), "- - 16"),
        (binary(0x20, 0x11, v4), "- - 28"),
        (binary(0x21, 0x00, [1, 2, 3]), "- - 19"),
        (binary(0x21, 0x31, [UInt8](repeating: 0, count: 216)), "- - 232"),
    ]

    @Test(arguments: good) func `A header names client and server`(bytes: [UInt8], expected: String) {
        #expect(text(read(bytes)) == expected)
        // What follows is the client's and is not counted.
        #expect(text(read(bytes + Array("EHLO x\r\n".utf8))) == expected)
    }

    @Test(arguments: good) func `Every part of a header is the beginning of one`(bytes: [UInt8], expected: String) {
        for count in 0..<bytes.count { #expect(text(read(Array(bytes[..<count]))) == "incomplete", "\(count)") }
    }

    @Test(
        arguments: [
            "EHLO client.test\r\n", "PROXY\r\n", "proxy TCP4 192.0.2.1 198.51.100.1 1 2\r\n", "PROXY \r\n",
            "PROXY TCP4\r\n", "PROXY TCP4 192.0.2.1 198.51.100.1 1\r\n", "PROXY TCP4 192.0.2.1 198.51.100.1 1 2 3\r\n",
            "PROXY TCP4  192.0.2.1 198.51.100.1 1 2\r\n", "PROXY TCP4 192.0.2.1 198.51.100.1 1 2 \r\n",
            "PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n", "PROXY TCP6 192.0.2.1 198.51.100.1 1 2\r\n",
            "PROXY TCP5 192.0.2.1 198.51.100.1 1 2\r\n", "PROXY TCP4 192.0.2.1 198.51.100.1 65536 2\r\n",
            "PROXY TCP4 192.0.2.1 198.51.100.1 -1 2\r\n", "PROXY TCP4 192.0.2.1 198.51.100.1 01 2\r\n",
            "PROXY TCP4 192.0.2.1 198.51.100.1 1 2\n", "PROXY TCP4 192.0.2.1\r198.51.100.1 1 2\r\n",
            "PROXY UNKNOWN" + String(repeating: " x", count: 60) + "\r\n", "\r\n\r\n\0\r\nQUIX\n", "\r\nEHLO x\r\n",
            "\n",
            "PROXY UNKNOWNX\r\n",
        ])
    func `Anything else is no header`(words: String) {
        #expect(text(read(Array(words.utf8))) == "malformed")
    }

    @Test(
        arguments: [
            binary(0x11, 0x11, v4), binary(0x22, 0x11, v4), binary(0x31, 0x11, v4),
            binary(0x21, 0x11, Array(v4.dropLast())), binary(0x21, 0x21, Array(v6.dropLast())),
            binary(0x21, 0x11, v4 + [UInt8](repeating: 0, count: 1013)), binary(0x21, 0x11, []),
        ])
    func `A binary header that lies is no header`(bytes: [UInt8]) {
        #expect(text(read(bytes)) == "malformed")
    }

    @Test func `A header never asks for more than its bound`() {
        let text = Array("PROXY UNKNOWN ".utf8) + [UInt8](repeating: 0x78, count: 2000)
        #expect(self.text(read(Array(text[..<106]))) == "incomplete")
        #expect(self.text(read(Array(text[..<107]))) == "malformed")
        let binary = Self.signature + [0x21, 0x11, 0x04, 0x00] + [UInt8](repeating: 0, count: 2000)
        #expect(self.text(read(Array(binary[..<1039]))) == "incomplete")
        #expect(self.text(read(binary)) != "incomplete")
        let huge = Self.signature + [0x21, 0x11, 0x04, 0x01]
        #expect(self.text(read(huge)) == "malformed")
    }
}

import SMTPProtocol
import StatusCodes
import Testing

@Suite("Replies of a peer")
struct ReplyParserTests {
    private static func parse(_ text: String, limits: ReplyLimits = ReplyLimits()) -> ReplyParser.Result {
        var parser = ReplyParser(limits: limits)
        let octets = Array(text.utf8)
        return parser.parse(octets.span)
    }

    @Test(arguments: [
        ("250 ok\r\n", UInt16(250), 8, 1),
        ("250\r\n", 250, 5, 1),
        ("250 \r\n", 250, 6, 1),
        ("250-a\r\n250-b\r\n250 c\r\n250 next", 250, 21, 3),
        ("250-a\r\n251 other code, same severity\r\n", 251, 38, 2),
        ("599 what\r\n", 599, 10, 1),
    ])
    func `a reply is found by its offsets`(_ text: String, _ code: UInt16, _ byteCount: Int, _ lineCount: Int) throws {
        guard case .reply(let found) = Self.parse(text) else {
            Issue.record("no reply in \(text)")
            return
        }
        #expect(found.code.rawValue == code)
        #expect(found.byteCount == byteCount)
        #expect(found.lineCount == lineCount)
    }

    @Test(arguments: ["", "2", "250", "250 ok", "250 ok\r", "250-ok\r\n", "250-ok\r\n250 o"])
    func `what may still become a reply is waited for`(_ text: String) {
        #expect(Self.parse(text) == .needMore)
    }

    @Test(arguments: [
        ("hello\r\n", ReplyError.notAReply),
        ("25\r\n", .notAReply),
        ("\r\n", .notAReply),
        ("2500 ok\r\n", .notAReply),
        ("150 preliminary\r\n", .notAReply),
        ("650 no\r\n", .notAReply),
        ("250\tok\r\n", .notAReply),
        ("٢50 ok\r\n", .notAReply),
        ("250-ok\r\n550 no\r\n", .codesDisagree),
        ("250 ok\n", .bareLineEnd),
        ("250 o\rk\r\n", .bareLineEnd),
    ])
    func `what is never a reply is said to be none`(_ text: String, _ error: ReplyError) {
        #expect(Self.parse(text) == .invalid(error))
    }

    @Test func `line, lines and reply are bounded`() {
        var limits = ReplyLimits()
        limits.lineLength = 20
        limits.lineCount = 3
        limits.byteCount = 50
        let line = "250-" + String(repeating: "x", count: 14) + "\r\n"
        #expect(Self.parse("250 " + String(repeating: "x", count: 14) + "\r\n", limits: limits) != .needMore)
        #expect(
            Self.parse("250 " + String(repeating: "x", count: 15) + "\r\n", limits: limits) == .invalid(.lineTooLong)
        )
        #expect(Self.parse("250 " + String(repeating: "x", count: 17), limits: limits) == .invalid(.lineTooLong))
        #expect(Self.parse(line + line, limits: limits) == .needMore)
        #expect(Self.parse(line + line + line, limits: limits) == .invalid(.replyTooLong))
        #expect(Self.parse("250-\r\n250-\r\n250 \r\n", limits: limits) != .invalid(.tooManyLines))
        #expect(Self.parse("250-\r\n250-\r\n250-\r\n", limits: limits) == .invalid(.tooManyLines))
    }

    @Test func `octet by octet gives the same reply, and the parser is ready for the next`() {
        let octets = Array("250-first\r\n250 second\r\n".utf8)
        var parser = ReplyParser()
        for count in 0..<octets.count {
            let prefix = Array(octets[..<count])
            let result = parser.parse(prefix.span)
            #expect(result == .needMore)
        }
        let found = parser.parse(octets.span)
        #expect(found == Self.parse("250-first\r\n250 second\r\n"))
        let next = Array("354 go\r\n".utf8)
        let following = parser.parse(next.span)
        #expect(following == Self.parse("354 go\r\n"))
    }
}

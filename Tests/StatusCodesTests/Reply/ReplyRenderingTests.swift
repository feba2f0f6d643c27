import StatusCodes
import Testing

@Suite struct ReplyRenderingTests {
    private func wire(_ reply: Reply, _ charset: ReplyCharset = .ascii) -> String {
        var bytes: [UInt8] = []
        reply.render(into: &bytes, charset: charset)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `a condition's own text is one line with code and enhanced code`() {
        #expect(wire(Reply(.senderOk)) == "250 2.1.0 Sender ok\r\n")
        #expect(wire(Reply(.recipientOk)) == "250 2.1.5 Recipient ok\r\n")
        #expect(wire(Reply(.data)) == "354 End data with <CR><LF>.<CR><LF>\r\n")
    }

    @Test func `rendering appends and keeps what is there`() {
        var bytes = Array("x".utf8)
        Reply(.senderOk).render(into: &bytes)
        Reply(.recipientOk).render(into: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == "x250 2.1.0 Sender ok\r\n250 2.1.5 Recipient ok\r\n")
    }

    /// RFC 2034 §4: no enhanced code in the greeting, the reply to EHLO, and 3yz.
    @Test func `greeting, EHLO and 3yz carry no enhanced code`() {
        #expect(wire(Reply(.greeting, "mx.example.net ESMTP")) == "220 mx.example.net ESMTP\r\n")
        #expect(
            wire(Reply(.ehlo, lines: ["mx.example.net", "PIPELINING", "SIZE 1000"]))
                == "250-mx.example.net\r\n250-PIPELINING\r\n250 SIZE 1000\r\n"
        )
    }

    @Test func `the enhanced code stands on every line`() {
        #expect(
            wire(Reply(.relayDenied, lines: ["First", "second", "third"]))
                == "550-5.7.1 First\r\n550-5.7.1 second\r\n550 5.7.1 third\r\n"
        )
    }

    @Test func `no lines at all leave the condition's text`() {
        #expect(Reply(.help, lines: []) == Reply(.help))
    }

    @Test func `an empty text still has its separator`() {
        #expect(wire(Reply(.auth, "")) == "334 \r\n")
        #expect(wire(Reply(.commandOk, "")) == "250 2.0.0 \r\n")
    }

    @Test func `control characters and line breaks cannot leave the line`() {
        #expect(
            wire(Reply(.badArgument, "a\r\n250 2.0.0 forged\0\u{7F}\u{1B}[1m\tb"))
                == "501 5.5.4 a??250 2.0.0 forged???[1m\tb\r\n"
        )
    }

    @Test func `a character outside ASCII is one question mark unless the session speaks UTF-8`() {
        #expect(wire(Reply(.noSuchUser, "für 用户\u{85}")) == "550 5.1.1 f?r ???\r\n")
        #expect(wire(Reply(.noSuchUser, "für 用户\u{85}"), .utf8) == "550 5.1.1 für 用户?\r\n")
    }

    @Test func `a long text is broken between words into lines of at most 512 octets`() {
        let words = (0..<200).map { "word\($0)" }
        let lines = wire(Reply(.relayDenied, words.joined(separator: " "))).split(separator: "\r\n")
        #expect(lines.count == 3)
        #expect(lines.allSatisfy { $0.utf8.count + 2 <= 512 })
        #expect(lines.dropLast().allSatisfy { $0.hasPrefix("550-5.7.1 word") })
        #expect(lines.last?.hasPrefix("550 5.7.1 word") == true)
        #expect(lines.flatMap { $0.dropFirst(10).split(separator: " ") }.map(String.init) == words)
    }

    @Test func `a word without end is broken anywhere, and too much text is cut off`() {
        let lines = wire(Reply(.greeting, String(repeating: "x", count: 20_000))).split(separator: "\r\n")
        #expect(lines.count == Reply.maximumLinesPerText)
        #expect(lines.allSatisfy { $0.utf8.count + 2 == 512 })
        #expect(lines.last?.hasPrefix("220 ") == true)
    }

    @Test(arguments: 480...530)
    func `lines around the limit keep it and lose nothing`(length: Int) {
        let text = String(repeating: "ab ", count: length / 3 + 1).prefix(length)
        let lines = wire(Reply(.relayDenied, String(text))).split(separator: "\r\n")
        #expect(lines.allSatisfy { $0.utf8.count + 2 <= 512 })
        #expect(lines.count == (length <= 500 ? 1 : 2))
        #expect(lines.map { $0.dropFirst(10) }.joined().filter { $0 != " " } == text.filter { $0 != " " })
    }

    @Test func `UTF-8 is never broken inside a character`() {
        let text = String(repeating: "用", count: 400)
        let rendered = wire(Reply(.noSuchUser, text), .utf8)
        #expect(!rendered.contains("\u{FFFD}"))
        #expect(rendered.filter { $0 == "用" }.count == 400)
        #expect(rendered.split(separator: "\r\n").allSatisfy { $0.utf8.count + 2 <= 512 })
    }

    /// RFC 4954 §4: a challenge has up to 12288 octets and cannot be broken.
    @Test func `a SASL challenge stays one line`() {
        let challenge = String(repeating: "A", count: 4000)
        #expect(wire(Reply(.auth, challenge)) == "334 \(challenge)\r\n")
    }

    @Test func `every reply of the catalogue is one line that begins as its condition says`() {
        let entries = ReplyCatalogue.entries
        #expect(entries.count > 190)
        #expect(Set(entries.map(\.condition)).count == entries.count)
        for entry in entries {
            let printed = PrintedReply(parsing: entry.line)
            #expect(printed.code == entry.condition.replyCode)
            #expect(printed.status == entry.condition.status)
            #expect(entry.line.hasSuffix(entry.condition.text))
            #expect(entry.line.utf8.count <= 510)
        }
        for condition in Condition.all where condition.place == .serverSession {
            #expect(entries.contains { $0.condition == condition }, "\(condition)")
        }
        #expect(!entries.contains { $0.condition == .queueExpired })
    }

    @Test func `the catalogue's text has an id and a reply on each line`() {
        let lines = ReplyCatalogue.lines
        #expect(lines.count == ReplyCatalogue.entries.count)
        #expect(lines.contains { $0.hasPrefix("2.1.0-sender-ok ") && $0.hasSuffix("  250 2.1.0 Sender ok") })
    }
}

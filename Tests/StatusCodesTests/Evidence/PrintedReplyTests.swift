import StatusCodes
import Testing

@Suite struct PrintedReplyTests {
    @Test func `digits, enhanced code and text of one line`() {
        let reply = PrintedReply(parsing: "550 5.1.1 No such user\r\n")
        #expect(reply.code?.rawValue == 550)
        #expect(reply.status?.description == "5.1.1")
        #expect(reply.text == "5.1.1 No such user")
        #expect(reply.description == "550 5.1.1 No such user")
    }

    @Test func `several lines are kept in order and print as they came`() {
        let reply = PrintedReply(parsing: "550-5.7.26 one\r\n550-5.7.26\r\n550 5.7.26 three")
        #expect(reply.text == "5.7.26 one\n5.7.26\n5.7.26 three")
        #expect(reply.status?.description == "5.7.26")
        #expect(reply.description == "550-5.7.26 one\n550-5.7.26\n550 5.7.26 three")
    }

    @Test func `a code elsewhere in the text is never the status`() {
        let reply = PrintedReply(parsing: "550 The other host said: 550 5.1.1 unknown user")
        #expect(reply.status == nil)
        #expect(PrintedReply(parsing: "550 see 5.7.1").status == nil)
    }

    @Test func `the first code that agrees with the digits wins over an earlier one that does not`() {
        let reply = PrintedReply(parsing: "550-4.2.2 quoted\r\n550 5.2.2 full")
        #expect(reply.status?.description == "5.2.2")
        #expect(PrintedReply(parsing: "552 4.2.2 full").status?.description == "4.2.2")
    }

    @Test(arguments: ["550 5.1.1.5 x", "550 5.01.1 x", "550 5.1 x", "550 5.1.1234 x", "550 192.0.2.1 is listed"])
    func `what only looks like a code is none`(line: String) {
        #expect(PrintedReply(parsing: line).status == nil)
    }

    @Test func `a code may be followed by anything that does not continue it`() {
        #expect(PrintedReply(parsing: "550 5.1.1").status?.description == "5.1.1")
        #expect(PrintedReply(parsing: "550 5.1.1: gone").status?.description == "5.1.1")
        #expect(PrintedReply(parsing: "550 5.1.1. Gone").status?.description == "5.1.1")
        #expect(PrintedReply(parsing: "550 5.1.10 gone").status?.description == "5.1.10")
    }

    @Test func `a report's status without digits is read, and digits without text`() {
        #expect(PrintedReply(parsing: "5.4.7 expired").status?.description == "5.4.7")
        #expect(PrintedReply(parsing: "5.4.7 expired").code == nil)
        #expect(PrintedReply(parsing: "421").code?.rawValue == 421)
        #expect(PrintedReply(parsing: "421").text.isEmpty)
    }

    @Test func `text that begins with more digits is no reply code`() {
        #expect(PrintedReply(parsing: "5500 x").code == nil)
        #expect(PrintedReply(parsing: "2001:db8::1 refused").code == nil)
    }

    @Test func `garbage of any kind is kept within bounds and printable`() {
        let reply = PrintedReply(parsing: "550 a\u{1B}[2J\0\u{9B}b" + String(repeating: "x", count: 100_000))
        #expect(reply.text.hasPrefix("a?[2J??b"))
        #expect(reply.text.utf8.count <= PrintedReply.maximumText)
        #expect(PrintedReply(parsing: "").text.isEmpty)
        let lines = PrintedReply(parsing: String(repeating: "\r\n", count: 50_000))
        #expect(lines.text.utf8.count <= PrintedReply.maximumText)
    }

    @Test func `octets that are no UTF-8 are repaired`() {
        let bytes: [UInt8] = Array("550 caf".utf8) + [0xE9]
        #expect(PrintedReply(parsing: bytes.span).text == "caf\u{FFFD}")
    }
}

import MailFormat
import SMTPProtocol
import StatusCodes
import Testing

/// The dialogues show what is refused; here it is shown what is read.
@Suite struct `Command grammar` {
    private let everything: OfferedParameters = [.standard, .authentication]

    private func text(_ range: ByteRange, _ line: String) -> String {
        String(decoding: Array(line.utf8)[range.offsets], as: UTF8.self)
    }

    @Test func `MAIL with everything it may have`() throws {
        let line = "<\"b b\"@example.org> SIZE=123 BODY=8BITMIME SMTPUTF8 RET=FULL ENVID=a+2Bb AUTH=<>"
        let bytes = Array(line.utf8)
        let whole = Array("FROM:".utf8) + bytes
        let command = try MailCommand.read(whole.span, whole.count, from: 0, offered: everything)
        #expect(text(command.path.address, "FROM:" + line) == "\"b b\"@example.org")
        #expect(command.size == 123)
        #expect(command.body == .eightBitMIME)
        #expect(command.smtpUTF8)
        #expect(command.returned == .full)
        #expect(text(command.envelopeID, "FROM:" + line) == "a+2Bb")
    }

    @Test func `RCPT with everything it may have`() throws {
        let line = "TO:<a@example.net> NOTIFY=DELAY,FAILURE ORCPT=rfc822;x+40y"
        let bytes = Array(line.utf8)
        let command = try RecipientCommand.read(bytes.span, bytes.count, from: 0, offered: .standard, smtpUTF8: false)
        #expect(text(command.path.mailbox.address, line) == "a@example.net")
        #expect(text(command.path.mailbox.domain, line) == "example.net")
        #expect(command.notify == [.delay, .failure])
        #expect(text(command.originalRecipient, line) == "rfc822;x+40y")
    }

    @Test func `an argument never reaches behind its line`() {
        // The path closes only behind the line's end: it is none.
        let bytes = Array("TO:<a@example.net\r\n>".utf8)
        #expect(throws: CommandSyntaxError(.recipientSyntax)) {
            try RecipientCommand.read(bytes.span, 17, from: 0, offered: .standard, smtpUTF8: false)
        }
    }

    @Test(arguments: [
        ("10", 10, false, true), ("10 LAST", 10, true, true), ("0 last", 0, true, true), (" 7  LAST ", 7, true, true),
        ("7 FIRST", 7, false, false), ("7 LAST now", 7, true, false), ("007", 7, false, true),
    ])
    func `BDAT`(arguments: String, size: Int, isLast: Bool, isWellFormed: Bool) throws {
        let bytes = Array(arguments.utf8)
        let command = try ChunkCommand.read(bytes.span, bytes.count, from: 0)
        #expect(command.size == size)
        #expect(command.isLast == isLast)
        #expect(command.isWellFormed == isWellFormed)
    }

    @Test(arguments: ["", "LAST", "-1", "+1", "1a", "1.0", "0x1", "9999999999999999", "１"])
    func `BDAT without a size that can be read`(arguments: String) {
        let bytes = Array(arguments.utf8)
        #expect(throws: CommandSyntaxError(.bdatMalformed)) { try ChunkCommand.read(bytes.span, bytes.count, from: 0) }
    }

    @Test func `AUTH`() throws {
        let line = "scram-SHA-256 ="
        let bytes = Array(line.utf8)
        let command = try AuthCommand.read(bytes.span, bytes.count, from: 0)
        #expect(command.mechanism == .scramSHA256)
        #expect(command.initialResponse.map { text($0, line) } == "=")
        let bare = try AuthCommand.read(Array("PLAIN".utf8).span, 5, from: 0)
        #expect(bare.mechanism == .plain)
        #expect(bare.initialResponse == nil)
        #expect(try AuthCommand.read(Array("GSSAPI".utf8).span, 6, from: 0).mechanism == nil)
    }

    @Test func `a parameter's error names the parameter`() {
        let line = Array("FROM:<> SIZE=1 X-FOO=bar".utf8)
        do {
            _ = try MailCommand.read(line.span, line.count, from: 0, offered: .standard)
            Issue.record("the parameter is unknown")
        } catch {
            #expect(error.code == .unknownParameter)
            #expect(String(decoding: line[error.part.offsets], as: UTF8.self) == "X-FOO")
        }
    }
}

import MailFormat
@testable import martlet
import Testing

@Suite struct `Local message` {
    private static let completion = LocalMessage.Completion(
        sender: "me@host.example",
        host: "host.example",
        now: Timestamp(seconds: 1_700_000_000),
        id: "k1"
    )
    private static let added =
        "From: <me@host.example>\r\nDate: Tue, 14 Nov 2023 22:13:20 +0000\r\nMessage-ID: <k1@host.example>\r\n"

    private func content(
        _ text: String,
        _ change: (inout LocalMessage.Completion) -> Void = { _ in }
    ) throws -> String {
        var completion = Self.completion
        change(&completion)
        let bytes = LocalMessage.lines(Array(text.utf8), endsAtDot: true)
        return String(decoding: try LocalMessage(bytes).content(completion), as: UTF8.self)
    }

    private func recipients(_ text: String) throws -> [String] {
        try LocalMessage(LocalMessage.lines(Array(text.utf8), endsAtDot: false)).recipients.map(\.text)
    }

    // MARK: Lines

    @Test(arguments: [
        ("a\nb\n", "a\r\nb\r\n"), ("a\r\nb\r\n", "a\r\nb\r\n"), ("a\nb", "a\r\nb\r\n"), ("a\rb\n", "ab\r\n"),
        ("", ""), ("\n", "\r\n"), ("a\n.\nb\n", "a\r\n"), ("a\n.", "a\r\n"), (".\n", ""), ("..\n.b\n", "..\r\n.b\r\n"),
        ("a\r\n.\r\nb", "a\r\n"),
    ])
    func `Lines end in CRLF, and a single dot ends the message`(input: String, lines: String) {
        #expect(String(decoding: LocalMessage.lines(Array(input.utf8), endsAtDot: true), as: UTF8.self) == lines)
    }

    @Test func `Without dots as an end they are text`() {
        #expect(LocalMessage.lines(Array("a\n.\nb".utf8), endsAtDot: false) == Array("a\r\n.\r\nb\r\n".utf8))
    }

    // MARK: Content

    @Test func `Fields that are missing are added, and nothing else is touched`() throws {
        #expect(
            try content("Subject: x\n y\nX-Odd : z\n\nbody\n\n")
                == "Subject: x\r\n y\r\nX-Odd : z\r\n" + Self.added + "\r\nbody\r\n\r\n"
        )
        let whole = "From: a@b.example\nDate: now\nMessage-ID: <1@b.example>\n\nbody\n"
        #expect(try content(whole) == whole.replacing("\n", with: "\r\n"))
    }

    @Test func `Text without a header is all body`() throws {
        #expect(try content("Hello, world\n") == Self.added + "\r\nHello, world\r\n")
        #expect(try content("\nSubject: not mine\n") == Self.added + "\r\nSubject: not mine\r\n")
        #expect(try content("") == Self.added + "\r\n")
    }

    @Test func `The line of an mbox file goes`() throws {
        #expect(try content("From me Thu Jan  1\nSubject: x\n\nb\n") == "Subject: x\r\n" + Self.added + "\r\nb\r\n")
    }

    @Test func `Octets that are no UTF-8 stay what they are`() throws {
        let bytes: [UInt8] = Array("Subject: ".utf8) + [0xE9, 0xFF] + Array("\r\n\r\n".utf8) + [0x80, 0x0D, 0x0A]
        let content = try LocalMessage(bytes).content(Self.completion)
        #expect(content.starts(with: bytes[..<13]))
        #expect(content.suffix(3) == [0x80, 0x0D, 0x0A])
    }

    @Test func `A name goes into a missing From as a phrase, never as a line of its own`() throws {
        let named = try content("\n") { $0.fullName = "Cron, \"the\" Daemon\r\nBcc: x" }
        #expect(named.hasPrefix("From: \"Cron, \\\"the\\\" DaemonBcc: x\" <me@host.example>\r\nDate: "))
        #expect(try content("\n") { $0.fullName = "Cron Daemon" }.hasPrefix("From: Cron Daemon <me@host.example>\r\n"))
        #expect(try content("\n") { $0.sender = "" }.hasPrefix("From: <MAILER-DAEMON@host.example>\r\n"))
    }

    @Test func `Bare names in address fields get our domain, and no others`() throws {
        let text = try content("From: root (Cron)\nTo: Ann <ann>,\n bob, c@d.example\nSubject: to root\n\nroot\n")
        #expect(
            text.hasPrefix(
                "From: root@host.example (Cron)\r\nTo: Ann <ann@host.example>,\r\n bob@host.example, c@d.example\r\n"
                    + "Subject: to root\r\nDate: "
            )
        )
        #expect(text.hasSuffix("\r\n\r\nroot\r\n"))
    }

    @Test func `Another system's message is passed on as it is`() throws {
        #expect(try content("To: root\n\nbody\n") { $0.isForeign = true } == "To: root\r\n\r\nbody\r\n")
    }

    @Test func `Trace lines come first`() throws {
        let text = try content("From: a@b.example\n\n") { $0.trace = Array("Received: x\r\n".utf8) }
        #expect(text.hasPrefix("Received: x\r\nFrom: a@b.example\r\n"))
    }

    // MARK: Recipients

    @Test func `To, Cc and Bcc name the recipients, and Bcc is not passed on`() throws {
        let text = "Bcc: c@example.net,\n d@example.net\nTo: a@example.net\nCC: Bob <b>\nBcc: e@example.net\n\nBcc: f\n"
        #expect(
            try recipients(text) == ["c@example.net", "d@example.net", "a@example.net", "b", "e@example.net"]
        )
        let written = try content(text) { $0.dropsBlindCopies = true }
        #expect(written.hasPrefix("To: a@example.net\r\nCC: Bob <b@host.example>\r\nFrom: "))
        #expect(written.hasSuffix("\r\n\r\nBcc: f\r\n"))
        #expect(try content(text).hasPrefix("Bcc: c@example.net,\r\n d@example.net\r\n"))
    }

    @Test func `A message that is sent again goes to those it is sent to again`() throws {
        let text = "Resent-To: r@example.net\nResent-Bcc: s@example.net\nTo: a@example.net\nBcc: b@example.net\n\n"
        #expect(try recipients(text) == ["r@example.net", "s@example.net"])
        let written = try content(text) { $0.dropsBlindCopies = true }
        #expect(written.hasPrefix("Resent-To: r@example.net\r\nTo: a@example.net\r\nFrom: "))
    }

    @Test func `A header without end is refused: a Bcc could hide in it`() {
        let text = "X: " + String(repeating: "x", count: 1 << 20) + "\nBcc: a@example.net\n\n"
        #expect(throws: CommandFailure.self) {
            try LocalMessage(LocalMessage.lines(Array(text.utf8), endsAtDot: false))
        }
    }
}

@testable import martlet
import SMTPProtocol
import StatusCodes
import Synchronization
import Testing

@Suite struct `Local session` {
    /// What one conversation led to.
    struct Outcome {
        var said: [String]
        var messages: [LocalSession.Message]
    }

    /// Plays a client whose octets come in pieces.
    private func play(_ pieces: [String], _ answer: Reply = Reply(.queued)) async throws -> Outcome {
        let rest = Mutex(pieces.map { Array($0.utf8) }[...])
        let said = Mutex<[UInt8]>([])
        let messages = Mutex<[LocalSession.Message]>([])
        let world = LocalSession.World(
            read: { rest.withLock { $0.popFirst() ?? [] } },
            write: { bytes in said.withLock { $0 += bytes } },
            submit: { message in
                messages.withLock { $0.append(message) }
                return answer
            }
        )
        try await LocalSession(hostname: "host.example", world: world).run()
        let text = String(decoding: said.withLock { $0 }, as: UTF8.self)
        return Outcome(said: text.split(separator: "\r\n").map(String.init), messages: messages.withLock { $0 })
    }

    private static let letter =
        "EHLO client.example\r\nMAIL FROM:<me@example.org> RET=HDRS\r\nRCPT TO:<you@example.net> NOTIFY=NEVER\r\nDATA\r\n"
        + "Subject: x\r\n\r\n..dots\r\n.\r\nQUIT\r\n"

    @Test func `A message is taken over with its envelope, its dots unstuffed`() async throws {
        let outcome = try await play([Self.letter])
        let message = try #require(outcome.messages.first)
        #expect(outcome.messages.count == 1)
        #expect(message.envelope.text(message.envelope.reversePath) == "me@example.org")
        #expect(message.envelope.returned == .headers)
        #expect(message.envelope.recipients.map { message.envelope.text($0.address) } == ["you@example.net"])
        #expect(message.envelope.recipients.map(\.notify) == [Notify.never])
        #expect(message.client == "client.example" && message.isExtended)
        #expect(String(decoding: message.content, as: UTF8.self) == "Subject: x\r\n\r\n.dots\r\n")
        #expect(outcome.said.first == "220 host.example ESMTP")
        #expect(outcome.said.last?.hasPrefix("221 2.0.0") == true)
    }

    @Test func `It says the same however the octets come`() async throws {
        let whole = try await play([Self.letter])
        let single = try await play(Self.letter.map { $0 == "\r\n" ? ["\r", "\n"] : [String($0)] }.flatMap(\.self))
        #expect(single.said == whole.said)
        #expect(single.messages.map(\.content) == whole.messages.map(\.content))
    }

    @Test func `The reply of the queue is passed on, and the session goes on`() async throws {
        let outcome = try await play([Self.letter], Reply(.localError))
        #expect(outcome.said.contains { $0.hasPrefix("451 4.3.0") })
        #expect(outcome.said.last?.hasPrefix("221 2.0.0") == true)
    }

    @Test func `Octets that end within a message submit nothing`() async throws {
        let end = try #require(Self.letter.firstRange(of: "\r\n.\r\n"))
        let outcome = try await play([String(Self.letter[..<end.lowerBound])])
        #expect(outcome.messages.isEmpty)
        #expect(outcome.said.last?.hasPrefix("354") == true)
    }

    @Test func `Several messages come in one session, each with its own content`() async throws {
        let mail = Self.letter.replacing("QUIT\r\n", with: "").replacing("EHLO client.example\r\n", with: "")
        let outcome = try await play([
            "HELO c\r\n" + mail.replacing(" RET=HDRS", with: "").replacing(" NOTIFY=NEVER", with: "")
        ])
        #expect(outcome.messages.count == 1)
        #expect(outcome.messages.first?.isExtended == false)
        let two = try await play(["EHLO c\r\n", mail, mail, "QUIT\r\n"])
        #expect(two.messages.map(\.content.count) == [21, 21])
    }

    @Test func `Neither TLS nor AUTH is offered or taken, and a bare LF ends it`() async throws {
        let outcome = try await play(["EHLO c\r\nSTARTTLS\r\nAUTH PLAIN AAAA\r\nNOOP\nNOOP\r\n"])
        #expect(!outcome.said.contains { $0.contains("STARTTLS") || $0.contains("AUTH") })
        #expect(outcome.said.filter { $0.hasPrefix("502 5.5.1") }.count == 2)
        #expect(outcome.said.last?.hasPrefix("5") == true)
        #expect(!outcome.said.contains { $0.hasPrefix("250 2.0.0") })
    }

    @Test func `A message in chunks is taken too`() async throws {
        let outcome = try await play([
            "EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@example.net>\r\nBDAT 12\r\nSubject: x\r\n", "BDAT 3 LAST\r\n\r\n",
            "x",
        ])
        #expect(outcome.messages.map { String(decoding: $0.content, as: UTF8.self) } == ["Subject: x\r\n\r\nx"])
    }
}

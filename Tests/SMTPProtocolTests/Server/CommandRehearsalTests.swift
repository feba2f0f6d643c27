import SMTPProtocol
import StatusCodes
import Testing

@Suite struct `A rehearsal in a session's place` {
    /// Answers NOOP and BDAT with 554, STARTTLS with 220 and the end; announces one line.
    private final class Player: CommandRehearsal {
        func answer(to command: RehearsedCommand) -> RehearsedAnswer? {
            switch (command.verb, command.argument) {
            case ("NOOP", "please"), ("MAIL", _), ("BDAT", _): .reply(Reply(.noValidRcpt))
            case ("XFORWARD", "NAME=x"): .reply(Reply(.xclientDenied))
            case ("STARTTLS", _): .replyAndClose(Reply(.starttlsReady))
            default: nil
            }
        }

        func capabilities() -> [String] { ["STARTTLS"] }
    }

    private static let now = SessionInstant(nanoseconds: 0)

    private static func session(_ rehearsal: (any CommandRehearsal)?) -> ServerSession {
        var configuration = ServerConfiguration(hostname: "mx.test", role: .mx)
        configuration.rehearsal = rehearsal
        var session = ServerSession(configuration: configuration, isEncrypted: false, at: now)
        _ = session.open(refusal: nil, at: now)
        return session
    }

    /// What a session says to a line, and whether it goes on.
    private static func say(_ line: String, to session: inout ServerSession) -> String {
        let bytes = Array("\(line)\r\n".utf8)
        switch session.received(bytes.span, at: now).action {
        case .reply(let reply): return "\(reply.code)"
        case .replyAndClose(let reply): return "\(reply.code) close"
        case .judgeSender: return "judge"
        case .read: return "read"
        default: return "other"
        }
    }

    @Test func `a rehearsed reply is said and changes nothing`() {
        var session = Self.session(Player())
        #expect(Self.say("NOOP please", to: &session) == "554")
        #expect(session.stateName == .fresh)
        #expect(session.errorCount == 1)
        #expect(Self.say("noop", to: &session) == "250")
        #expect(Self.say("xforward NAME=x", to: &session) == "550")
        #expect(Self.say("EHLO client.test", to: &session) == "250")
        #expect(session.stateName == .ready)
    }

    @Test func `a rehearsed end closes the session`() {
        var session = Self.session(Player())
        #expect(Self.say("STARTTLS", to: &session) == "220 close")
        #expect(session.stateName == .closed)
    }

    @Test func `what the host judges and what is framed is not rehearsed`() {
        var session = Self.session(Player())
        _ = Self.say("EHLO client.test", to: &session)
        // The chunk is passed over before its refusal is said.
        #expect(Self.say("BDAT 4", to: &session) == "read")
        #expect(Self.say("NO", to: &session) == "503")
        #expect(Self.say("MAIL FROM:<me@client.test>", to: &session) == "judge")
    }

    @Test func `nothing is rehearsed where nobody does`() {
        var session = Self.session(nil)
        #expect(Self.say("NOOP please", to: &session) == "250")
        #expect(Self.say("STARTTLS", to: &session) == "502")
    }
}

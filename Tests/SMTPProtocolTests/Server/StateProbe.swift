import MailFormat
import SMTPProtocol
import SMTPTesting
import StatusCodes

/// A session that was led into a state, to see what an event makes of it.
struct StateProbe: ~Copyable {
    private var session: ServerSession
    private var now = SessionInstant.zero

    /// What can happen to a session.
    enum Event: String, CaseIterable {
        case open, turnedAway
        case helo, ehlo, lhlo, mail, rcpt, data, bdat, rset, vrfy, expn, help, noop, quit, startTLS, auth, turn, unknown
        case bareNewline, response, dot
        case accepted, refused, directoryAccepts, directoryRefuses
        case reserved, contentRefused, contentFailed, committed, commitFailed
        case secured, securingFailed, drain, timePassed, peerClosed
    }

    /// What came of an event.
    struct Outcome: Equatable, CustomStringConvertible {
        var action: String
        var state: ServerStateName
        var description: String { "\(action) → \(state)" }
    }

    /// Leads a session into a state.
    init(_ state: ServerStateName) {
        var configuration = ServerConfiguration(
            hostname: "mx.example.net",
            role: .mx,
            tls: .startTLS,
            mechanisms: [.plain, .login],
            mechanismSource: ServerMechanisms(primitives: TestPrimitives(), secret: [1])
        )
        configuration.protectsPasswords = false
        self.session = ServerSession(configuration: configuration, isEncrypted: false, at: .zero)
        for event in Self.way(to: state) { _ = perform(event) }
    }

    var stateName: ServerStateName { session.stateName }
    var isWaitingForAnswer: Bool { session.isWaitingForAnswer }

    private static func way(to state: ServerStateName) -> [Event] {
        let transaction: [Event] = [.open, .ehlo, .mail, .accepted, .rcpt, .accepted]
        return switch state {
        case .unopened: []
        case .unwelcome: [.turnedAway]
        case .fresh: [.open]
        case .ready: [.open, .ehlo]
        case .authenticating: [.open, .ehlo, .auth]
        case .checkingCredentials: [.open, .ehlo, .auth, .response, .response]
        case .securing: [.open, .ehlo, .startTLS]
        case .judgingSender: [.open, .ehlo, .mail]
        case .transaction: transaction
        case .judgingRecipient: [.open, .ehlo, .mail, .accepted, .rcpt]
        case .reservingData: transaction + [.data]
        case .reservingChunk: transaction + [.bdat]
        case .receivingData: transaction + [.data, .reserved]
        case .receivingChunk: transaction + [.bdat, .reserved]
        case .betweenChunks: transaction + [.bdat, .reserved, .response]
        case .committing: transaction + [.data, .reserved, .dot]
        case .closed: [.open, .quit]
        }
    }

    /// Lets an event happen.
    mutating func perform(_ event: Event) -> Outcome {
        let said = action(event)
        return Outcome(action: said, state: session.stateName)
    }

    private mutating func action(_ event: Event) -> String {
        switch event {
        case .open: Self.name(session.open(refusal: nil, at: now))
        case .turnedAway: Self.name(session.open(refusal: Reply(.clientBlocklistedGreeting), at: now))
        case .helo: octets("HELO c.example\r\n")
        case .ehlo: octets("EHLO c.example\r\n")
        case .lhlo: octets("LHLO c.example\r\n")
        case .mail: octets("MAIL FROM:<b@example.org>\r\n")
        case .rcpt: octets("RCPT TO:<a@example.net>\r\n")
        case .data: octets("DATA\r\n")
        // A chunk of six octets, which the response of the next line happens to be.
        case .bdat: octets("BDAT 6\r\n")
        case .rset: octets("RSET\r\n")
        case .vrfy: octets("VRFY a\r\n")
        case .expn: octets("EXPN a\r\n")
        case .help: octets("HELP\r\n")
        case .noop: octets("NOOP\r\n")
        case .quit: octets("QUIT\r\n")
        case .startTLS: octets("STARTTLS\r\n")
        case .auth: octets("AUTH LOGIN\r\n")
        case .turn: octets("TURN\r\n")
        case .unknown: octets("FOO\r\n")
        case .bareNewline: octets("NOOP\n")
        case .response: octets("YWJj\r\n")
        case .dot: octets(".\r\n")
        case .accepted: Self.name(session.judged(.accepted, at: now))
        case .refused: Self.name(session.judged(.refused(Reply(.greylisted)), at: now))
        case .directoryAccepts: Self.name(session.authenticationAnswered(.accepted(account: "a"), at: now))
        case .directoryRefuses:
            Self.name(session.authenticationAnswered(.refused(AuthenticationRefusal(.credentialsInvalid)), at: now))
        case .reserved: Self.name(session.contentReserved(at: now))
        case .contentRefused: Self.name(session.contentRefused(Reply(.diskFull), at: now))
        case .contentFailed: Self.name(session.contentFailed(Reply(.diskFull)))
        case .committed: Self.name(session.committed(Reply(.queued), at: now))
        case .commitFailed: Self.name(session.committed(Reply(.diskFull), at: now))
        case .secured: secured()
        case .securingFailed: Self.name(session.securingFailed(at: now))
        case .drain: Self.name(session.drain())
        case .timePassed: timePassed()
        case .peerClosed: peerClosed()
        }
    }

    private mutating func octets(_ text: String) -> String {
        var input = Array(text.utf8)
        var actions: [String] = []
        while true {
            let step = session.received(input.span, at: now)
            if case .read = step.action, step.used == 0 { break }
            if case .read = step.action {} else { actions.append(Self.name(step.action)) }
            input.removeFirst(step.used)
        }
        if !input.isEmpty { actions.append("keep \(input.count)") }
        return actions.isEmpty ? "read" : actions.joined(separator: ", ")
    }

    private mutating func secured() -> String {
        session.secured(at: now)
        return "read"
    }

    private mutating func peerClosed() -> String {
        session.peerClosed()
        return "read"
    }

    /// Exactly the deadline, where there is one.
    private mutating func timePassed() -> String {
        guard let deadline = session.deadline else { return Self.name(session.timePassed(at: now)) }
        now = deadline
        return Self.name(session.timePassed(at: now))
    }

    private static func name(_ action: ServerAction) -> String {
        switch action {
        case .read: "read"
        case .reply(let reply): text(reply)
        case .replyAndDropContent(let reply): "\(text(reply)) drop"
        case .replyAndClose(let reply): "\(text(reply)) close"
        case .close: "close"
        case .startTLS(let reply): "\(text(reply)) handshake"
        case .judgeSender: "judge sender"
        case .judgeRecipient: "judge recipient"
        case .authenticate: "authenticate"
        case .reserveContent: "reserve"
        case .content(let range): "content \(range.count)"
        case .dropContent: "drop"
        case .commit: "commit"
        }
    }

    private static func text(_ reply: Reply) -> String { "\(reply.code.rawValue) \(reply.condition.id)" }
}

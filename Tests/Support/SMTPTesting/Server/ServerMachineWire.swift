import MailFormat
import SMTPProtocol
import StatusCodes

/// The pure server session behind a fixture: a driver in a few lines, with a clock that only the fixture moves.
package final class ServerMachineWire: DialogueWire {
    private let world: ScriptedWorld
    private var session: ServerSession
    private var now = SessionInstant.zero
    private var input: [UInt8] = []
    private var content: [UInt8] = []
    private var said: [UInt8] = []
    private var isClosed = false
    /// A machine can tell when it has nothing to say.
    package let knowsSilence = true

    /// Opens a session in a scripted world.
    package init(_ world: ScriptedWorld) {
        self.world = world
        let isImplicit = world.configuration.tls == .implicit
        self.session = ServerSession(configuration: world.configuration, isEncrypted: isImplicit, at: .zero)
        if !isImplicit { follow(session.open(refusal: world.greetingRefusal, at: now)) }
    }

    /// Gives octets of the client to the session.
    package func send(_ bytes: [UInt8]) {
        guard !isClosed else { return }
        input += bytes
        run()
    }

    /// What the session said.
    package func receive() -> WireEvent {
        guard said.isEmpty else {
            defer { said = [] }
            return .bytes(said)
        }
        return isClosed ? .closed : .quiet
    }

    /// Moves the clock, and stops at each deadline on the way.
    package func advance(by duration: Duration) {
        let target = now.advanced(by: duration)
        while let deadline = session.deadline, deadline <= target, !isClosed {
            now = max(now, deadline)
            follow(session.timePassed(at: now))
            run()
        }
        now = target
    }

    /// The handshake completes.
    package func secure() {
        if session.stateName == .unopened {
            follow(session.open(refusal: world.greetingRefusal, at: now))
        } else {
            session.secured(at: now)
        }
        run()
    }

    /// The server goes down.
    package func drain() {
        follow(session.drain())
        run()
    }

    /// The client closes.
    package func close() {
        session.peerClosed()
        content = []
        isClosed = true
    }

    /// The session's state, and what the world has.
    package func state() -> [String: String] {
        world.state.merging([
            "state": session.stateName.rawValue,
            "errors": "\(session.errorCount)",
            "commands": "\(session.commandCount)",
            "accepted": "\(session.acceptedCount)",
            "helo": session.clientName,
            "account": session.account ?? "-",
            "buffered": "\(content.count)",
        ]) { $1 }
    }

    private func run() {
        while !isClosed {
            let step = session.received(input.span, at: now)
            if case .read = step.action, step.used == 0 { return }
            follow(step.action)
            input.removeFirst(min(step.used, input.count))
        }
    }

    private func follow(_ first: ServerAction) {
        var next: ServerAction? = first
        while let action = next { next = perform(action) }
    }

    private func perform(_ action: ServerAction) -> ServerAction? {
        switch action {
        case .read: return nil
        case .reply(let reply), .startTLS(let reply):
            if case .startTLS = action, !world.hasCertificate { return session.securingFailed(at: now) }
            reply.render(into: &said)
            return nil
        case .replyAndDropContent(let reply):
            content = []
            reply.render(into: &said)
            return nil
        case .replyAndClose(let reply):
            content = []
            reply.render(into: &said)
            isClosed = true
            return nil
        case .close:
            content = []
            isClosed = true
            return nil
        case .dropContent:
            content = []
            return nil
        case .content(let range):
            for offset in range.offsets { content.append(input[offset]) }
            return nil
        case .judgeSender, .judgeRecipient, .authenticate, .reserveContent, .commit: return ask(action)
        }
    }

    private func ask(_ action: ServerAction) -> ServerAction? {
        switch action {
        case .judgeSender:
            return session.envelope.flatMap(world.judgeSender).map { session.judged($0, at: now) }
        case .judgeRecipient:
            guard let envelope = session.envelope, let recipient = session.recipient else { return nil }
            return world.judge(recipient, of: envelope, account: session.account).map { session.judged($0, at: now) }
        case .authenticate(let question):
            return world.answer(question).map { session.authenticationAnswered($0, at: now) }
        case .reserveContent:
            return world.contentRefusal.map { session.contentRefused($0, at: now) } ?? session.contentReserved(at: now)
        default:
            guard let submission = session.submission else { return nil }
            let whole = content
            content = []
            return world.commit(submission.envelope, whole, account: session.account).map {
                session.committed($0, at: now)
            }
        }
    }
}

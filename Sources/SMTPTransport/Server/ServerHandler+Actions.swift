import NIOCore
import SMTPProtocol
import StatusCodes

// One function performs actions; the others say, ask and close.
extension ServerHandler {
    /// Performs an action and those that follow from it.
    func follow(_ first: ServerAction) {
        var next: ServerAction? = first
        while let action = next { next = perform(action) }
    }

    func perform(_ action: ServerAction) -> ServerAction? {
        switch action {
        case .read: break
        case .reply(let reply): say(reply)
        case .replyAndDropContent(let reply):
            dropContent()
            say(reply)
        case .replyAndClose(let reply):
            dropContent()
            say(reply)
            linger()
        case .close:
            dropContent()
            flush()
            context?.close(promise: nil)
        case .startTLS(let reply): return startTLS(reply)
        case .judgeSender: return judgeSender()
        case .judgeRecipient: return judgeRecipient()
        case .authenticate(let question): return authenticate(question)
        case .reserveContent: return reserveContent()
        case .content(let range): return collect(range)
        case .dropContent: dropContent()
        case .commit: return commit()
        }
        return nil
    }

    func say(_ reply: Reply) {
        reply.render(into: &replies)
        guard let info else { return }
        switch reply.code.severity {
        case .positiveCompletion, .positiveIntermediate: break
        case .transientNegative, .permanentNegative: host.sessionNoted(.refused(reply), session: info)
        }
        if reply.condition == .authOk, let account = session.account {
            host.sessionNoted(.authenticated(account: account), session: currentInfo(info))
        }
    }

    /// Writes what has gathered, in one piece.
    func flush() {
        guard !replies.isEmpty, let context else { return }
        output.clear()
        output.append(replies.span)
        replies.removeAll(keepingCapacity: replies.capacity <= 4096)
        context.writeAndFlush(wrapOutboundOut(output), promise: nil)
    }

    /// Says goodbye so that it is heard: our side is closed first, and what still comes is read and dropped for a while,
    /// since closing on unread octets would reset the connection and destroy the reply on its way.
    func linger() {
        guard let context else { return }
        phase = .lingering(until: context.eventLoop.now + Self.lingering)
        flush()
        input = ByteBuffer()
        let promise = context.eventLoop.makePromise(of: Void.self)
        let channel = NIOLoopBound(context, eventLoop: context.eventLoop)
        promise.futureResult.whenFailure { _ in channel.value.close(promise: nil) }
        context.close(mode: .output, promise: promise)
    }

    /// Where the answer to a new question must go.
    func laterAnswer<Value: SessionAnswer>(_ context: ChannelHandlerContext) -> LaterAnswer<Value> {
        LaterAnswer(NIOLoopBound(self, eventLoop: context.eventLoop), ticket: question.ask())
    }

    var now: SessionInstant { SessionInstant(context?.eventLoop.now ?? .now()) }

    /// What is known of the session now; a new value only when something of it has changed.
    func currentInfo(_ info: SessionInfo) -> SessionInfo {
        let isExtended = session.isExtended
        guard info.helo != session.clientName || info.account != session.account || info.isExtended != isExtended
        else { return info }
        let current = SessionInfo(
            peer: info.peer,
            helo: session.clientName,
            isExtended: isExtended,
            tls: info.tls,
            account: session.account
        )
        self.info = current
        return current
    }

    func judgeSender() -> ServerAction? {
        guard let context, let info, let envelope = session.envelope else { return nil }
        let later: LaterAnswer<Verdict> = laterAnswer(context)
        let asked = MailQuestion(session: currentInfo(info), envelope: envelope, declaredSize: session.declaredSize)
        return host.mailVerdict(asked, later: later).map { verdict in
            question.answered()
            return session.judged(verdict, at: now)
        }
    }

    func judgeRecipient() -> ServerAction? {
        guard let context, let info, let envelope = session.envelope, let recipient = session.recipient else {
            return nil
        }
        let later: LaterAnswer<Verdict> = laterAnswer(context)
        let asked = RecipientQuestion(session: info, envelope: envelope, recipient: recipient)
        return host.recipientVerdict(asked, later: later).map { verdict in
            question.answered()
            return session.judged(verdict, at: now)
        }
    }

    func authenticate(_ asked: AuthenticationQuestion) -> ServerAction? {
        guard let context, let info else { return nil }
        let later: LaterAnswer<AuthenticationAnswer> = laterAnswer(context)
        return host.authenticate(asked, session: currentInfo(info), later: later).map { answer in
            question.answered()
            return session.authenticationAnswered(answer, at: now)
        }
    }

    /// Takes an answer, if it is the one that is waited for.
    private func take(_ answer: SessionReply, _ ticket: UInt64) {
        guard question.awaits(ticket) else { return }
        guard !isProcessing else { return question.keep(answer) }
        question.answered()
        work { apply(answer) }
    }

    /// Gives an answer to the session and performs what follows.
    func apply(_ answer: SessionReply) {
        switch answer {
        case .verdict(let verdict): follow(session.judged(verdict, at: now))
        case .authentication(let answer): follow(session.authenticationAnswered(answer, at: now))
        case .reply(let reply): follow(session.committed(reply, at: now))
        case .progress(.ready): sinkIsReady()
        case .progress(.failed(let reply)): sinkHasFailed(reply)
        case .outcome(.stored(let stored)): submit(stored, reserved: 0)
        case .outcome(.failed(let reply)): sinkHasFailed(reply)
        }
    }

    func answered(_ verdict: Verdict, ticket: UInt64) { take(.verdict(verdict), ticket) }
    func answered(_ answer: AuthenticationAnswer, ticket: UInt64) { take(.authentication(answer), ticket) }
    func answered(_ reply: Reply, ticket: UInt64) { take(.reply(reply), ticket) }
    func answered(_ progress: SinkProgress, ticket: UInt64) { take(.progress(progress), ticket) }
    func answered(_ outcome: SinkOutcome, ticket: UInt64) { take(.outcome(outcome), ticket) }
}

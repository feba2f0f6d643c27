import Delivery
import MailFormat
package import NIOCore
import NIOSSL
import NIOTLS
import SMTPProtocol
import StatusCodes

/// Drives one server session on its connection's event loop: translation only, the machine decides.
///
/// One write per read: replies gather in a buffer and leave together, also those to commands that were pipelined behind
/// a commit. While the session waits for an answer, or the client does not read, nothing is read from it. There is one
/// timer, which is set anew when it fires early.
package final class ServerHandler: ChannelDuplexHandler {
    /// What comes in.
    package typealias InboundIn = ByteBuffer
    /// What goes out, of any kind: the handler only watches it pass.
    package typealias OutboundIn = ByteBuffer
    /// What goes out.
    package typealias OutboundOut = ByteBuffer

    /// How long a client may take to hear the last reply and close, before it is cut off.
    static let lingering: TimeAmount = .seconds(5)

    private let listener: ServerListener
    private let host: any SessionHost
    private var session: ServerSession
    private var phase = Phase.unopened
    private var context: ChannelHandlerContext?
    private var info: SessionInfo?
    private var input = ByteBuffer()
    private var replies: [UInt8] = []
    private var output = ByteBuffer()
    private var content: ContentCollector?
    private var question = Question()
    private var isProcessing = false
    private var isReadWanted = false
    private var isPeerReading = true
    private var timer: (scheduled: Scheduled<Void>, at: NIODeadline)?
    private var proxiedAddress: SocketAddress?

    /// How far the connection is.
    private enum Phase {
        /// Not active yet, or waiting for the PROXY header.
        case unopened
        /// TLS comes first, or after STARTTLS.
        case handshaking(until: NIODeadline)
        /// The session runs.
        case running
        /// The last reply is out; what still comes is dropped.
        case lingering(until: NIODeadline)
        case closed
    }

    /// The question that the host was asked last.
    private struct Question {
        /// Its number; answers to older ones are dropped.
        var ticket: UInt64 = 0
        /// Whether an answer is awaited.
        var isOpen = false
        /// An answer that came while the question was still being asked.
        var earlyAnswer: Answer?
        /// When a sink has had too long; the session itself waits for everybody else.
        var sinkDeadline: NIODeadline?
    }

    private enum Answer {
        case verdict(Verdict)
        case authentication(AuthenticationAnswer)
        case reply(Reply)
        case progress(SinkProgress)
        case outcome(SinkOutcome)
    }

    /// Makes the handler of one connection.
    package init(listener: ServerListener, host: any SessionHost, on eventLoop: any EventLoop) {
        self.listener = listener
        self.host = host
        self.session = ServerSession(
            configuration: listener.configuration,
            isEncrypted: listener.configuration.tls == .implicit,
            at: SessionInstant(eventLoop.now)
        )
    }

    // MARK: Channel events

    /// The handler is in the pipeline, perhaps of a channel that is active already.
    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { opened(context) }
    }

    /// The handler is gone.
    package func handlerRemoved(context: ChannelHandlerContext) {
        ended()
        self.context = nil
    }

    /// The connection is open.
    package func channelActive(context: ChannelHandlerContext) {
        opened(context)
        context.fireChannelActive()
    }

    /// Octets came.
    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .running = phase else { return }
        var bytes = unwrapInboundIn(data)
        if input.readableBytes == 0 {
            input = bytes
        } else {
            input.writeBuffer(&bytes)
        }
    }

    /// One read is complete: its commands are answered together.
    package func channelReadComplete(context: ChannelHandlerContext) {
        process()
        context.fireChannelReadComplete()
    }

    /// Somebody wants to read; it happens when the session does, too.
    package func read(context: ChannelHandlerContext) {
        if wantsInput {
            context.read()
        } else {
            isReadWanted = true
        }
    }

    /// The client reads, or has stopped reading, what we say.
    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        isPeerReading = context.channel.isWritable
        readIfWanted()
        context.fireChannelWritabilityChanged()
    }

    /// The connection is gone.
    package func channelInactive(context: ChannelHandlerContext) {
        ended()
        context.fireChannelInactive()
    }

    /// TLS is up, the PROXY header was read, or the server is going down.
    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case TLSUserEvent.handshakeCompleted: secured(context)
        case let proxied as ProxiedPeer:
            proxiedAddress = proxied.address
            begin(context)
        case is DrainSession: drain()
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// The connection broke, or TLS did not come up.
    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let info {
            if case .handshaking = phase {
                host.sessionNoted(.handshakeFailed("\(error)"), session: info)
            } else {
                host.sessionNoted(.connectionLost("\(error)"), session: info)
            }
        }
        context.close(promise: nil)
    }

    // MARK: Beginning

    private func opened(_ context: ChannelHandlerContext) {
        guard case .unopened = phase, info == nil, !listener.expectsProxyHeader else { return }
        begin(context)
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard case .unopened = phase, info == nil else { return }
        let peer = PeerInfo(listener, proxiedAddress ?? context.remoteAddress, context.eventLoop)
        info = SessionInfo(peer: peer, helo: "", isExtended: false, tls: nil, account: nil)
        let refusal = host.sessionOpened(peer)
        guard listener.configuration.tls == .implicit else { return greet(refusal) }
        // A client that is turned away is not worth a handshake, and cannot be told anything before it.
        guard refusal == nil else { return context.close(promise: nil) }
        phase = .handshaking(until: context.eventLoop.now + TimeAmount(listener.configuration.limits.handshakeTimeout))
        schedule()
    }

    private func greet(_ refusal: Reply?) {
        guard let context else { return }
        phase = .running
        isProcessing = true
        follow(session.open(refusal: refusal, at: SessionInstant(context.eventLoop.now)))
        isProcessing = false
        process()
    }

    // MARK: Reading

    private var wantsInput: Bool {
        switch phase {
        case .unopened, .handshaking, .lingering, .closed: true
        case .running: !question.isOpen && isPeerReading
        }
    }

    private func readIfWanted() {
        guard isReadWanted, wantsInput, let context else { return }
        isReadWanted = false
        context.read()
    }

    /// Works off the input as far as the session goes, writes once, and looks at the clock.
    private func process() {
        guard !isProcessing, let context else { return }
        isProcessing = true
        let now = SessionInstant(context.eventLoop.now)
        while case .running = phase {
            if let answer = question.earlyAnswer {
                question.earlyAnswer = nil
                apply(answer)
            } else if question.isOpen || !advance(now) {
                break
            }
        }
        isProcessing = false
        tidyInput()
        flush()
        beginHandshakeIfDue()
        schedule()
        readIfWanted()
    }

    /// One step over the input; false when there is nothing to do but wait.
    private func advance(_ now: SessionInstant) -> Bool {
        let step = session.received(input.readableBytesUInt8Span, at: now)
        if case .read = step.action, step.used == 0 {
            guard content?.hasChunk == true else { return false }
            feedSink()
            return true
        }
        follow(step.action)
        // An action that ended the connection took its input along.
        guard input.readableBytes >= step.used else { return false }
        input.moveReaderIndex(forwardBy: step.used)
        return true
    }

    /// A buffer that is used up is let go: the next read brings its own.
    private func tidyInput() {
        if input.readableBytes == 0 { input = ByteBuffer() }
    }

    // MARK: Actions

    /// Performs an action and those that follow from it.
    private func follow(_ first: ServerAction) {
        var next: ServerAction? = first
        while let action = next { next = perform(action) }
    }

    private func perform(_ action: ServerAction) -> ServerAction? {
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

    private func say(_ reply: Reply) {
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
    private func flush() {
        guard !replies.isEmpty, let context else { return }
        output.clear()
        output.append(replies.span)
        replies.removeAll(keepingCapacity: replies.capacity <= 4096)
        context.writeAndFlush(wrapOutboundOut(output), promise: nil)
    }

    /// Says goodbye so that it is heard: our side is closed first, and what still comes is read and dropped for a while,
    /// since closing on unread octets would reset the connection and destroy the reply on its way.
    private func linger() {
        guard let context else { return }
        phase = .lingering(until: context.eventLoop.now + Self.lingering)
        flush()
        input = ByteBuffer()
        let promise = context.eventLoop.makePromise(of: Void.self)
        let channel = NIOLoopBound(context, eventLoop: context.eventLoop)
        promise.futureResult.whenFailure { _ in channel.value.close(promise: nil) }
        context.close(mode: .output, promise: promise)
    }

    // MARK: TLS

    private func startTLS(_ reply: Reply) -> ServerAction? {
        guard listener.tls != nil else { return session.securingFailed(at: now) }
        say(reply)
        return nil
    }

    /// After the 220 is out and the session has seen that nothing lies behind STARTTLS.
    private func beginHandshakeIfDue() {
        guard session.stateName == .securing, case .running = phase, let context, let tls = listener.tls else { return }
        phase = .handshaking(until: context.eventLoop.now + TimeAmount(listener.configuration.limits.handshakeTimeout))
        do {
            try context.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls), position: .first)
        } catch {
            errorCaught(context: context, error: error)
        }
    }

    private func secured(_ context: ChannelHandlerContext) {
        guard case .handshaking = phase, let info else { return }
        let handler = try? context.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self)
        let facts = TLSFacts(version: handler?.tlsVersion.map(Self.name) ?? "TLS")
        self.info = SessionInfo(peer: info.peer, helo: "", isExtended: false, tls: facts, account: nil)
        host.sessionNoted(.secured(facts), session: info)
        guard session.stateName == .unopened else {
            session.secured(at: SessionInstant(context.eventLoop.now))
            phase = .running
            return process()
        }
        greet(nil)
    }

    private static func name(_ version: TLSVersion) -> String {
        switch version {
        case .tlsv13: "TLSv1.3"
        case .tlsv12: "TLSv1.2"
        case .tlsv11: "TLSv1.1"
        case .tlsv1: "TLSv1.0"
        }
    }

    // MARK: Questions

    private func laterAnswer<Value: SessionAnswer>(_ context: ChannelHandlerContext) -> LaterAnswer<Value> {
        question.ticket &+= 1
        question.isOpen = true
        question.earlyAnswer = nil
        return LaterAnswer(NIOLoopBound(self, eventLoop: context.eventLoop), ticket: question.ticket)
    }

    private var now: SessionInstant { SessionInstant(context?.eventLoop.now ?? .now()) }

    /// What is known of the session now; a new value only when something of it has changed.
    private func currentInfo(_ info: SessionInfo) -> SessionInfo {
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

    private func judgeSender() -> ServerAction? {
        guard let context, let info, let envelope = session.envelope else { return nil }
        let later: LaterAnswer<Verdict> = laterAnswer(context)
        let asked = MailQuestion(session: currentInfo(info), envelope: envelope, declaredSize: session.declaredSize)
        return host.mailVerdict(asked, later: later).map { verdict in
            question.isOpen = false
            return session.judged(verdict, at: now)
        }
    }

    private func judgeRecipient() -> ServerAction? {
        guard let context, let info, let envelope = session.envelope, let recipient = session.recipient else {
            return nil
        }
        let later: LaterAnswer<Verdict> = laterAnswer(context)
        let asked = RecipientQuestion(session: info, envelope: envelope, recipient: recipient)
        return host.recipientVerdict(asked, later: later).map { verdict in
            question.isOpen = false
            return session.judged(verdict, at: now)
        }
    }

    private func authenticate(_ asked: AuthenticationQuestion) -> ServerAction? {
        guard let context, let info else { return nil }
        let later: LaterAnswer<AuthenticationAnswer> = laterAnswer(context)
        return host.authenticate(asked, session: currentInfo(info), later: later).map { answer in
            question.isOpen = false
            return session.authenticationAnswered(answer, at: now)
        }
    }

    /// Takes an answer, if it is the one that is waited for.
    private func take(_ answer: Answer, _ ticket: UInt64) {
        guard question.isOpen, ticket == question.ticket else { return }
        guard !isProcessing else {
            question.earlyAnswer = answer
            question.isOpen = false
            return
        }
        question.isOpen = false
        isProcessing = true
        apply(answer)
        isProcessing = false
        process()
    }

    private func apply(_ answer: Answer) {
        question.sinkDeadline = nil
        switch answer {
        case .verdict(let verdict): follow(session.judged(verdict, at: now))
        case .authentication(let answer): follow(session.authenticationAnswered(answer, at: now))
        case .reply(let reply): follow(session.committed(reply, at: now))
        case .progress(.ready): sinkIsReady()
        case .progress(.failed(let reply)): sinkHasFailed(reply)
        case .outcome(.stored(let stored)): submit(stored, reserved: 0)
        case .outcome(.failed(let reply)):
            dropContent()
            follow(session.committed(reply, at: now))
        }
    }

    func answered(_ verdict: Verdict, ticket: UInt64) { take(.verdict(verdict), ticket) }
    func answered(_ answer: AuthenticationAnswer, ticket: UInt64) { take(.authentication(answer), ticket) }
    func answered(_ reply: Reply, ticket: UInt64) { take(.reply(reply), ticket) }
    func answered(_ progress: SinkProgress, ticket: UInt64) { take(.progress(progress), ticket) }
    func answered(_ outcome: SinkOutcome, ticket: UInt64) { take(.outcome(outcome), ticket) }

    // MARK: Content

    private func reserveContent() -> ServerAction? {
        guard let context, let info else { return nil }
        let size = ContentCollector.reservation(declaredSize: session.declaredSize ?? session.chunkSize)
        switch host.reserveContent(bytes: size, session: info) {
        case .refused(let reply): return session.contentRefused(reply, at: now)
        case .granted(let id):
            content = ContentCollector(
                id: id,
                reserved: size,
                trace: trace(id, info),
                allocator: context.channel.allocator
            )
            return session.contentReserved(at: now)
        }
    }

    private func trace(_ id: MessageID, _ info: SessionInfo) -> [UInt8] {
        var transmission: ReceivedField.Transmission = info.isExtended ? .extended : []
        if info.tls != nil { transmission.insert(.encrypted) }
        if info.account != nil { transmission.insert(.authenticated) }
        if session.envelope?.smtpUTF8 == true { transmission.insert(.internationalized) }
        let field = ReceivedField(
            clientName: info.helo,
            clientAddress: info.peer.address == nil ? "" : info.peer.addressText,
            hostname: listener.configuration.hostname,
            transmission: transmission,
            id: id.description,
            date: listener.wallClock()
        )
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256)
        field.append(to: &bytes)
        return bytes
    }

    private func collect(_ range: ByteRange) -> ServerAction? {
        guard content != nil else { return nil }
        let shortage = content?.shortage(for: range.count) ?? 0
        if shortage > 0 {
            if let refusal = host.extendReservation(bytes: shortage) { return session.contentFailed(refusal) }
            content?.granted(shortage)
        }
        content?.append(input.readableBytesUInt8Span.extracting(range.offsets))
        return content?.mustSpill == true ? spill() : nil
    }

    /// Memory is full: the host's sink gets what there is, and everything from now on.
    private func spill() -> ServerAction? {
        guard let id = content?.id, let info else { return nil }
        if let refusal = fixUp(needsWholeHeader: true) { return session.contentFailed(refusal) }
        content?.spill(to: host.contentSink(for: id, session: info))
        return nil
    }

    /// Gives the sink what has gathered, and waits where it says so.
    private func feedSink() {
        guard let context, let sink = content?.sink, let chunk = content?.takeChunk(context.channel.allocator) else {
            return
        }
        let later: LaterAnswer<SinkProgress> = laterAnswer(context)
        question.sinkDeadline = context.eventLoop.now + TimeAmount(listener.configuration.limits.commitTimeout)
        guard let progress = sink.append(chunk, later: later) else { return }
        question.isOpen = false
        apply(.progress(progress))
    }

    private func sinkIsReady() {
        session.contentResumed(at: now)
        if content?.isComplete == true { finishSink() }
    }

    private func sinkHasFailed(_ reply: Reply) {
        guard content?.isComplete == true else { return follow(session.contentFailed(reply)) }
        dropContent()
        follow(session.committed(reply, at: now))
    }

    private func finishSink() {
        guard let context, let sink = content?.sink else { return }
        let later: LaterAnswer<SinkOutcome> = laterAnswer(context)
        question.sinkDeadline = context.eventLoop.now + TimeAmount(listener.configuration.limits.commitTimeout)
        sink.finish(later: later)
    }

    private func dropContent() {
        guard let dropped = content.take() else { return }
        dropped.sink?.abort()
        if dropped.reserved > 0 { host.releaseReservation(bytes: dropped.reserved) }
    }

    /// The message is complete: the sink makes it durable first, where there is one.
    private func commit() -> ServerAction? {
        guard content != nil else { return session.committed(Reply(.localError), at: now) }
        content?.isComplete = true
        guard content?.sink == nil else {
            feedSink()
            return nil
        }
        if let refusal = fixUp(needsWholeHeader: false) {
            dropContent()
            return session.committed(refusal, at: now)
        }
        guard let buffer = content?.buffer, let reserved = content?.reserved else { return nil }
        submit(BufferContent(buffer), reserved: reserved)
        return nil
    }

    private func submit(_ stored: any MessageContent, reserved: Int) {
        guard let context, let info, let collected = content.take(), let submission = session.submission else { return }
        // A sink's content holds no memory any more.
        if reserved == 0, collected.reserved > 0 { host.releaseReservation(bytes: collected.reserved) }
        let later: LaterAnswer<Reply> = laterAnswer(context)
        host.submit(
            ReceivedMessage(
                id: collected.id,
                envelope: submission.envelope,
                content: stored,
                reservedBytes: reserved,
                session: info,
                facts: submission.facts
            ),
            later: later
        )
    }

    /// Submission only: adds missing fields, or refuses the header (RFC 6409 §6.3, §8).
    private func fixUp(needsWholeHeader: Bool) -> Reply? {
        guard listener.configuration.role == .submission, let context, let id = content?.id,
            let start = content?.headerStart
        else { return nil }
        let fixUp = SubmissionFixUp(
            hostname: listener.configuration.hostname,
            id: id.description,
            date: listener.wallClock(),
            sender: listener.configuration.addsSender ? session.account : nil
        )
        let bytes = content?.buffer ?? ByteBuffer()
        switch fixUp.examine(bytes.readableBytesUInt8Span, from: start, needsWholeHeader: needsWholeHeader) {
        case .refuse(let reply): return reply
        case .prepend(let lines):
            content?.insert(lines, context.channel.allocator)
            return nil
        }
    }

    // MARK: Time

    private func schedule() {
        guard let context, let due = nextDeadline() else { return }
        if let timer, timer.at <= due { return }
        timer?.scheduled.cancel()
        let session = NIOLoopBound(self, eventLoop: context.eventLoop)
        timer = (context.eventLoop.scheduleTask(deadline: due) { session.value.timerFired() }, due)
    }

    private func nextDeadline() -> NIODeadline? {
        switch phase {
        case .unopened, .closed: nil
        case .handshaking(let until), .lingering(let until): until
        case .running: question.sinkDeadline ?? session.deadline.map(NIODeadline.init)
        }
    }

    private func timerFired() {
        timer = nil
        guard let context, let due = nextDeadline(), context.eventLoop.now >= due else { return schedule() }
        switch phase {
        case .unopened, .closed: break
        case .handshaking, .lingering: context.close(promise: nil)
        case .running: waitedTooLong()
        }
    }

    private func waitedTooLong() {
        isProcessing = true
        if question.sinkDeadline != nil {
            question = Question(ticket: question.ticket &+ 1)
            sinkHasFailed(Reply(.localError))
        } else {
            let action = session.timePassed(at: now)
            // Whoever was asked has had his time: his answer would find another question, or none.
            switch session.stateName {
            case .judgingSender, .judgingRecipient, .checkingCredentials, .committing: break
            case .unopened, .unwelcome, .fresh, .ready, .authenticating, .securing, .transaction, .reservingData,
                .reservingChunk, .receivingData, .receivingChunk, .betweenChunks, .closed:
                question = Question(ticket: question.ticket &+ 1)
            }
            follow(action)
        }
        isProcessing = false
        process()
    }

    // MARK: Ending

    private func drain() {
        guard case .running = phase else {
            // Nobody was greeted yet, or is being seen off already.
            if case .handshaking = phase { context?.close(promise: nil) }
            return
        }
        follow(session.drain())
        process()
    }

    private func ended() {
        if case .closed = phase { return }
        phase = .closed
        timer?.scheduled.cancel()
        timer = nil
        question = Question(ticket: question.ticket &+ 1)
        dropContent()
        session.peerClosed()
        input = ByteBuffer()
        guard let info else { return }
        let summary = SessionSummary(
            commandCount: session.commandCount,
            errorCount: session.errorCount,
            acceptedCount: session.acceptedCount
        )
        host.sessionClosed(currentInfo(info), summary: summary)
    }
}

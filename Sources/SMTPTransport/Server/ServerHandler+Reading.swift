import NIOCore
import SMTPProtocol
import StatusCodes

// From the first octet to the last: opening, reading, going down.
extension ServerHandler {
    /// The connection is open; with a PROXY header to come it is not known yet whose.
    func opened(_ context: ChannelHandlerContext) {
        guard case .unopened = phase, info == nil, listener.proxies.isEmpty else { return }
        begin(context)
    }

    /// Asks the host whether the client may come in, and greets it or begins TLS.
    func begin(_ context: ChannelHandlerContext) {
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

    /// Says the greeting, or the refusal in its place.
    func greet(_ refusal: Reply?) {
        phase = .running
        work { follow(session.open(refusal: refusal, at: now)) }
    }

    /// Whether the session can do anything with more octets.
    var wantsInput: Bool {
        switch phase {
        case .unopened, .handshaking, .lingering, .closed: true
        case .running: !question.isOpen && isPeerReading
        }
    }

    /// Reads if somebody wanted to while we would not.
    func readIfWanted() {
        guard isReadWanted, wantsInput, let context else { return }
        isReadWanted = false
        context.read()
    }

    /// Works off the input as far as the session goes, writes once, and looks at the clock.
    func process() { work {} }

    /// Does something first, then works off the input.
    func work(_ first: () -> Void) {
        guard !isProcessing, let context else { return }
        isProcessing = true
        first()
        let now = SessionInstant(context.eventLoop.now)
        while case .running = phase {
            if let answer = question.takeEarly() {
                apply(answer)
            } else if question.isOpen || !advance(now) {
                break
            }
        }
        isProcessing = false
        // A buffer that is used up is let go: the next read brings its own.
        if input.readableBytes == 0 { input = ByteBuffer() }
        flush()
        beginHandshakeIfDue()
        schedule()
        readIfWanted()
    }

    /// One step over the input; false when there is nothing to do but wait.
    func advance(_ now: SessionInstant) -> Bool {
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

    /// The server goes down.
    func drain() {
        guard case .running = phase else {
            // Nobody was greeted yet, or is being seen off already.
            if case .handshaking = phase { context?.close(promise: nil) }
            return
        }
        work { follow(session.drain()) }
    }

    /// The connection is gone, or the handler is: whatever was held is given back.
    func ended() {
        if case .closed = phase { return }
        phase = .closed
        timer?.scheduled.cancel()
        timer = nil
        question.withdraw()
        dropContent()
        input = ByteBuffer()
        let summary = SessionSummary(
            commandCount: session.commandCount,
            errorCount: session.errorCount,
            acceptedCount: session.acceptedCount
        )
        if let info { host.sessionClosed(currentInfo(info), summary: summary) }
        session.peerClosed()
    }
}

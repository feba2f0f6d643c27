import Delivery
import NIOCore
import NIOPosix
import NIOSSL
import SMTPProtocol

/// Moves octets between a channel and a client session, and performs what the session asks for.
///
/// Everything happens on one event loop. `handle` is the only way in: it runs the session's actions to their end, then
/// writes once and looks at the clock once.
final class ClientDriver {
    private struct Job {
        let content: any MessageContent
        let completion: (TransactionReport) -> Void
    }

    let configuration: ClientConnection.Configuration
    let eventLoop: any EventLoop
    /// Kept until the end, so that a connection lives as long as its channel.
    var owner: ClientConnection?
    private(set) var session: ClientSession
    private(set) var channel: (any Channel)?
    private var received = ByteBuffer()
    private var outgoing = ByteBuffer()
    /// The transactions in hand, in their order; never more than two.
    private var jobs: [Job] = []
    private var flow: ContentFlow?
    private var isHandling = false
    private var isClosed = false
    /// Octets that the peer has said so far.
    private(set) var receivedOctetCount = 0
    private var watch: ClientWatch

    init(_ configuration: ClientConnection.Configuration, on eventLoop: any EventLoop) {
        var settings = configuration.settings
        if configuration.tls == nil, settings.tls == .opportunistic { settings.tls = .never }
        self.configuration = configuration
        self.eventLoop = eventLoop
        self.session = ClientSession(settings)
        self.watch = ClientWatch(
            now: eventLoop.now,
            idleTimeout: configuration.idleTimeout,
            keepAlive: configuration.keepAlive
        )
    }

    // MARK: The owner

    func send(
        _ transaction: ClientTransaction,
        _ content: any MessageContent,
        _ completion: @escaping (TransactionReport) -> Void
    ) {
        precondition(transaction.content.byteCount == content.byteCount, "BDAT and SIZE promise what is sent")
        if session.isIdle { watch.touch(eventLoop.now) }
        session.submit(transaction)
        jobs.append(Job(content: content, completion: completion))
        // From within a callback: the loop that called it goes on with `proceed` anyway.
        if !isHandling { handle { $0.proceed() } }
    }

    func close() { handle { $0.close() } }

    func abort() { handle { $0.lost(.aborted) } }

    // MARK: The channel

    func opened(_ channel: any Channel) {
        self.channel = channel
        watch.touch(eventLoop.now)
        settle()
    }

    func unreachable(_ error: any Error) {
        handle { $0.lost(.unreachable(isLocal: error.isLocalTrouble, String(describing: error))) }
        ended()
    }

    func read(_ buffer: inout ByteBuffer) {
        receivedOctetCount += buffer.readableBytes
        if received.readableBytes == 0 { received = buffer } else { received.writeBuffer(&buffer) }
        while received.readableBytes > 0, !isClosed {
            let step = session.received(received.readableBytesUInt8Span)
            guard step.consumed > 0 || step.action != .wait else { break }
            received.moveReaderIndex(forwardBy: step.consumed)
            // Only whole replies are progress: a peer that sends an octet a minute is not waited for.
            watch.touch(eventLoop.now)
            perform(step.action)
        }
        if received.readableBytes == 0 { received = ByteBuffer() }
        settle()
    }

    func handshakeCompleted() {
        watch.touch(eventLoop.now)
        handle { $0.tlsEstablished() }
    }

    func failed(_ error: any Error) {
        let loss = error.clientLoss
        handle { $0.lost(loss) }
    }

    func inactive() {
        handle { $0.lost(.closed("")) }
        ended()
    }

    private func ended() {
        isClosed = true
        watch.stop()
        channel = nil
        guard let owner else { return }
        self.owner = nil
        let onEnd = owner.onEnd
        owner.onEnd = nil
        owner.onReady = nil
        onEnd?(owner, session.failure)
    }

    // MARK: Actions

    private func handle(_ event: (inout ClientSession) -> ClientAction) {
        let action = event(&session)
        perform(action)
        settle()
    }

    /// Runs actions to their end; the only place where they are performed.
    private func perform(_ first: ClientAction) {
        let isOutermost = !isHandling
        isHandling = true
        defer { if isOutermost { isHandling = false } }
        var action = first
        while true {
            collectOutput()
            switch action {
            case .wait: return
            case .established:
                if let owner { owner.onReady?(owner) }
                action = session.proceed()
            case .finished:
                deliverReports()
                action = session.proceed()
            case .sendContent(let form):
                guard let next = startContent(form) else { return }
                action = next
            case .startTLS:
                guard let next = startTLS() else { return }
                action = next
            case .derive(let derivation): return derive(derivation)
            case .close:
                deliverReports()
                return closeChannel()
            }
        }
    }

    private func collectOutput() {
        session.drainOutput { outgoing.append($0) }
    }

    private func deliverReports() {
        while let report = session.takeReport() {
            flow = nil
            jobs.removeFirst().completion(report)
        }
    }

    private func closeChannel() {
        isClosed = true
        flow = nil
        flush()
        channel?.close(promise: nil)
    }

    /// What every event ends with: one write, one look at the clock.
    private func settle() {
        guard !isHandling else { return }
        flush()
        guard !isClosed, channel != nil else { return }
        watch.await(session.patience, isUnused: session.isIdle, on: eventLoop) { [self] in ticked() }
    }

    private func ticked() {
        switch watch.verdict(session.patience, now: eventLoop.now) {
        case .wait: settle()
        case .overdue: handle { $0.lost(.timedOut) }
        case .unused: handle { $0.close() }
        case .probe: handle { $0.probe() }
        }
    }

    private func flush(_ promise: EventLoopPromise<Void>? = nil) {
        guard outgoing.readableBytes > 0, let channel else {
            promise?.succeed()
            return
        }
        // Taken out first: a write that fails or ends at once calls back into this driver, which may write again.
        var written = ByteBuffer()
        swap(&written, &outgoing)
        channel.writeAndFlush(written, promise: promise)
        // A large buffer is given back; a small one is used again, without allocation when it has been written already.
        if outgoing.readableBytes == 0, written.capacity <= Self.keptCapacity {
            written.clear()
            outgoing = written
        }
    }

    private static let keptCapacity = 16_384

    // MARK: Content

    private func startContent(_ form: ContentForm) -> ClientAction? {
        flow = ContentFlow(jobs[0].content, form)
        return pump()
    }

    /// Writes content until it ends, fails, or has to be waited for; the session's next action, nil in the last case.
    private func pump() -> ClientAction? {
        guard var flow else { return nil }
        self.flow = nil
        while !flow.isAtEnd {
            guard flow.isResident else {
                self.flow = flow
                readSlice(flow)
                return nil
            }
            if let loss = flow.writeResidentSlice(into: &outgoing) { return broken(loss) }
            if !flow.isAtEnd {
                self.flow = flow
                flushAndGoOn()
                return nil
            }
        }
        if let loss = flow.writeEnd(into: &outgoing) { return broken(loss) }
        return session.contentSent()
    }

    /// What was not written of the content stays unwritten.
    private func broken(_ loss: ClientLoss) -> ClientAction {
        outgoing.clear()
        return session.lost(loss)
    }

    /// The next slice is made when this one has gone: back-pressure.
    private func flushAndGoOn() {
        let promise = eventLoop.makePromise(of: Void.self)
        // In a turn of its own: a socket with room writes at once, and slice upon slice would pile up on the stack.
        promise.futureResult.assumeIsolated().whenSuccess { [self] in
            eventLoop.assumeIsolated().execute { [self] in goOn() }
        }
        flush(promise)
    }

    private func goOn() {
        guard flow != nil else { return }
        watch.touch(eventLoop.now)
        if let action = pump() { perform(action) }
        settle()
    }

    private func readSlice(_ flow: ContentFlow) {
        let content = flow.content
        let range = flow.nextRange
        configuration.readPool
            .runIfActive(eventLoop: eventLoop) { ContentFlow.read(content, range) }
            .assumeIsolated()
            .whenComplete { [self] in sliceRead($0) }
    }

    private func sliceRead(_ result: Result<Result<ByteBuffer, ContentError>, any Error>) {
        guard var flow else { return }
        self.flow = nil
        let loss: ClientLoss?
        switch result {
        case .success(.success(let slice)): loss = flow.write(slice, into: &outgoing)
        case .success(.failure(let error)): loss = .unreadable(String(describing: error))
        case .failure(let error): loss = .unreadable(String(describing: error))
        }
        if let loss {
            perform(broken(loss))
            settle()
            return
        }
        self.flow = flow
        if flow.isAtEnd { goOn() } else { flushAndGoOn() }
    }

    // MARK: TLS and authentication

    /// Puts TLS in front; the handshake begins at once.
    private func startTLS() -> ClientAction? {
        do {
            guard let channel, let handler = try tlsHandler() else {
                return session.lost(.handshakeFailed(isMismatch: false, "TLS is not set up"))
            }
            try channel.pipeline.syncOperations.addHandler(handler, position: .first)
            return nil
        } catch {
            return session.lost(.handshakeFailed(isMismatch: false, String(describing: error)))
        }
    }

    func tlsHandler() throws -> NIOSSLClientHandler? {
        guard let context = configuration.tls else { return nil }
        return try NIOSSLClientHandler(context: context, serverHostname: configuration.tlsServerName)
    }

    private func derive(_ derivation: SCRAMDerivation) {
        guard let primitives = configuration.settings.login?.primitives else { return }
        configuration.readPool
            .runIfActive(eventLoop: eventLoop) { derivation.run(primitives) }
            .assumeIsolated()
            .whenComplete { [self] result in
                switch result {
                case .success(let salted): handle { $0.derived(salted) }
                case .failure: handle { $0.lost(.aborted) }
                }
            }
    }
}

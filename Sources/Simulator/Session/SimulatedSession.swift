import Delivery
import NIOConcurrencyHelpers
import NIOCore
import SMTPProtocol
import SMTPTransport
import StatusCodes

/// One session of the simulator: answers each recipient as its local part asks, and commands as their words ask.
///
/// It belongs to one connection and is called on that connection's loop.
final class SimulatedSession: SessionHost {
    private struct State {
        /// What the name in EHLO asked for.
        var hello: StagedReply?
        /// What the recipients of the transaction ask for behind RCPT; of several the first counts.
        var asked: [Stage: Reply] = [:]
        var dropsAtDot = false
        /// The wait of `slow-Ns`.
        var wait: Scheduled<Void>?
    }

    private let state = NIOLockedValueBox(State())
    private let desk: SimulatorDesk
    private let faults: NIOLoopBound<FaultInjector>
    private let greeting: Reply?

    init(_ desk: SimulatorDesk, faults: NIOLoopBound<FaultInjector>, greeting: Reply?) {
        self.desk = desk
        self.faults = faults
        self.greeting = greeting
    }

    func sessionOpened(_ peer: PeerInfo) -> Reply? { greeting }

    func sessionClosed(_ session: SessionInfo, summary: SessionSummary) {
        state.withLockedValue { $0.wait.take() }?.cancel()
    }

    // MARK: The transaction

    func mailVerdict(_ question: MailQuestion, later: LaterAnswer<Verdict>) -> Verdict? {
        state.withLockedValue { state in
            state.asked = [:]
            state.dropsAtDot = false
        }
        let sender = question.envelope.text(question.envelope.reversePath)
        let local = sender.lastIndex(of: "@").map { sender[..<$0] } ?? sender[...]
        // Before RCPT no recipient is known: the reverse-path's local part decides.
        return StagedReply(local, in: .reversePath).map { Self.verdict($0.reply) } ?? .accepted
    }

    func recipientVerdict(_ question: RecipientQuestion, later: LaterAnswer<Verdict>) -> Verdict? {
        switch Fate(address: question.address) {
        case .accept, .answer: return .accepted
        case .reply(let asked) where asked.stage == .rcpt: return Self.verdict(asked.reply)
        case .reply(let asked):
            ask(asked)
            return .accepted
        case .postpone(let count, let reply):
            let sender = question.envelope.text(question.envelope.reversePath)
            return desk.postponements.count(sender, question.address) < count ? .refused(reply) : .accepted
        case .slow(let duration):
            wait(duration, later)
            return nil
        case .drop(.rcpt):
            faults.value.drop()
            return nil
        case .drop(.dot):
            state.withLockedValue { $0.dropsAtDot = true }
            return .accepted
        case .garbage: return .acceptedWith(Reply(.recipientOk, faults.value.garble()))
        }
    }

    private static func verdict(_ reply: Reply) -> Verdict {
        switch reply.code.severity {
        case .positiveCompletion: .acceptedWith(reply)
        // A reply that asks for more makes no sense here: the ordinary one is said.
        case .positiveIntermediate: .accepted
        case .transientNegative, .permanentNegative: .refused(reply)
        }
    }

    private func ask(_ asked: StagedReply) {
        // 354, and the 250 to a chunk that is not the last, are what the session says anyhow.
        guard asked.reply.isRefusal || asked.stage == .dot || asked.stage == .burl else { return }
        state.withLockedValue { state in
            if state.asked[asked.stage] == nil { state.asked[asked.stage] = asked.reply }
        }
    }

    private func wait(_ duration: Duration, _ later: LaterAnswer<Verdict>) {
        let wait = later.eventLoop.scheduleTask(in: TimeAmount(duration)) { later.fulfilOnLoop(.accepted) }
        state.withLockedValue { $0.wait = wait }
    }

    /// DATA, or the first BDAT: content is about to come by either, so that a word for one counts for the other.
    func reserveContent(bytes: Int, session: SessionInfo) -> ContentReservation {
        let refusal = state.withLockedValue { $0.asked[.data] ?? $0.asked[.bdat] }
        return refusal.map { .refused($0) } ?? .granted(MessageID(rawValue: desk.nextID()))
    }

    func extendReservation(bytes: Int) -> Reply? { nil }
    func releaseReservation(bytes: Int) {}
    func contentSink(for message: MessageID, session: SessionInfo, ownOctets: Int) -> any ContentSink { MemorySink() }

    func submit(_ message: ReceivedMessage, later: LaterAnswer<Reply>) {
        let (asked, isDropped) = state.withLockedValue { ($0.asked[.dot], $0.dropsAtDot) }
        guard !isDropped else { return faults.value.drop() }
        if let asked, asked.isRefusal { return later.fulfil(asked) }
        let kept = desk.taken(message)
        guard !kept.isRefusal else { return later.fulfil(kept) }
        later.fulfil(asked ?? kept)
        desk.correspondence.answer(message)
    }

    // MARK: The rest of the session

    /// No mechanism is configured: AUTH is answered by the name in EHLO, or not implemented.
    func authenticate(
        _ question: AuthenticationQuestion,
        session: SessionInfo,
        later: LaterAnswer<AuthenticationAnswer>
    ) -> AuthenticationAnswer? { .refused(AuthenticationRefusal(.credentialsInvalid)) }

    func sessionNoted(_ note: SessionNote, session: SessionInfo) {}
}

extension SimulatedSession: CommandRehearsal {
    func answer(to command: RehearsedCommand) -> RehearsedAnswer? {
        switch command.verb {
        case "HELO", "EHLO", "LHLO": hello(command)
        case "STARTTLS": startTLS()
        case "AUTH": asked(by: .auth).map { .reply($0) }
        case "QUIT": asked(by: .quit).flatMap(Self.refusal)
        case "RSET": asked(by: .command).flatMap(Self.refusal)
        case "BURL": (state.withLockedValue { $0.asked[.burl] } ?? asked(by: .command)).map { .reply($0) }
        case "VRFY": answer(command, at: .vrfy)
        case "EXPN": answer(command, at: .expn)
        case "ETRN": answer(command, at: .etrn)
        case "ATRN": answer(command, at: .atrn)
        default: answer(command, at: .command)
        }
    }

    /// What EHLO announces so that clients come to the stage that its name asks for.
    func capabilities() -> [String] {
        switch state.withLockedValue({ $0.hello?.stage }) {
        case .auth: ["AUTH PLAIN LOGIN"]
        case .starttls, .tls: ["STARTTLS"]
        default: []
        }
    }

    private func hello(_ command: RehearsedCommand) -> RehearsedAnswer? {
        let asked = StagedReply(leading: command.argument, in: .hello)
        state.withLockedValue { $0.hello = asked }
        guard let asked, asked.stage == .helo else { return nil }
        // The session itself says 250 to HELO and EHLO; LHLO it does not know.
        return command.verb == "LHLO" ? .reply(asked.reply) : Self.refusal(asked.reply)
    }

    /// There is no certificate: a handshake that is promised never comes, which is how a TLS layer that fails looks.
    private func startTLS() -> RehearsedAnswer? {
        if asked(by: .tls) != nil { return .replyAndClose(Reply(.starttlsReady)) }
        guard let reply = asked(by: .starttls) else { return nil }
        return reply.isRefusal ? .reply(reply) : .replyAndClose(reply)
    }

    private func answer(_ command: RehearsedCommand, at stage: Stage) -> RehearsedAnswer? {
        let own = StagedReply(leading: command.argument, in: .argument(stage))?.reply
        return (own ?? asked(by: .command)).map { .reply($0) }
    }

    private func asked(by stage: Stage) -> Reply? {
        state.withLockedValue { $0.hello?.stage == stage ? $0.hello?.reply : nil }
    }

    /// A success is the session's own to say, since it also acts.
    private static func refusal(_ reply: Reply) -> RehearsedAnswer? { reply.isRefusal ? .reply(reply) : nil }
}

/// Keeps large content in memory: the simulator is a sink for tests.
private final class MemorySink: ContentSink {
    private let bytes = NIOLockedValueBox<[UInt8]>([])

    func append(_ bytes: ByteBuffer, later: LaterAnswer<SinkProgress>) -> SinkProgress? {
        self.bytes.withLockedValue { $0.append(contentsOf: bytes.readableBytesView) }
        return .ready
    }

    func finish(later: LaterAnswer<SinkOutcome>) {
        later.fulfil(.stored(ResidentContent(bytes.withLockedValue { $0 })))
    }

    func abort() { bytes.withLockedValue { $0 = [] } }
}

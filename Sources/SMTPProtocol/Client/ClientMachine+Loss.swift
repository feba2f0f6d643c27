import StatusCodes

/// Why a session cannot go on, without the peer having said so.
public enum ClientLoss: Hashable, Sendable {
    /// No connection came about: the peer's doing, or the network's, or our own system's.
    case unreachable(isLocal: Bool, String)
    /// The peer closed, or the network did; what the system said, empty for an orderly close.
    case closed(String)
    /// The peer kept silent longer than `ClientSession.patience`.
    case timedOut
    /// The TLS handshake failed; nil: no protocol version or cipher in common.
    case handshakeFailed(isMismatch: Bool, String)
    /// The owner gave up.
    case aborted
    /// Octets that are no reply, or a reply to nothing.
    case garbled(ReplyError?)
    /// Octets behind the reply to STARTTLS: an attack, or a peer that is badly broken.
    case injected
    /// Our own content cannot be read; what the store said.
    case unreadable(String)
    /// The content has a bare CR or LF and must not go out like this.
    case bareLineEnd
}

/// The ends of a session.
extension ClientMachine {
    // MARK: The peer closes: 421

    static func closed(
        by reply: ReceivedReply,
        _ exchange: consuming ClientExchange,
        _ bytes: Span<UInt8>,
        _ world: inout ClientWorld
    ) -> Step {
        let failure = world.failure(exchange.stage, .session, reply, bytes, exchange)
        return closed(by: reply, .failed(failure), exchange, nil, bytes, &world)
    }

    static func closed(
        by reply: ReceivedReply,
        _ outcome: RecipientOutcome,
        _ exchange: consuming ClientExchange,
        _ rider: Rider?,
        _ bytes: Span<UInt8>,
        _ world: inout ClientWorld
    ) -> Step {
        let said = world.copy(reply, bytes)
        let failure = world.sessionFailure(exchange.stage, .reply(said))
        world.finish(exchange, outcome)
        // What was said of one message is no evidence about another, nor, without a 421, about the host.
        world.endOthers(rider, .condition(.connectionLost, detail: said.description))
        if reply.isClosing { world.end(failure) }
        return Step(.closed, .close)
    }

    /// A reply while content is on its way: the peer does not want the rest, and nothing behind it can be framed.
    ///
    /// The final dot was not sent, so nothing was taken.
    static func interrupted(
        _ exchange: consuming ClientExchange,
        _ reply: ReceivedReply,
        _ bytes: Span<UInt8>,
        _ world: inout ClientWorld
    ) -> Step {
        switch reply.severity {
        case .positiveCompletion, .positiveIntermediate: return lost(.garbled(nil), exchange, &world)
        case .transientNegative, .permanentNegative:
            let reach: ClientFailure.Reach = reply.isClosing ? .session : .transaction
            let failure = world.failure(exchange.stage, reach, reply, bytes, exchange)
            return closed(by: reply, .failed(failure), exchange, nil, bytes, &world)
        }
    }

    /// A reply to no command.
    ///
    /// A 421 is a peer that was bored; anything else is one whose replies cannot be trusted.
    static func unasked(_ reply: ReceivedReply, _ world: inout ClientWorld) -> Step {
        lostIdle(reply.isClosing ? .closed("") : .garbled(nil), &world)
    }

    // MARK: The connection is lost

    /// Before there is mail in work.
    static func lost(_ loss: ClientLoss, stage: Stage, _ world: inout ClientWorld) -> Step {
        let stage: Stage = loss.isUnreachable ? .connect : loss == .injected ? .starttls : stage
        world.end(world.sessionFailure(stage, loss.cause(at: stage)))
        return Step(.closed, .close)
    }

    /// Between transactions: nobody is hurt, and nobody is at fault unless it was nonsense that came.
    static func lostIdle(_ loss: ClientLoss, _ world: inout ClientWorld) -> Step {
        switch loss {
        case .garbled: return lost(loss, stage: .command, &world)
        case .unreachable, .closed, .timedOut, .handshakeFailed, .aborted, .injected, .unreadable, .bareLineEnd:
            // A transaction may have been handed over that was not begun yet.
            return world.waiting.isEmpty ? Step(.closed, .close) : lost(loss, stage: .command, &world)
        }
    }

    /// Within a transaction, before its last octet.
    static func lost(_ loss: ClientLoss, _ exchange: consuming ClientExchange, _ world: inout ClientWorld) -> Step {
        let failure = world.sessionFailure(
            exchange.stage,
            loss.cause(at: exchange.stage),
            accepted: exchange.acceptedCount
        )
        world.finish(exchange, .failed(failure))
        world.end(failure)
        return Step(.closed, .close)
    }

    /// While content is on its way.
    static func lostStreaming(
        _ loss: ClientLoss,
        _ exchange: consuming ClientExchange,
        _ world: inout ClientWorld
    ) -> Step {
        guard let (stage, cause) = loss.ownFault else { return lost(loss, exchange, &world) }
        // Our own trouble with this message: the connection has to go, because the content cannot be taken back, but
        // neither the peer nor another message has to do with it.
        let failure = ClientFailure(
            stage: stage,
            reach: .transaction,
            cause: cause,
            acceptedRecipients: exchange.acceptedCount,
            isEncrypted: world.isEncrypted
        )
        world.finish(exchange, .failed(failure))
        world.endWaiting(world.sessionFailure(.mail, .condition(.connectionLost, detail: "closed by us")))
        return Step(.closed, .close)
    }

    /// After the last octet of content: the peer may have taken the message (RFC 1047, RFC 5321 §4.5.3.2.6).
    static func lost(
        _ loss: ClientLoss,
        _ exchange: consuming ClientExchange,
        _ rider: Rider?,
        _ world: inout ClientWorld
    ) -> Step {
        let failure = world.sessionFailure(
            .dot,
            .condition(.outcomeUnknown, detail: loss.text),
            accepted: exchange.acceptedCount
        )
        world.finish(exchange, .failed(failure))
        world.endOthers(rider, .condition(.connectionLost, detail: loss.text))
        world.end(failure)
        return Step(.closed, .close)
    }

    static func lost(
        _ loss: ClientLoss,
        resetting again: ClientTransaction?,
        _ world: inout ClientWorld
    ) -> Step {
        guard again != nil else { return lostIdle(loss, &world) }
        let failure = world.sessionFailure(.command, loss.cause(at: .command))
        world.report(.uniform(.failed(failure)))
        world.end(failure)
        return Step(.closed, .close)
    }

    // MARK: The owner closes

    /// A session that is still being set up for nobody is left without ceremony.
    static func leave(_ state: consuming State, _ world: inout ClientWorld) -> Step {
        guard world.isClosing, world.waiting.isEmpty else { return Step(state) }
        return Step(.closed, .close)
    }
}

extension ClientExchange {
    /// The stage of the command whose reply comes next.
    var stage: Stage {
        switch expected {
        case .mail: .mail
        case .rcpt: .rcpt
        case .data, .strayDot: .data
        case .content: flight.form == .dotStuffed ? .data : .bdat
        case .end: .dot
        }
    }
}

extension ClientLoss {
    /// What it means at a stage before the last octet of content.
    func cause(at stage: Stage) -> ClientFailure.Cause {
        switch self {
        case .unreachable(isLocal: true, _): .condition(.networkOther, detail: text)
        case .unreachable(isLocal: false, _): .condition(.noAnswer, detail: text)
        case .handshakeFailed(isMismatch: true, _): .condition(.noCommonAlgorithm, detail: text)
        case .handshakeFailed(isMismatch: false, _): .condition(.tlsHandshakeFailed, detail: text)
        case .timedOut where stage == .greeting: .condition(.noAnswer, detail: text)
        case .garbled, .injected: .condition(.protocolOtherTransient, detail: text)
        case .closed where stage == .tls: .condition(.tlsHandshakeFailed, detail: text)
        case .timedOut where stage == .tls: .condition(.tlsHandshakeFailed, detail: text)
        case .closed, .timedOut, .aborted, .unreadable, .bareLineEnd: .condition(.connectionLost, detail: text)
        }
    }

    /// Stage and cause where the fault is not the peer's but our content's.
    fileprivate var ownFault: (Stage, ClientFailure.Cause)? {
        switch self {
        case .unreadable: (.queue, .condition(.contentUnreadable, detail: text))
        // RFC 3030 §3: it would need BINARYMIME, or an encoding, which is the owner's to make.
        case .bareLineEnd: (.conversion, .condition(.eightBitUnsupported, detail: text))
        case .unreachable, .closed, .timedOut, .handshakeFailed, .aborted, .garbled, .injected: nil
        }
    }

    /// Octets in clear where TLS was to begin are an injection, whatever they say.
    var duringHandshake: Self {
        if case .garbled = self { return .injected }
        return self
    }

    fileprivate var isUnreachable: Bool {
        if case .unreachable = self { return true }
        return false
    }

    /// A few words for the log.
    fileprivate var text: String {
        switch self {
        case .unreachable(_, let detail): detail
        case .closed(let detail): detail.isEmpty ? "closed by the peer" : detail
        case .timedOut: "timed out"
        case .handshakeFailed(_, let detail): detail
        case .aborted: "given up"
        case .garbled(let error): error?.text ?? "a reply that does not belong here"
        case .injected: "octets behind the reply to STARTTLS"
        case .unreadable(let detail): detail
        case .bareLineEnd: "content with a bare CR or LF"
        }
    }
}

extension ClientWorld {
    /// Whoever rode or waits learns that it will not come to it.
    mutating func endOthers(_ rider: ClientMachine.Rider?, _ cause: ClientFailure.Cause) {
        let failure = sessionFailure(.mail, cause)
        if rider != nil { report(.uniform(.failed(failure))) }
        endWaiting(failure)
    }
}

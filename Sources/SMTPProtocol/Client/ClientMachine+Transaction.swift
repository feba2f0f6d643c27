import MailFormat
import StatusCodes

/// From MAIL to the reply that takes the message over.
extension ClientMachine {
    /// A session that could take a transaction looks what there is to do.
    static func next(_ world: inout ClientWorld) -> Step {
        guard let transaction = world.takeWaiting() else {
            return world.isClosing ? quit(&world) : Step(.ready)
        }
        if let obstacle = world.obstacle(to: transaction) {
            world.report(.uniform(obstacle))
            return Step(.ready, .finished)
        }
        return begin(transaction, &world)
    }

    private static func begin(_ transaction: ClientTransaction, _ world: inout ClientWorld) -> Step {
        let flight = world.flight(for: transaction)
        world.write(flight, of: transaction)
        return Step(.opening(ClientExchange(transaction, flight: flight)))
    }

    // MARK: The envelope

    static func opening(
        _ exchange: consuming ClientExchange,
        _ reply: ReceivedReply,
        _ bytes: Span<UInt8>,
        _ world: inout ClientWorld
    ) -> Step {
        if reply.isClosing { return closed(by: reply, exchange, bytes, &world) }
        switch exchange.expected {
        case .mail: return mail(exchange, reply, bytes, &world)
        case .rcpt(let position): return rcpt(position, exchange, reply, bytes, &world)
        case .data: return data(exchange, reply, bytes, &world)
        // RFC 2920 §3.1: whatever it says, nothing was taken, because no recipient was.
        case .strayDot: return finish(exchange, .notAttempted, needsReset: false, &world)
        // Content is not opening any more.
        case .content, .end: return lost(.garbled(nil), exchange, &world)
        }
    }

    private static func mail(
        _ exchange: consuming ClientExchange,
        _ reply: ReceivedReply,
        _ bytes: Span<UInt8>,
        _ world: inout ClientWorld
    ) -> Step {
        var exchange = exchange
        switch reply.severity {
        case .positiveCompletion: break
        case .positiveIntermediate: return lost(.garbled(nil), exchange, &world)
        case .transientNegative, .permanentNegative:
            exchange.common = world.failure(.mail, .transaction, reply, bytes, exchange)
            // RFC 3030 §2: after a refused BDAT the state of the peer is unknown; a 503 here only shows it.
            exchange.isSpoiled = exchange.isSuspect && reply.code.rawValue == 503
            if !exchange.flight.isPipelined {
                return finish(exchange, .notAttempted, needsReset: false, &world)
            }
        }
        exchange.expected = .rcpt(0)
        if !exchange.flight.isPipelined { world.output.rcpt(0, of: exchange.transaction, use: world.usable) }
        return Step(.opening(exchange))
    }

    private static func rcpt(
        _ position: Int,
        _ exchange: consuming ClientExchange,
        _ reply: ReceivedReply,
        _ bytes: Span<UInt8>,
        _ world: inout ClientWorld
    ) -> Step {
        var exchange = exchange
        switch reply.severity {
        case .positiveCompletion: exchange.acceptedCount += 1
        case .positiveIntermediate: return lost(.garbled(nil), exchange, &world)
        case .transientNegative, .permanentNegative:
            if exchange.common != nil {
                exchange.noteDerived(world.copy(reply, bytes))
            } else {
                let failure = world.failure(.rcpt, .recipient, reply, bytes, exchange)
                exchange.refusals.append((position, failure))
            }
        }
        let following = position + 1
        guard following == exchange.flight.offeredCount else {
            exchange.expected = .rcpt(following)
            if !exchange.flight.isPipelined {
                world.output.rcpt(following, of: exchange.transaction, use: world.usable)
            }
            return Step(.opening(exchange))
        }
        return recipientsAnswered(exchange, &world)
    }

    private static func recipientsAnswered(
        _ exchange: consuming ClientExchange,
        _ world: inout ClientWorld
    ) -> Step {
        var exchange = exchange
        if exchange.flight.includesData {
            exchange.expected = .data
            return Step(.opening(exchange))
        }
        guard exchange.mayCarryContent else {
            // What MAIL opened is still open, unless MAIL itself was refused and nothing followed it.
            let isOpen = exchange.common == nil || exchange.acceptedCount > 0
            return finish(exchange, .notAttempted, needsReset: isOpen, &world)
        }
        guard exchange.flight.form == .dotStuffed else {
            world.output.bdatLast(byteCount: exchange.transaction.content.byteCount)
            let form = exchange.flight.form
            exchange.expected = .content
            return Step(.streaming(exchange), .sendContent(form))
        }
        world.output.data()
        exchange.expected = .data
        return Step(.opening(exchange))
    }

    private static func data(
        _ exchange: consuming ClientExchange,
        _ reply: ReceivedReply,
        _ bytes: Span<UInt8>,
        _ world: inout ClientWorld
    ) -> Step {
        var exchange = exchange
        switch reply.severity {
        case .positiveIntermediate:
            if exchange.mayCarryContent {
                exchange.expected = .content
                return Step(.streaming(exchange), .sendContent(.dotStuffed))
            }
            // RFC 2920 §3.1: the peer waits for content that must not come; an empty message ends it.
            world.output.dot()
            exchange.expected = .strayDot
            return Step(.opening(exchange))
        case .positiveCompletion: return lost(.garbled(nil), exchange, &world)
        case .transientNegative, .permanentNegative:
            if exchange.mayCarryContent {
                let failure = world.failure(.data, .transaction, reply, bytes, exchange)
                return finish(exchange, .failed(failure), needsReset: true, &world)
            }
            exchange.noteDerived(world.copy(reply, bytes))
            let isOpen = exchange.common == nil || exchange.acceptedCount > 0
            return finish(exchange, .notAttempted, needsReset: isOpen, &world)
        }
    }

    // MARK: The content

    static func finished(streaming exchange: consuming ClientExchange, _ world: inout ClientWorld) -> Step {
        var exchange = exchange
        exchange.expected = .end
        return board(exchange, nil, &world)
    }

    /// The next transaction's commands go behind the content of this one (RFC 2920 §3.1), as soon as there is one.
    static func board(_ exchange: consuming ClientExchange, _ rider: Rider?, _ world: inout ClientWorld) -> Step {
        guard rider == nil, world.usable.contains(.pipelining), let transaction = world.waiting.first,
            world.obstacle(to: transaction, behind: 1) == nil
        else { return Step(.finishing(exchange, rider)) }
        let flight = world.flight(for: transaction)
        world.write(flight, of: transaction)
        world.waiting.removeFirst()
        return Step(.finishing(exchange, Rider(transaction: transaction, flight: flight)))
    }

    static func finishing(
        _ exchange: consuming ClientExchange,
        _ rider: Rider?,
        _ reply: ReceivedReply,
        _ bytes: Span<UInt8>,
        _ world: inout ClientWorld
    ) -> Step {
        var exchange = exchange
        let outcome: RecipientOutcome
        switch reply.severity {
        case .positiveCompletion: outcome = .relayed(world.copy(reply, bytes))
        // No reply that can end content: whether it was taken, nobody knows.
        case .positiveIntermediate: return lost(.garbled(nil), exchange, rider, &world)
        case .transientNegative, .permanentNegative:
            let reach: ClientFailure.Reach =
                reply.isClosing ? .session : world.settings.dialect == .lmtp ? .recipient : .transaction
            outcome = .failed(world.failure(.dot, reach, reply, bytes, exchange))
        }
        if reply.isClosing { return closed(by: reply, outcome, exchange, rider, bytes, &world) }
        // RFC 2033 §4.2: one reply for each accepted recipient.
        if world.settings.dialect == .lmtp {
            exchange.finals.append(outcome)
            if exchange.finals.count < exchange.acceptedCount { return Step(.finishing(exchange, rider)) }
        }
        return settled(exchange, outcome, rider, &world)
    }

    private static func settled(
        _ exchange: consuming ClientExchange,
        _ outcome: RecipientOutcome,
        _ rider: Rider?,
        _ world: inout ClientWorld
    ) -> Step {
        let isSuspect = exchange.flight.form != .dotStuffed && !outcome.isRelayed
        guard let rider else { return finish(exchange, outcome, needsReset: isSuspect, &world) }
        world.finish(exchange, outcome)
        var following = ClientExchange(rider.transaction, flight: rider.flight)
        following.isSuspect = isSuspect
        return Step(.opening(following), .finished)
    }

    /// The transaction has its outcome; RSET follows where the peer may still have it open.
    private static func finish(
        _ exchange: consuming ClientExchange,
        _ outcome: RecipientOutcome,
        needsReset: Bool,
        _ world: inout ClientWorld
    ) -> Step {
        if exchange.isSpoiled {
            let transaction = exchange.transaction
            world.output.rset()
            return Step(.resetting(transaction))
        }
        world.finish(exchange, outcome)
        guard needsReset else { return Step(.ready, .finished) }
        world.output.rset()
        return Step(.resetting(nil), .finished)
    }

    static func resetting(
        _ again: ClientTransaction?,
        _ reply: ReceivedReply,
        _ bytes: Span<UInt8>,
        _ world: inout ClientWorld
    ) -> Step {
        if reply.isClosing { return lost(.closed(world.copy(reply, bytes).description), resetting: again, &world) }
        guard reply.severity == .positiveCompletion else {
            if again != nil {
                world.report(.uniform(.failed(world.sessionFailure(.command, .reply(world.copy(reply, bytes))))))
            }
            return refused(.command, reply, bytes, &world)
        }
        if let again { return begin(again, &world) }
        return next(&world)
    }

    static func probing(_ reply: ReceivedReply, _ bytes: Span<UInt8>, _ world: inout ClientWorld) -> Step {
        // Any answer but 421 shows a living peer; one that does not know NOOP is alive too.
        if reply.isClosing { return lostIdle(.closed(world.copy(reply, bytes).description), &world) }
        return next(&world)
    }
}

extension RecipientOutcome {
    fileprivate var isRelayed: Bool {
        if case .relayed = self { return true }
        return false
    }
}

extension ClientWorld {
    func failure(
        _ stage: Stage,
        _ reach: ClientFailure.Reach,
        _ reply: ReceivedReply,
        _ bytes: Span<UInt8>,
        _ exchange: borrowing ClientExchange
    ) -> ClientFailure {
        ClientFailure(
            stage: stage,
            reach: reach,
            cause: .reply(copy(reply, bytes)),
            acceptedRecipients: exchange.acceptedCount,
            isEncrypted: isEncrypted,
            parameters: usable.parameters(of: exchange.transaction)
        )
    }

    mutating func finish(_ exchange: consuming ClientExchange, _ outcome: RecipientOutcome) {
        report(exchange.outcomes(outcome))
        transactionCount += 1
    }
}

extension PeerExtensions {
    /// The parameters that MAIL and RCPT carry in a transaction with these extensions.
    fileprivate func parameters(of transaction: ClientTransaction) -> SentParameters {
        var parameters: SentParameters = []
        let envelope = transaction.envelope
        if contains(.size) { parameters.insert(.size) }
        if transaction.content.body != .sevenBit { parameters.insert(.body) }
        if transaction.content.needsSMTPUTF8 { parameters.insert(.smtpUTF8) }
        let asksForReports =
            envelope.returned != nil || !envelope.envelopeID.isEmpty
            || envelope.recipients.contains { $0.notify != nil || !$0.originalRecipient.isEmpty }
        if contains(.dsn), asksForReports { parameters.insert(.dsn) }
        return parameters
    }
}

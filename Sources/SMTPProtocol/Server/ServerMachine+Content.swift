import MailFormat
import StatusCodes

extension ServerMachine {
    /// DATA (RFC 5321 §4.1.1.4); waits for room.
    mutating func data() -> ServerAction {
        let step: Step
        switch consume state {
        case .transaction(let transaction):
            if let refusal = Self.refusalForLackOfRecipients(transaction) {
                step = Step(.transaction(transaction), .reply(Reply(refusal)))
            } else {
                step = Step(.reservingData(transaction), .reserveContent)
            }
        case let unchanged: step = Step(unchanged, .reply(Reply(.badSequence)))
        }
        let action = step.action
        self = Self(step.next)
        return action
    }

    private static func refusalForLackOfRecipients(_ transaction: borrowing MailTransaction) -> Condition? {
        guard transaction.acceptedCount == 0 else { return nil }
        // RFC 5321 §3.3: 503 when none was named, 554 when all were refused.
        return transaction.recipientCommands == 0 ? .badSequence : .noValidRcpt
    }

    /// BDAT (RFC 3030 §2).
    ///
    /// A reply means that the chunk is refused and its octets must be passed over.
    mutating func chunk(_ command: ChunkCommand, _ context: inout ServerContext) -> ServerAction {
        let step: Step
        switch consume state {
        case .transaction(let transaction): step = Self.firstChunk(Chunk(command), transaction, context)
        case .betweenChunks(let content): step = Self.nextChunk(Chunk(command), content, context)
        case let unchanged: step = Step(unchanged, .reply(Reply(.bdatMisuse)))
        }
        let action = step.action
        self = Self(step.next)
        return action
    }

    private static func firstChunk(
        _ chunk: Chunk,
        _ transaction: consuming MailTransaction,
        _ context: borrowing ServerContext
    ) -> Step {
        if let refusal = refusalForLackOfRecipients(transaction) {
            let condition: Condition = refusal == .badSequence ? .bdatMisuse : refusal
            return Step(.transaction(transaction), .reply(Reply(condition)))
        }
        guard chunk.size <= context.configuration.limits.messageSize else {
            return broken(transaction, .reply(Reply(.tooBigData)), context)
        }
        return Step(.reservingChunk(AnnouncedChunk(transaction: transaction, chunk: chunk)), .reserveContent)
    }

    /// A first chunk was refused: RSET is the way on.
    private static func broken(
        _ transaction: consuming MailTransaction,
        _ action: ServerAction,
        _ context: borrowing ServerContext
    ) -> Step {
        var reception = Reception(context.configuration.limits)
        reception.markBroken()
        return Step(.betweenChunks(IncomingContent(transaction: transaction, reception: reception)), action)
    }

    private static func nextChunk(
        _ chunk: Chunk,
        _ content: consuming IncomingContent,
        _ context: borrowing ServerContext
    ) -> Step {
        guard !content.reception.isBroken else { return Step(.betweenChunks(content), .reply(Reply(.bdatMisuse))) }
        let room = context.configuration.limits.messageSize - content.reception.scanner.facts.byteCount
        guard chunk.size <= room else {
            content.reception.markBroken()
            return Step(.betweenChunks(content), .replyAndDropContent(Reply(.tooBigData)))
        }
        return Step(.receivingChunk(IncomingChunk(content: content, chunk: chunk)), .read)
    }

    /// There is room: content may come.
    mutating func contentReserved(_ context: borrowing ServerContext) -> ServerAction {
        let reception = Reception(context.configuration.limits)
        let step: Step
        switch consume state {
        case .reservingData(let transaction):
            let content = IncomingContent(transaction: transaction, reception: reception)
            step = Step(.receivingData(content), .reply(Reply(.data)))
        case .reservingChunk(let announced):
            let chunk = announced.chunk
            let content = IncomingContent(transaction: announced.transaction, reception: reception)
            step = Step(.receivingChunk(IncomingChunk(content: content, chunk: chunk)), .read)
        case let unchanged: step = Step(unchanged, .read)
        }
        let action = step.action
        self = Self(step.next)
        return action
    }

    /// There is no room, or another reason not to let content come.
    mutating func contentRefused(_ reply: Reply, _ context: borrowing ServerContext) -> ServerAction {
        let step: Step
        switch consume state {
        case .reservingData(let transaction): step = Step(.transaction(transaction), .reply(reply))
        case .reservingChunk(let announced): step = Self.broken(announced.transaction, .reply(reply), context)
        case let unchanged: step = Step(unchanged, .read)
        }
        let action = step.action
        self = Self(step.next)
        return action
    }

    /// The host cannot keep what is coming: the rest is read and dropped, then refused with this reply.
    mutating func contentFailed(_ reply: Reply) -> ServerAction {
        let step: Step
        switch consume state {
        case .receivingData(var content):
            let action = content.reception.refuse(reply)
            step = Step(.receivingData(content), action)
        case .receivingChunk(var incoming):
            let action = incoming.content.reception.refuse(reply)
            step = Step(.receivingChunk(incoming), action)
        case .betweenChunks(var content):
            let action = content.reception.refuse(reply)
            step = Step(.betweenChunks(content), action)
        case let unchanged: step = Step(unchanged, .read)
        }
        let action = step.action
        self = Self(step.next)
        return action
    }

    /// Octets of content; returns how many were walked over and what follows.
    mutating func contentReceived(
        _ bytes: Span<UInt8>,
        _ context: inout ServerContext
    ) -> (used: Int, action: ServerAction) {
        var used = 0
        let step: Step
        switch consume state {
        case .receivingData(let content): step = Self.dataReceived(bytes, &used, content, &context)
        case .receivingChunk(let incoming): step = Self.chunkReceived(bytes, &used, incoming, &context)
        case let unchanged: step = Step(unchanged, .read)
        }
        let action = step.action
        self = Self(step.next)
        return (used, action)
    }

    private static func dataReceived(
        _ bytes: Span<UInt8>,
        _ used: inout Int,
        _ content: consuming IncomingContent,
        _ context: inout ServerContext
    ) -> Step {
        var stretch = content.reception.scanner.data(bytes, from: 0)
        // Nothing is given out of refused content: one step passes over all of it.
        while stretch.content.isEmpty, !stretch.isLast, stretch.next < bytes.count {
            stretch = content.reception.scanner.data(bytes, from: stretch.next)
        }
        used = stretch.next
        guard stretch.isLast else {
            let action = content.reception.give(stretch.content)
            return Step(.receivingData(content), action)
        }
        return ended(content, &context)
    }

    /// The last octet of content has come.
    private static func ended(_ content: consuming IncomingContent, _ context: inout ServerContext) -> Step {
        let reception = content.reception
        guard let refusal = reception.refusal else {
            let message = CompleteMessage(transaction: content.transaction, facts: reception.scanner.facts)
            return Step(.committing(message), .commit)
        }
        let greeted = content.transaction.greeted
        content.transaction.end(&context.spare)
        return refused(with: refusal, reception, else: .ready(greeted))
    }

    private static func chunkReceived(
        _ bytes: Span<UInt8>,
        _ used: inout Int,
        _ incoming: consuming IncomingChunk,
        _ context: inout ServerContext
    ) -> Step {
        guard incoming.chunk.remaining == 0 else {
            used = min(bytes.count, incoming.chunk.remaining)
            incoming.chunk.remaining -= used
            let stretch = incoming.content.reception.scanner.chunk(bytes, from: 0, to: used)
            // Content goes out first; the end of the chunk is the next step, which uses no octets.
            let action = incoming.content.reception.give(stretch.content)
            return Step(.receivingChunk(incoming), action)
        }
        if incoming.chunk.isLast {
            incoming.content.reception.scanner.chunksEnded()
            return ended(incoming.content, &context)
        }
        if let refusal = incoming.content.reception.refusal {
            incoming.content.reception.markBroken()
            let reception = incoming.content.reception
            return refused(with: refusal, reception, else: .betweenChunks(incoming.content))
        }
        let reply = Reply(.chunkAccepted, "\(incoming.chunk.size) octets received")
        return Step(.betweenChunks(incoming.content), .reply(reply))
    }

    /// Content is refused.
    ///
    /// After a bare newline the two sides no longer agree on where things end: the session does.
    private static func refused(with reply: Reply, _ reception: Reception, else next: consuming State) -> Step {
        reception.endsSession ? Step(.closed, .replyAndClose(reply)) : Step(next, .replyAndDropContent(reply))
    }

    /// The commit's reply; nobody may be waiting any more.
    mutating func committed(_ reply: Reply, _ context: inout ServerContext) -> ServerAction {
        let step: Step
        switch consume state {
        case .committing(let message):
            let greeted = message.transaction.greeted
            message.transaction.end(&context.spare)
            step = Step(.ready(greeted), .reply(reply))
        case let unchanged: step = Step(unchanged, .read)
        }
        let action = step.action
        self = Self(step.next)
        return action
    }

    /// Envelope and facts of the message that waits for its commit.
    var submission: (envelope: Envelope, facts: ContentFacts)? {
        switch state {
        case .committing(let message): (message.transaction.exactEnvelope(of: message.facts), message.facts)
        default: nil
        }
    }

    /// Octets of the present chunk that are still to come; nil outside one.
    var chunkRemaining: Int? {
        switch state {
        case .reservingChunk(let announced): announced.chunk.remaining
        case .receivingChunk(let incoming): incoming.chunk.remaining
        default: nil
        }
    }
}

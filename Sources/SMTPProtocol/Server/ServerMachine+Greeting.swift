import StatusCodes

extension ServerMachine {
    /// The connection is open: says 220, or turns the client away.
    mutating func open(refusal: Reply?, _ context: borrowing ServerContext) -> ServerAction {
        guard let refusal else {
            self = Self(.fresh)
            return .reply(Reply(.greeting, "\(context.configuration.hostname) ESMTP"))
        }
        switch refusal.code.severity {
        case .permanentNegative:
            // RFC 5321 §3.1: the server waits for QUIT before it closes.
            self = Self(.unwelcome(refusal.condition == .hostNeverAccepts ? .neverAccepts : .refused))
            return .reply(refusal)
        case .transientNegative, .positiveCompletion, .positiveIntermediate:
            self = Self(.closed)
            return .replyAndClose(refusal)
        }
    }

    /// Whether the greeting was 521, which is also the reply to every command but QUIT (RFC 7504 §3).
    var isUnwelcomeForEver: Bool {
        switch state {
        case .unwelcome(let reason): reason == .neverAccepts
        default: false
        }
    }

    /// HELO, EHLO (RFC 5321 §4.1.1.1); a second one also ends a transaction (§4.1.4).
    mutating func hello(_ greeted: Greeted, _ name: String, _ context: inout ServerContext) -> ServerAction {
        let heldContent = holdsContent
        abandon(next: .ready(greeted), &context)
        context.clientName = name
        let reply =
            greeted.isExtended
            ? Reply(.ehlo, lines: Capabilities.lines(context)) : Reply(.helo, context.configuration.hostname)
        return heldContent ? .replyAndDropContent(reply) : .reply(reply)
    }

    /// RSET (RFC 5321 §4.1.1.5): ends a transaction, whatever it has.
    mutating func reset(_ context: inout ServerContext) -> ServerAction {
        let heldContent = holdsContent
        let step: Step =
            switch consume state {
            case .transaction(let transaction): Self.end(transaction, &context)
            case .betweenChunks(let content): Self.end(content.transaction, &context)
            case let unchanged: Step(unchanged, .reply(Reply(.commandOk)))
            }
        let action = step.action
        self = Self(step.next)
        return heldContent ? .replyAndDropContent(Reply(.commandOk)) : action
    }

    private static func end(_ transaction: consuming MailTransaction, _ context: inout ServerContext) -> Step {
        let greeted = transaction.greeted
        transaction.end(&context.spare)
        return Step(.ready(greeted), .reply(Reply(.commandOk)))
    }

    /// Ends whatever is under way and goes to another state.
    mutating func abandon(next: consuming State, _ context: inout ServerContext) {
        switch consume state {
        case .judgingSender(let transaction): transaction.end(&context.spare)
        case .transaction(let transaction): transaction.end(&context.spare)
        case .judgingRecipient(let question): question.transaction.end(&context.spare)
        case .reservingData(let transaction): transaction.end(&context.spare)
        case .reservingChunk(let announced): announced.transaction.end(&context.spare)
        case .receivingData(let content): content.transaction.end(&context.spare)
        case .receivingChunk(let incoming): incoming.content.transaction.end(&context.spare)
        case .betweenChunks(let content): content.transaction.end(&context.spare)
        case .committing(let message): message.transaction.end(&context.spare)
        case let other: _ = consume other
        }
        self = Self(next)
    }

    /// Whether the driver may hold content of a message that is not complete.
    var holdsContent: Bool {
        switch state {
        case .receivingData: true
        case .receivingChunk: true
        case .betweenChunks: true
        default: false
        }
    }

    /// STARTTLS (RFC 3207 §4).
    mutating func startTLS() -> ServerAction {
        let step: Step =
            switch consume state {
            case .ready(let greeted): Step(.securing(greeted), .startTLS(Reply(.starttlsReady)))
            case let unchanged: Step(unchanged, .reply(Reply(.badSequence)))
            }
        let action = step.action
        self = Self(step.next)
        return action
    }

    /// The handshake is done.
    ///
    /// RFC 3207 §4.2: everything that was said before is forgotten.
    mutating func secured(_ context: inout ServerContext) {
        context.protection = .encrypted
        context.clientName = ""
        context.identity = .stranger
        self = Self(.fresh)
    }

    /// The handshake cannot even begin: no certificate to show.
    mutating func securingFailed() -> ServerAction {
        let step: Step =
            switch consume state {
            case .securing(let greeted): Step(.ready(greeted), .reply(Reply(.starttlsUnavailable)))
            case let unchanged: Step(unchanged, .read)
            }
        let action = step.action
        self = Self(step.next)
        return action
    }
}

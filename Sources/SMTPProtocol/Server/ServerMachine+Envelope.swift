import MailFormat
import StatusCodes

extension ServerMachine {
    /// MAIL (RFC 5321 §4.1.1.2), read; waits for its verdict.
    mutating func mail(_ command: MailCommand, _ line: Span<UInt8>, _ context: inout ServerContext) -> ServerAction {
        let step: Step
        switch consume state {
        case .ready(let greeted):
            let transaction = MailTransaction(command, line, greeted, lentBy: &context.spare)
            step = Step(.judgingSender(transaction), .judgeSender)
        case let unchanged: step = Step(unchanged, .reply(Reply(.badSequence)))
        }
        let action = step.action
        self = Self(step.next)
        return action
    }

    /// RCPT (RFC 5321 §4.1.1.3); waits for its verdict.
    mutating func recipient(
        _ line: Span<UInt8>,
        _ length: Int,
        from start: Int,
        _ context: borrowing ServerContext
    ) -> ServerAction {
        let step: Step
        switch consume state {
        case .transaction(let transaction): step = Self.recipient(line, length, from: start, transaction, context)
        case let unchanged: step = Step(unchanged, .reply(Reply(.badSequence)))
        }
        let action = step.action
        self = Self(step.next)
        return action
    }

    private static func recipient(
        _ line: Span<UInt8>,
        _ length: Int,
        from start: Int,
        _ transaction: consuming MailTransaction,
        _ context: borrowing ServerContext
    ) -> Step {
        transaction.countRecipientCommand()
        guard transaction.recipientCommands <= context.configuration.limits.recipients else {
            return Step(.transaction(transaction), .reply(Reply(.tooManyRcpt)))
        }
        do throws(CommandSyntaxError) {
            let command = try RecipientCommand.read(
                line,
                length,
                from: start,
                offered: context.offeredParameters(transaction.greeted),
                smtpUTF8: transaction.smtpUTF8
            )
            let candidate = transaction.consider(command, line)
            let question = RecipientInQuestion(transaction: transaction, candidate: candidate)
            return Step(.judgingRecipient(question), .judgeRecipient)
        } catch {
            return Step(.transaction(transaction), .reply(error.reply(line)))
        }
    }

    /// The verdict on the sender or the recipient that waits for one; nobody may be waiting any more.
    mutating func judged(_ verdict: Verdict, _ context: inout ServerContext) -> ServerAction {
        let step: Step
        switch consume state {
        case .judgingSender(let transaction): step = Self.senderJudged(verdict, transaction, &context)
        case .judgingRecipient(let question): step = Self.recipientJudged(verdict, question)
        case let unchanged: step = Step(unchanged, .read)
        }
        let action = step.action
        self = Self(step.next)
        return action
    }

    private static func senderJudged(
        _ verdict: Verdict,
        _ transaction: consuming MailTransaction,
        _ context: inout ServerContext
    ) -> Step {
        switch verdict {
        case .accepted: return Step(.transaction(transaction), .reply(Reply(.senderOk)))
        case .acceptedWith(let reply): return Step(.transaction(transaction), .reply(reply))
        case .refused(let reply):
            let greeted = transaction.greeted
            transaction.end(&context.spare)
            return Step(.ready(greeted), .reply(reply))
        }
    }

    private static func recipientJudged(_ verdict: Verdict, _ question: consuming RecipientInQuestion) -> Step {
        let candidate = question.candidate
        switch verdict {
        case .accepted:
            question.transaction.accept(candidate)
            return Step(.transaction(question.transaction), .reply(Reply(.recipientOk)))
        case .acceptedWith(let reply):
            question.transaction.accept(candidate)
            return Step(.transaction(question.transaction), .reply(reply))
        case .refused(let reply):
            question.transaction.refuse(candidate)
            return Step(.transaction(question.transaction), .reply(reply))
        }
    }

    /// The envelope so far, sharing the session's buffers; nil without a transaction.
    var envelope: Envelope? {
        switch state {
        case .judgingSender(let transaction): transaction.envelope
        case .transaction(let transaction): transaction.envelope
        case .judgingRecipient(let question): question.transaction.envelope
        case .reservingData(let transaction): transaction.envelope
        case .reservingChunk(let announced): announced.transaction.envelope
        case .receivingData(let content): content.transaction.envelope
        case .receivingChunk(let incoming): incoming.content.transaction.envelope
        case .betweenChunks(let content): content.transaction.envelope
        case .committing(let message): message.transaction.envelope
        default: nil
        }
    }

    /// SIZE= of the transaction.
    var declaredSize: Int? {
        switch state {
        case .judgingSender(let transaction): transaction.declaredSize
        case .reservingData(let transaction): transaction.declaredSize
        case .reservingChunk(let announced): announced.transaction.declaredSize
        default: nil
        }
    }

    /// The recipient that waits for its verdict.
    var candidate: Envelope.Recipient? {
        switch state {
        case .judgingRecipient(let question): question.candidate.recipient
        default: nil
        }
    }

    /// Whether HELO or EHLO was said, and which.
    var greeted: Greeted? {
        switch state {
        case .ready(let greeted): greeted
        case .authenticating(let exchange): exchange.greeted
        case .checkingCredentials(let exchange): exchange.greeted
        case .securing(let greeted): greeted
        case .judgingSender(let transaction): transaction.greeted
        case .transaction(let transaction): transaction.greeted
        case .judgingRecipient(let question): question.transaction.greeted
        case .reservingData(let transaction): transaction.greeted
        case .reservingChunk(let announced): announced.transaction.greeted
        case .receivingData(let content): content.transaction.greeted
        case .receivingChunk(let incoming): incoming.content.transaction.greeted
        case .betweenChunks(let content): content.transaction.greeted
        case .committing(let message): message.transaction.greeted
        case .unopened: nil
        case .unwelcome: nil
        case .fresh: nil
        case .closed: nil
        }
    }
}

extension CommandSyntaxError {
    /// The reply that tells the client what is wrong with its line.
    func reply(_ line: Span<UInt8>) -> Reply {
        guard code == .unknownParameter, !part.isEmpty else { return Reply(code) }
        return Reply(code, "Unsupported option: \(String(decoding: line.copy(part), as: UTF8.self))")
    }
}

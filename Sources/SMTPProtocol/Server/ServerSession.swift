import MailFormat
public import StatusCodes

/// The server's half of one SMTP session (RFC 5321 §3), without sockets, clock or log.
///
/// Octets and answers go in, one action at a time comes out. The driver keeps the input: it gives the octets that are not
/// used yet, drops as many as a step used, performs the action, and asks again until the action is `read`. While an
/// answer is outstanding (`judgeSender`, `judgeRecipient`, `authenticate`, `reserveContent`, `commit`, `startTLS`) nothing
/// is used and the answer is `read`: pipelined input waits with the driver.
///
/// ```text
/// unopened ─open→ fresh ─EHLO→ ready ─MAIL→ judgingSender ─→ transaction ─RCPT→ judgingRecipient ─→ transaction
///                                ▲                               │ DATA, BDAT
///                                └── committing ◀── receivingData, receivingChunk ◀── reserving…
/// ```
///
/// Per command it allocates nothing but replies that carry a text of their own.
public struct ServerSession: ~Copyable {
    private var machine = ServerMachine()
    private var context: ServerContext
    private var framer = LineFramer()
    private var counters = SessionCounters()
    private var passing: PassedChunk?
    private var isDraining = false
    /// The line being read is an AUTH command, which may be longer.
    private var isReadingAuthentication = false
    /// Since when the session waits for what it waits for now.
    private var waitingSince: SessionInstant
    private let openedAt: SessionInstant
    private var rate: ContentRate

    /// A refused chunk whose octets are passed over (`docs/design/rulings.md` §2: consumed, never parsed).
    private struct PassedChunk {
        var remaining: Int
        let reply: ServerAction
    }

    /// A session on a connection that was just opened; for implicit TLS the handshake is done already.
    public init(configuration: ServerConfiguration, isEncrypted: Bool, at now: SessionInstant) {
        self.context = ServerContext(configuration: configuration, protection: isEncrypted ? .encrypted : .clear)
        self.waitingSince = now
        self.openedAt = now
        self.rate = ContentRate(at: now)
    }

    // MARK: What the driver may look at

    /// The state's name.
    public var stateName: ServerStateName { machine.name }
    /// Whether an answer is outstanding that the driver asked somebody for.
    public var isWaitingForAnswer: Bool {
        switch machine.name {
        case .judgingSender, .judgingRecipient, .checkingCredentials, .reservingData, .reservingChunk, .committing: true
        case .unopened, .unwelcome, .fresh, .ready, .authenticating, .securing, .transaction, .receivingData,
            .receivingChunk, .betweenChunks, .closed:
            false
        }
    }
    /// The name given in HELO or EHLO; empty before, and after STARTTLS.
    public var clientName: String { context.clientName }
    /// Whether EHLO was said.
    public var isExtended: Bool { machine.greeted?.isExtended ?? false }
    /// The authenticated account.
    public var account: String? {
        switch context.identity {
        case .stranger: nil
        case .account(let account): account
        }
    }
    /// The envelope so far; it shares the session's buffers, so let it go before the next command.
    public var envelope: Envelope? { machine.envelope }
    /// SIZE= of MAIL, while a verdict or room is asked for.
    public var declaredSize: Int? { machine.declaredSize }
    /// The size of the chunk that room is asked for.
    public var chunkSize: Int? { machine.chunkRemaining }
    /// The recipient that waits for its verdict, ranges of `envelope`.
    public var recipient: Envelope.Recipient? { machine.candidate }
    /// Envelope and facts of the message to commit, in buffers of their own.
    public var submission: (envelope: Envelope, facts: ContentFacts)? { machine.submission }
    /// Commands read so far.
    public var commandCount: Int { counters.commands }
    /// Commands refused so far.
    public var errorCount: Int { counters.errors }
    /// Messages accepted so far.
    public var acceptedCount: Int { counters.accepted }

    // MARK: Events

    /// The connection is open; a refusal is said in place of the greeting.
    public mutating func open(refusal: Reply?, at now: SessionInstant) -> ServerAction {
        guard machine.name == .unopened else { return .read }
        waitingSince = now
        return machine.open(refusal: refusal, context)
    }

    /// Octets from the client; `bytes` are all that are not used yet.
    public mutating func received(_ bytes: Span<UInt8>, at now: SessionInstant) -> ServerStep {
        if passing != nil { return passOver(bytes, now) }
        switch machine.name {
        case .unwelcome, .fresh, .ready, .transaction, .betweenChunks: return commandReceived(bytes, now)
        case .authenticating: return responseReceived(bytes, now)
        case .receivingData, .receivingChunk: return contentReceived(bytes, now)
        // RFC 3207 §4.2: what was sent in clear behind STARTTLS was put there by somebody in the middle.
        case .securing: return bytes.isEmpty ? ServerStep(0, .read) : ServerStep(bytes.count, closed(.close))
        case .unopened, .checkingCredentials, .judgingSender, .judgingRecipient, .reservingData, .reservingChunk,
            .committing:
            return ServerStep(0, .read)
        case .closed: return ServerStep(bytes.count, .read)
        }
    }

    /// The verdict on the sender or recipient that waits for it.
    public mutating func judged(_ verdict: Verdict, at now: SessionInstant) -> ServerAction {
        let isRecipient = machine.name == .judgingRecipient
        return answered(machine.judged(verdict, &context), now, ofRecipient: isRecipient)
    }

    /// The directory's answer.
    public mutating func authenticationAnswered(_ answer: AuthenticationAnswer, at now: SessionInstant) -> ServerAction
    {
        answered(machine.authenticationAnswered(answer, &context), now)
    }

    /// There is room for content.
    public mutating func contentReserved(at now: SessionInstant) -> ServerAction {
        rate = ContentRate(at: now)
        return answered(machine.contentReserved(context), now)
    }

    /// There is no room for content, or none for content of this client.
    public mutating func contentRefused(_ reply: Reply, at now: SessionInstant) -> ServerAction {
        let octets = machine.chunkRemaining
        let action = answered(machine.contentRefused(reply, context), now)
        return octets.map { pass($0, then: action) } ?? action
    }

    /// The host cannot keep content that is coming: its rest is read and dropped, then refused.
    public mutating func contentFailed(_ reply: Reply) -> ServerAction { machine.contentFailed(reply) }

    /// The driver had stopped reading content for a reason of its own, and goes on: the client was not slow.
    public mutating func contentResumed(at now: SessionInstant) { rate = ContentRate(at: now) }

    /// The message is durable, or could not be made so.
    public mutating func committed(_ reply: Reply, at now: SessionInstant) -> ServerAction {
        if machine.name == .committing, reply.code.severity == .positiveCompletion { counters.countAccepted() }
        return answered(machine.committed(reply, &context), now)
    }

    /// TLS is up: everything said before is forgotten (RFC 3207 §4.2).
    public mutating func secured(at now: SessionInstant) {
        guard machine.name == .securing else { return }
        framer = LineFramer()
        waitingSince = now
        machine.secured(&context)
    }

    /// TLS cannot be begun now.
    public mutating func securingFailed(at now: SessionInstant) -> ServerAction {
        answered(machine.securingFailed(), now)
    }

    /// The server is going down: a session that waits for its client is told so now, another one at its next command.
    public mutating func drain() -> ServerAction {
        isDraining = true
        switch machine.name {
        case .fresh, .ready, .transaction, .betweenChunks, .authenticating, .unwelcome:
            return passing == nil ? closed(.replyAndClose(Reply(.shuttingDown))) : .read
        case .unopened, .checkingCredentials, .securing, .judgingSender, .judgingRecipient, .reservingData,
            .reservingChunk, .receivingData, .receivingChunk, .committing, .closed:
            return .read
        }
    }

    /// The client has closed, or the connection broke.
    public mutating func peerClosed() { machine.abandon(next: .closed, &context) }

    // MARK: Time

    /// When `timePassed` must be called, unless something happens before; nil when the session waits for nobody.
    public var deadline: SessionInstant? {
        let limits = context.configuration.limits
        if passing != nil { return rate.deadline(limits) }
        switch machine.name {
        case .unopened, .reservingData, .reservingChunk, .closed: return nil
        case .unwelcome, .fresh, .ready, .transaction, .betweenChunks, .authenticating:
            return waitingSince.advanced(by: limits.commandTimeout)
        case .securing: return waitingSince.advanced(by: limits.handshakeTimeout)
        case .checkingCredentials, .judgingSender, .judgingRecipient:
            return waitingSince.advanced(by: limits.verdictTimeout)
        case .receivingData, .receivingChunk: return rate.deadline(limits)
        case .committing: return waitingSince.advanced(by: limits.commitTimeout)
        }
    }

    /// The clock says `now`; too early is harmless.
    public mutating func timePassed(at now: SessionInstant) -> ServerAction {
        guard let deadline, now >= deadline else { return .read }
        if passing != nil { return contentIsLate(now) }
        switch machine.name {
        case .unwelcome, .fresh, .ready, .transaction, .betweenChunks, .authenticating:
            let condition: Condition = framer.isInsideLine ? .clientTooSlow : .clientIdle
            return closed(.replyAndClose(Reply(condition)))
        case .securing: return closed(.close)
        case .judgingSender, .judgingRecipient: return judged(.refused(Reply(.filterUnavailable)), at: now)
        case .checkingCredentials:
            return authenticationAnswered(.refused(AuthenticationRefusal(.authBackendDown)), at: now)
        case .receivingData, .receivingChunk: return contentIsLate(now)
        case .committing: return closed(.close)
        case .unopened, .reservingData, .reservingChunk, .closed: return .read
        }
    }

    private mutating func contentIsLate(_ now: SessionInstant) -> ServerAction {
        switch rate.judge(at: now, context.configuration.limits) {
        case .fastEnough: .read
        case .silent: closed(.replyAndClose(Reply(.clientIdle)))
        case .tooSlow: closed(.replyAndClose(Reply(.clientTooSlow)))
        }
    }
}

// MARK: - Lines

extension ServerSession {
    private mutating func commandReceived(_ bytes: Span<UInt8>, _ now: SessionInstant) -> ServerStep {
        let limit = lineLimit(bytes)
        switch framer.next(bytes, limit: limit) {
        case .unfinished(let used):
            guard framer.droppedCount <= context.configuration.limits.discardedLine else {
                return ServerStep(bytes.count, closed(.replyAndClose(Reply(.tooManyErrors))))
            }
            return ServerStep(used, .read)
        // `docs/design/rulings.md` §2: refused, and nothing behind it is read.
        case .bareNewline: return ServerStep(bytes.count, closed(.replyAndClose(Reply(.bareNewlineCommand))))
        case .tooLong(let used):
            waitingSince = now
            return ServerStep(used, finished(.reply(Reply(isReadingAuthentication ? .authLineTooLong : .lineTooLong))))
        case .line(let length):
            waitingSince = now
            return ServerStep(length + 2, command(bytes, length, now))
        }
    }

    private mutating func responseReceived(_ bytes: Span<UInt8>, _ now: SessionInstant) -> ServerStep {
        switch framer.next(bytes, limit: context.configuration.limits.authenticationLine) {
        case .unfinished(let used):
            guard framer.droppedCount <= context.configuration.limits.discardedLine else {
                return ServerStep(bytes.count, closed(.replyAndClose(Reply(.tooManyErrors))))
            }
            return ServerStep(used, .read)
        case .bareNewline: return ServerStep(bytes.count, closed(.replyAndClose(Reply(.bareNewlineCommand))))
        case .tooLong(let used):
            waitingSince = now
            return ServerStep(used, finished(machine.responseTooLong()))
        case .line(let length):
            waitingSince = now
            return ServerStep(length + 2, finished(machine.responded(bytes, length, &context)))
        }
    }

    /// RFC 4954 §4: a line of AUTH may be longer than any other command.
    private mutating func lineLimit(_ bytes: Span<UInt8>) -> Int {
        let limits = context.configuration.limits
        if framer.droppedCount == 0 {
            isReadingAuthentication = !context.configuration.mechanisms.isEmpty && bytes.matches("auth ", at: 0)
        }
        return isReadingAuthentication ? limits.authenticationLine : limits.commandLine
    }

    private mutating func command(_ line: Span<UInt8>, _ length: Int, _ now: SessionInstant) -> ServerAction {
        let (verb, end) = Verb.read(line, length)
        if let ending = ending(verb, now) { return closed(.replyAndClose(Reply(ending))) }
        if let answer = rehearsed(verb, line, length) { return finished(answer) }
        guard verb != .bdat else { return finished(chunk(line, length, from: end)) }
        if let refusal = refusal(of: verb) { return finished(.reply(Reply(refusal))) }
        return finished(perform(verb, line, length, from: end), ofRecipient: verb == .rcpt)
    }

    /// What is said in our place, where somebody rehearses.
    private func rehearsed(_ verb: Verb, _ line: Span<UInt8>, _ length: Int) -> ServerAction? {
        guard let rehearsal = context.configuration.rehearsal, machine.name != .unwelcome else { return nil }
        switch verb {
        case .mail, .rcpt, .data, .bdat: return nil
        case .helo, .ehlo, .lhlo, .rset, .vrfy, .expn, .help, .noop, .quit, .startTLS, .auth, .notImplemented, .unknown:
            break
        }
        let word = Words.next(line, length, from: 0)
        let name = ByteRange(Int(word.start), min(Int(word.end), Int(word.start) + RehearsedCommand.longestVerb))
        let command = RehearsedCommand(
            verb: String(decoding: line.copy(name), as: UTF8.self).uppercased(),
            argument: String(decoding: line.copy(Words.rest(line, length, from: Int(word.end))), as: UTF8.self)
        )
        switch rehearsal.answer(to: command) {
        case nil: return nil
        case .reply(let reply): return .reply(reply)
        case .replyAndClose(let reply): return .replyAndClose(reply)
        }
    }

    /// Why the session ends with this command, whatever it is.
    private mutating func ending(_ verb: Verb, _ now: SessionInstant) -> Condition? {
        let limits = context.configuration.limits
        if let condition = counters.count(verb, limits) { return condition }
        guard verb != .quit else { return nil }
        if isDraining { return .shuttingDown }
        let isBetweenTransactions = machine.name == .fresh || machine.name == .ready
        let isOver = now >= openedAt.advanced(by: limits.sessionDuration)
        return isBetweenTransactions && isOver ? .sessionLimit : nil
    }

    /// Why a command is refused before its arguments are read.
    private func refusal(of verb: Verb) -> Condition? {
        if machine.isUnwelcomeForEver, verb != .quit { return .hostNeverAccepts }
        guard machine.name != .unwelcome else { return CommandOrder.refusal(of: verb, in: .unwelcome) }
        switch verb {
        case .unknown: return .unrecognised
        // RFC 2033 §4.1: LHLO belongs to LMTP.
        // RFC 5321 §4.2.4: 502 for what is known and not had here.
        case .notImplemented, .lhlo: return .notImplemented
        case .auth where context.configuration.mechanisms.isEmpty: return .notImplemented
        case .startTLS where context.isEncrypted: return .tlsAlreadyActive
        case .startTLS where context.configuration.tls != .startTLS: return .notImplemented
        // RFC 3207 §4: "other than NOOP, EHLO, STARTTLS, or QUIT".
        case .helo, .mail, .rcpt, .data, .bdat, .rset, .vrfy, .expn, .help, .auth:
            if context.lacksTLS { return .starttlsRequired }
        case .ehlo, .noop, .quit, .startTLS: break
        }
        if let refusal = CommandOrder.refusal(of: verb, in: machine.name) { return refusal }
        switch verb {
        // RFC 6409 §4.3, RFC 4954 §6
        case .mail, .rcpt, .data, .bdat:
            return context.configuration.demandsAuthentication && !context.isAuthenticated ? .authRequired : nil
        // RFC 4954 §4: after success, no more AUTH in the session.
        case .auth: return context.isAuthenticated ? .badSequence : nil
        case .helo, .ehlo, .lhlo, .rset, .vrfy, .expn, .help, .noop, .quit, .startTLS, .notImplemented, .unknown:
            return nil
        }
    }

    private mutating func perform(
        _ verb: Verb,
        _ line: Span<UInt8>,
        _ length: Int,
        from start: Int
    ) -> ServerAction {
        let rest = Words.rest(line, length, from: start)
        switch verb {
        case .helo: return hello(line, rest, isExtended: false)
        case .ehlo: return hello(line, rest, isExtended: true)
        case .mail: return mail(line, length, from: start)
        case .rcpt: return machine.recipient(line, length, from: start, context)
        case .data: return rest.isEmpty ? machine.data() : .reply(Reply(.badArgument))
        case .rset: return rest.isEmpty ? machine.reset(&context) : .reply(Reply(.badArgument))
        case .quit: return rest.isEmpty ? closed(.replyAndClose(Reply(.quit))) : .reply(Reply(.badArgument))
        case .startTLS: return rest.isEmpty ? machine.startTLS() : .reply(Reply(.badArgument))
        case .noop: return .reply(Reply(.commandOk))
        // RFC 5321 §3.5.1, §7.3: neither confirmed nor denied.
        case .vrfy, .expn: return .reply(Reply(rest.isEmpty ? .badArgument : .vrfyUnconfirmed))
        case .help: return .reply(Reply(.help, lines: Self.helpLines))
        case .auth: return authenticate(line, length, from: start)
        case .bdat, .lhlo, .notImplemented, .unknown: return .reply(Reply(.notImplemented))
        }
    }

    private static let helpLines = [
        "Commands: HELO EHLO MAIL RCPT DATA BDAT RSET NOOP QUIT VRFY EXPN HELP STARTTLS AUTH",
        "See RFC 5321",
    ]

    private mutating func hello(_ line: Span<UInt8>, _ name: ByteRange, isExtended: Bool) -> ServerAction {
        // RFC 5321 §4.1.1.1: the argument is not optional; whether it is a name is policy (5.5.2-bad-helo, off).
        guard !name.isEmpty else { return .reply(Reply(.badArgument)) }
        let text = ClientName.sanitised(line, name)
        return machine.hello(Greeted(isExtended: isExtended), text, &context)
    }

    private mutating func mail(_ line: Span<UInt8>, _ length: Int, from start: Int) -> ServerAction {
        let limits = context.configuration.limits
        context.transactions += 1
        // RFC 9422 §4.1: every MAIL counts.
        guard context.transactions <= limits.transactions else { return .replyAndClose(Reply(.sessionCap)) }
        guard let greeted = machine.greeted else { return .reply(Reply(.badSequence)) }
        do throws(CommandSyntaxError) {
            let command = try MailCommand.read(
                line,
                length,
                from: start,
                offered: context.offeredParameters(greeted)
            )
            // RFC 1870 §6.1
            if let size = command.size, size > limits.messageSize { return .reply(Reply(.tooBigSize)) }
            return machine.mail(command, line, &context)
        } catch {
            return .reply(error.reply(line))
        }
    }

    private mutating func authenticate(_ line: Span<UInt8>, _ length: Int, from start: Int) -> ServerAction {
        do throws(CommandSyntaxError) {
            let command = try AuthCommand.read(line, length, from: start)
            return machine.authenticate(command, line, &context)
        } catch {
            return .reply(error.reply(line))
        }
    }
}

// MARK: - Content

extension ServerSession {
    /// BDAT: its octets follow at once, so that also a refused one has to be framed.
    private mutating func chunk(_ line: Span<UInt8>, _ length: Int, from start: Int) -> ServerAction {
        let command: ChunkCommand
        do throws(CommandSyntaxError) {
            command = try ChunkCommand.read(line, length, from: start)
        } catch {
            // RFC 3030 §2: where the chunk ends is unknown, hence also where the next command begins.
            return closed(.replyAndClose(error.reply(line)))
        }
        if let refusal = refusal(of: .bdat) { return pass(command.size, then: .reply(Reply(refusal))) }
        guard command.isWellFormed else { return pass(command.size, then: .reply(Reply(.badArgument))) }
        let action = machine.chunk(command, &context)
        switch action {
        case .reply, .replyAndDropContent: return pass(command.size, then: action)
        case .read, .replyAndClose, .close, .startTLS, .judgeSender, .judgeRecipient, .authenticate, .reserveContent,
            .content, .dropContent, .commit:
            return action
        }
    }

    /// Says what is to be said once the octets of a refused chunk have passed.
    private mutating func pass(_ octets: Int, then reply: ServerAction) -> ServerAction {
        guard octets > 0 else { return reply }
        passing = PassedChunk(remaining: octets, reply: reply)
        rate = ContentRate(at: waitingSince)
        return .read
    }

    private mutating func passOver(_ bytes: Span<UInt8>, _ now: SessionInstant) -> ServerStep {
        guard var passed = passing else { return ServerStep(0, .read) }
        let used = min(passed.remaining, bytes.count)
        passed.remaining -= used
        rate.count(used, at: now)
        guard passed.remaining == 0 else {
            passing = passed
            return ServerStep(used, .read)
        }
        passing = nil
        waitingSince = now
        return ServerStep(used, finished(passed.reply))
    }

    private mutating func contentReceived(_ bytes: Span<UInt8>, _ now: SessionInstant) -> ServerStep {
        let (used, action) = machine.contentReceived(bytes, &context)
        rate.count(used, at: now)
        switch machine.name {
        case .receivingData, .receivingChunk: return ServerStep(used, action)
        case .unopened, .unwelcome, .fresh, .ready, .authenticating, .checkingCredentials, .securing, .judgingSender,
            .transaction, .judgingRecipient, .reservingData, .reservingChunk, .betweenChunks, .committing, .closed:
            waitingSince = now
            return ServerStep(used, finished(action))
        }
    }
}

// MARK: - Endings

extension ServerSession {
    private mutating func answered(
        _ action: ServerAction,
        _ now: SessionInstant,
        ofRecipient: Bool = false
    ) -> ServerAction {
        waitingSince = now
        return finished(action, ofRecipient: ofRecipient)
    }

    /// Counts refusals, and ends the session where a reply says so.
    private mutating func finished(_ action: ServerAction, ofRecipient: Bool = false) -> ServerAction {
        switch action {
        case .reply(let reply), .replyAndDropContent(let reply):
            // RFC 5321 §3.8: 421 is said by a server that closes.
            if reply.code.rawValue == 421 { return closed(.replyAndClose(reply)) }
            guard reply.code.severity == .permanentNegative,
                counters.countRefusal(ofRecipient: ofRecipient, context.configuration.limits)
            else { return action }
            return closed(.replyAndClose(Reply(.tooManyErrors)))
        case .replyAndClose, .close: return closed(action)
        case .read, .startTLS, .judgeSender, .judgeRecipient, .authenticate, .reserveContent, .content, .dropContent,
            .commit:
            return action
        }
    }

    private mutating func closed(_ action: ServerAction) -> ServerAction {
        passing = nil
        machine.abandon(next: .closed, &context)
        return action
    }
}

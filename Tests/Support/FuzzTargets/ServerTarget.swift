import MailFormat
import SMTPProtocol
import StatusCodes

/// Plays the input as a client's octets to a server, at once and in pieces.
func fuzzServer(_ input: [UInt8]) {
    guard let choice = input.first else { return }
    var cut = FuzzPieces(Array(input.dropFirst()))
    let octets = cut.payload
    let pieces = cut.pieces()
    let configuration = configuration(choice)
    let atOnce = PlayedServer.play(configuration, [octets])
    let inPieces = PlayedServer.play(configuration, pieces)
    // What is buffered behind STARTTLS must end the session, and whether it is depends on the pieces.
    if configuration.tls != .startTLS {
        mustHold(atOnce == inPieces, "a session does not depend on how its octets are cut")
    }
}

/// Roles, mechanisms and limits small enough to be reached.
private func configuration(_ choice: UInt8) -> ServerConfiguration {
    var limits = ServerLimits()
    if choice & 1 != 0 {
        limits.commandLine = 512
        limits.discardedLine = 4096
        limits.textLine = 1000
        limits.messageSize = 2000
        limits.recipients = 3
        limits.errors = 5
    }
    let tls: TLSMode = choice & 6 == 2 ? .startTLS : choice & 6 == 4 ? .implicit : .none
    var configuration = ServerConfiguration(
        hostname: "mx.example.net",
        role: choice & 8 == 0 ? .mx : .submission,
        tls: tls,
        mechanisms: choice & 16 == 0 ? [] : AuthenticationMechanism.allCases,
        mechanismSource: ServerMechanisms(primitives: ToyPrimitives(), secret: [1, 2, 3], iterations: 4096),
        limits: limits
    )
    if choice & 32 != 0 {
        configuration.demandsTLS = false
        configuration.demandsAuthentication = false
        configuration.protectsPasswords = false
    }
    return configuration
}

/// What a server said and took over.
private struct PlayedServer: Equatable {
    private struct Message: Equatable {
        var envelope: Envelope
        var content: [UInt8]
    }

    private var said: [UInt8] = []
    private var messages: [Message] = []
    private var collected: [UInt8] = []
    private var isClosed = false

    static func play(_ configuration: ServerConfiguration, _ pieces: [[UInt8]]) -> Self {
        var played = Self()
        var session = ServerSession(
            configuration: configuration,
            isEncrypted: configuration.tls == .implicit,
            at: .zero
        )
        played.perform(session.open(refusal: nil, at: .zero), [], &session)
        var input: [UInt8] = []
        for piece in pieces where !played.isClosed {
            input += piece
            played.read(&input, &session)
        }
        if !played.isClosed { session.peerClosed() }
        mustHold(session.acceptedCount == played.messages.count, "every message counted was committed, and no other")
        mustHold(session.envelope == nil && session.submission == nil, "a closed session holds no mail")
        played.checkReplies()
        // What was under way at the end was promised to nobody.
        played.collected = []
        return played
    }

    private mutating func read(_ input: inout [UInt8], _ session: inout ServerSession) {
        // Each step uses an octet or leads on; none may go round for ever.
        var steps = 4 * input.count + 64
        while !isClosed {
            let step = session.received(input.span, at: .zero)
            mustHold(step.used >= 0 && step.used <= input.count, "no more is used than there is")
            if case .read = step.action, step.used == 0 { return }
            perform(step.action, input, &session)
            input.removeFirst(step.used)
            steps -= 1
            mustHold(steps > 0, "a session comes to an end with its input")
        }
    }

    /// Performs an action and those that its answer leads to.
    private mutating func perform(_ first: ServerAction, _ input: [UInt8], _ session: inout ServerSession) {
        var action = first
        for _ in 0..<64 {
            switch action {
            case .read: return
            case .reply(let reply): return say(reply)
            case .replyAndDropContent(let reply):
                collected = []
                return say(reply)
            case .replyAndClose(let reply):
                say(reply)
                isClosed = true
                return session.peerClosed()
            case .close:
                isClosed = true
                return session.peerClosed()
            case .startTLS(let reply):
                say(reply)
                // The driver looks at what is buffered before it begins the handshake.
                return session.secured(at: .zero)
            case .judgeSender: action = session.judged(verdict(session.envelope?.reversePath, session), at: .zero)
            case .judgeRecipient: action = session.judged(verdict(session.recipient?.address, session), at: .zero)
            case .authenticate(let question): action = session.authenticationAnswered(answer(question), at: .zero)
            case .reserveContent:
                let isTooMuch = (session.declaredSize ?? 0) == 777 || session.chunkSize == 777
                action =
                    isTooMuch
                    ? session.contentRefused(Reply(.diskFull), at: .zero) : session.contentReserved(at: .zero)
            case .content(let range):
                mustHold(range.start >= 0 && Int(range.end) <= input.count && !range.isEmpty, "content is of the input")
                collected += input[range.offsets]
                return
            case .dropContent:
                collected = []
                return
            case .commit: action = commit(&session)
            }
        }
        mustHold(false, "one event leads to few actions")
    }

    private mutating func commit(_ session: inout ServerSession) -> ServerAction {
        guard let (envelope, _) = session.submission else { fatalError("a commit has its submission") }
        check(envelope)
        if envelope.body != .binaryMIME {
            mustHold(!hasBareLineEnd(collected), "no bare CR or LF comes in")
        }
        let isKept = collected.count % 7 != 3
        if isKept { messages.append(Message(envelope: envelope, content: collected)) }
        collected = []
        return session.committed(isKept ? Reply(.queued, "queued") : Reply(.localError), at: .zero)
    }

    private func check(_ envelope: Envelope) {
        mustHold(!envelope.recipients.isEmpty, "a message has a recipient")
        let ranges = envelope.recipients.flatMap { [$0.address, $0.domain, $0.originalRecipient] }
        for range in ranges + [envelope.reversePath, envelope.envelopeID] {
            mustHold(
                range.start >= 0 && range.start <= range.end && Int(range.end) <= envelope.arena.count,
                "an envelope's parts lie in its arena"
            )
        }
        for recipient in envelope.recipients { mustHold(!recipient.address.isEmpty, "a recipient has an address") }
        for byte in envelope.arena { mustHold(byte != 0x0A && byte != 0x0D, "no line end gets into an envelope") }
    }

    /// Addresses with an x are refused, those with a y are forwarded.
    private func verdict(_ range: ByteRange?, _ session: borrowing ServerSession) -> Verdict {
        guard let range, let envelope = session.envelope else { fatalError("what is judged can be looked at") }
        mustHold(Int(range.end) <= envelope.arena.count, "what is judged lies in the envelope")
        let bytes = envelope.arena[range.offsets]
        if bytes.contains(UInt8(ascii: "x")) { return .refused(Reply(.relayDenied)) }
        return .accepted
    }

    private func answer(_ question: AuthenticationQuestion) -> AuthenticationAnswer {
        switch question {
        case .password(let asked) where asked.password.first == UInt8(ascii: "w"):
            .refused(AuthenticationRefusal(.credentialsInvalid))
        case .password, .scramProof: .accepted(account: "toy")
        case .scramVerifier:
            .verifier(
                SCRAMVerifier(
                    account: "toy",
                    salt: [9, 9],
                    iterations: 4096,
                    storedKey: [UInt8](repeating: 1, count: 32),
                    serverKey: [UInt8](repeating: 2, count: 32)
                )
            )
        }
    }

    private mutating func say(_ reply: Reply) { reply.render(into: &said) }

    /// RFC 5321 §4.2: lines of three digits and a separator, ended by CRLF, none longer than 512 octets.
    private func checkReplies() {
        mustHold(!hasBareLineEnd(said), "no bare CR or LF is said")
        for line in said.split(separator: 0x0A) {
            mustHold(line.count >= 5 && line.count < 512 && line.last == 0x0D, "a reply line has its bounds")
            let isCode = line.prefix(3).allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
            let separator = line[line.startIndex + 3]
            mustHold(isCode && (separator == 0x20 || separator == 0x2D), "a reply line begins with its code")
        }
    }
}

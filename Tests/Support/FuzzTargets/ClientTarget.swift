import MailFormat
import SMTPProtocol

/// Plays the input as a server's words to a client with three messages, at once and in pieces.
func fuzzClient(_ input: [UInt8]) {
    guard let choice = input.first else { return }
    var cut = FuzzPieces(Array(input.dropFirst()))
    let words = cut.payload
    let pieces = cut.pieces()
    let atOnce = PlayedClient.play(settings(choice), [words])
    let inPieces = PlayedClient.play(settings(choice), pieces)
    // What is buffered behind a 220 to STARTTLS must end the session, and whether it is depends on the pieces.
    if choice & 3 == 0 { mustHold(atOnce == inPieces, "a session does not depend on how its words are cut") }
}

private func settings(_ choice: UInt8) -> ClientSettings {
    let uses: [ClientSettings.TLSUse] = [.never, .opportunistic, .mandatory, .implicit]
    let credentials = ClientCredentials(account: "user", password: Array("secret".utf8))
    return ClientSettings(
        heloName: "client.example",
        dialect: choice & 4 == 0 ? .smtp : .lmtp,
        tls: uses[Int(choice & 3)],
        login: choice & 8 == 0
            ? nil : ClientLogin(credentials: credentials, primitives: ToyPrimitives(), permitsClearText: true),
        withheld: choice & 16 == 0 ? [] : [.chunking]
    )
}

/// What a client did: what it wrote, and how each message ended.
private struct PlayedClient: Equatable {
    var output: [UInt8] = []
    var outcomes: [[RecipientOutcome]] = []
    private var submitted: [Int] = []
    private var isClosed = false

    static func play(_ settings: ClientSettings, _ pieces: [[UInt8]]) -> Self {
        var played = Self()
        var session = ClientSession(settings)
        var buffer: [UInt8] = []
        for piece in pieces where !played.isClosed {
            buffer += piece
            while !played.isClosed, !buffer.isEmpty {
                let step = session.received(buffer.span)
                mustHold(step.consumed >= 0 && step.consumed <= buffer.count, "no more is used than there is")
                guard step.consumed > 0 || step.action != .wait else { break }
                buffer.removeFirst(step.consumed)
                played.perform(step.action, &session)
            }
        }
        if !played.isClosed { played.perform(session.lost(.closed("")), &session) }
        mustHold(played.outcomes.count == played.submitted.count, "every message handed over has its report")
        for (outcomes, count) in zip(played.outcomes, played.submitted) {
            mustHold(outcomes.count == count, "every recipient has its outcome")
        }
        mustHold(session.stateName == "closed", "a session that was lost is closed")
        return played
    }

    private mutating func perform(_ first: ClientAction, _ session: inout ClientSession) {
        var action = first
        for _ in 0..<64 {
            session.drainOutput { written in
                for index in written.indices { output.append(written[index]) }
            }
            switch action {
            case .wait: return
            case .sendContent: action = session.contentSent()
            case .derive: action = session.derived([UInt8](repeating: 7, count: 32))
            case .startTLS: action = session.tlsEstablished()
            case .established, .finished:
                takeReports(&session)
                handOver(&session)
                action = session.proceed()
            case .close:
                takeReports(&session)
                isClosed = true
                return
            }
        }
        mustHold(false, "one event leads to few actions")
    }

    private mutating func takeReports(_ session: inout ClientSession) {
        while let report = session.takeReport() {
            let position = outcomes.count
            mustHold(position < submitted.count, "no report without a message")
            outcomes.append((0..<submitted[position]).map { Self.withoutDetail(report[$0]) })
        }
    }

    /// Which of several faults of one garbled line is named first may depend on the pieces; what follows may not.
    private static func withoutDetail(_ outcome: RecipientOutcome) -> RecipientOutcome {
        guard case .failed(var failure) = outcome, case .condition(let condition, _) = failure.cause else {
            return outcome
        }
        failure.cause = .condition(condition, detail: "")
        return .failed(failure)
    }

    private mutating func handOver(_ session: inout ClientSession) {
        while submitted.count < 3, session.canTakeTransaction {
            let transaction = Self.transaction(recipients: submitted.count + 1)
            submitted.append(transaction.recipientCount)
            session.submit(transaction)
        }
    }

    private static func transaction(recipients count: Int) -> ClientTransaction {
        let sender = Array("sender@origin.example".utf8)
        let recipient = Array("box@dest.example".utf8)
        let address = ByteRange(sender.count, sender.count + recipient.count)
        let row = Envelope.Recipient(
            address: address,
            domain: ByteRange(sender.count + 4, sender.count + recipient.count)
        )
        let envelope = Envelope(
            arena: sender + recipient,
            reversePath: ByteRange(0, sender.count),
            recipients: [Envelope.Recipient](repeating: row, count: count),
            body: count == 2 ? .eightBitMIME : .sevenBit,
            smtpUTF8: count == 3,
            returned: .headers
        )
        return ClientTransaction(envelope: envelope, content: ContentNeeds(byteCount: 1000, declaredIn: envelope))
    }
}

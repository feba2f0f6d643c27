/// The client's half of one SMTP or LMTP session (RFC 5321 §3, RFC 2033): no sockets, no clock, no logging.
///
/// Events go in, one action comes out, and what has to be written lies in the output (`drainOutput`). A driver does the
/// same after every event: write the output, perform the action. Transactions are handed over one ahead: with
/// PIPELINING the next one's commands ride behind the content of the one in work.
///
///     S: 220 …            received → output EHLO
///     S: 250-PIPELINING   received → .established; tell the owner, proceed
///                         submit, proceed → output MAIL RCPT DATA
///     S: 250 250 354      received → .sendContent(.dotStuffed); stream it, contentSent
///     S: 250              received → .finished; takeReport, proceed
public struct ClientSession: ~Copyable {
    private var machine: ClientMachine
    private var world: ClientWorld
    /// The transactions handed over whose reports were not fetched yet.
    private var transactionsInHand = 0

    /// A session at the moment when its connection is open.
    public init(_ settings: ClientSettings) {
        self.machine = ClientMachine(startsEncrypted: settings.tls == .implicit)
        self.world = ClientWorld(settings: settings)
    }

    // MARK: Events

    /// Looks at what was received; to be called again with the rest until it consumes nothing.
    public mutating func received(_ bytes: Span<UInt8>) -> ClientStep {
        switch world.parser.parse(bytes) {
        case .needMore: return ClientStep(consumed: 0, action: .wait)
        case .invalid(let error): return ClientStep(consumed: bytes.count, action: lost(.garbled(error)))
        case .reply(let found):
            let action = machine.replied(ReceivedReply(found: found), bytes, &world)
            return ClientStep(consumed: found.byteCount, action: action)
        }
    }

    /// Takes a transaction over, before a call of `proceed`; `canTakeTransaction` must be true.
    public mutating func submit(_ transaction: ClientTransaction) {
        precondition(canTakeTransaction && transaction.recipientCount > 0, "a session takes one transaction ahead")
        transactionsInHand += 1
        world.waiting.append(transaction)
    }

    /// A transaction was handed over, reports were fetched, or the owner was told that the session is established.
    public mutating func proceed() -> ClientAction { machine.proceed(&world) }

    /// The TLS handshake is done.
    public mutating func tlsEstablished() -> ClientAction { machine.done(.handshake, &world) }

    /// The derivation that `.derive` asked for is done.
    public mutating func derived(_ saltedPassword: [UInt8]) -> ClientAction {
        machine.done(.derivation(saltedPassword), &world)
    }

    /// The last octet of content, and what ends it, is written.
    public mutating func contentSent() -> ClientAction { machine.done(.content, &world) }

    /// The session cannot go on.
    public mutating func lost(_ loss: ClientLoss) -> ClientAction { machine.lost(loss, &world) }

    /// An unused session is asked whether it lives (NOOP); does nothing in one that is used.
    public mutating func probe() -> ClientAction { machine.probe(&world) }

    /// The owner wants no more: QUIT follows when what was handed over has its reports.
    public mutating func close() -> ClientAction {
        world.isClosing = true
        return machine.proceed(&world)
    }

    // MARK: Answers

    /// Gives what has to be written, and forgets it; not called when there is nothing.
    public mutating func drainOutput(_ write: (Span<UInt8>) -> Void) {
        guard !world.output.bytes.isEmpty else { return }
        write(world.output.bytes.span)
        world.output.clear()
    }

    /// The oldest report not fetched yet, in the order in which transactions were handed over.
    public mutating func takeReport() -> TransactionReport? {
        guard let report = world.takeReport() else { return nil }
        transactionsInHand -= 1
        return report
    }

    /// Whether a transaction may be handed over now.
    public var canTakeTransaction: Bool {
        guard transactionsInHand < 2, !world.isClosing, world.failure == nil else { return false }
        switch machine.name {
        case .quitting, .closed: return false
        default: break
        }
        // RFC 9422 §4.1
        return world.transactionCount + transactionsInHand < world.capabilities.maximumTransactions ?? .max
    }

    /// Whether no transaction is in hand.
    public var isIdle: Bool { transactionsInHand == 0 }
    /// What the peer announced, once the session is established.
    public var capabilities: PeerCapabilities? { world.isEstablished ? world.capabilities : nil }
    /// Whether the peer offers STARTTLS, as far as it has said what it offers; also before the session is ready.
    package var offersTLS: Bool { world.capabilities.offers(.startTLS) }
    /// Whether the session is encrypted.
    public var isEncrypted: Bool { world.isEncrypted }
    /// Why the session failed; nil while it goes on and when it ended in peace.
    public var failure: ClientFailure? { world.failure }
    /// The state's name, for logs and tests.
    public var stateName: String { machine.name.rawValue }

    /// How long to wait for what comes next, from the moment of the latest event; nil: for ever (RFC 5321 §4.5.3.2).
    public var patience: Duration? {
        let times = world.settings.timeouts
        return switch machine.name {
        case .securing, .handshaking, .awaitingSTARTTLS: times.startTLS
        case .awaitingGreeting: times.greeting
        case .awaitingEHLO, .awaitingHELO: times.helo
        case .authenticating: times.auth
        case .ready, .closed: nil
        case .opening: machine.openingPatience(times)
        case .streaming: times.dataBlock
        case .finishing: times.dataEnd
        case .resetting, .probing: times.reset
        case .quitting: times.quit
        }
    }
}

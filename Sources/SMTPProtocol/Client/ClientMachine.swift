import StatusCodes

/// A reply at the start of what was received.
struct ReceivedReply {
    let found: ReplyParser.Found

    var code: ReplyCode { found.code }
    var severity: ReplyCode.Severity { found.code.severity }
    /// RFC 5321 §3.8: the peer closes the connection, whatever it was asked.
    var isClosing: Bool { code.rawValue == 421 }
}

/// What a driver does for a session.
enum ClientWork: Hashable {
    /// The TLS handshake is done.
    case handshake
    /// The salted password that was asked for.
    case derivation([UInt8])
    /// The last octet of content, and what ends it, is written.
    case content
}

/// The client's half of a session as states and transitions; what is known beside the state is `ClientWorld`.
///
///     securing ─▶ awaitingGreeting ─▶ awaitingEHLO ─▶ awaitingHELO ─▶ ready
///                                       │  ▲                           │ ▲
///                  awaitingSTARTTLS ◀───┘  └─── handshaking            │ └── resetting, probing
///                        └────────────────────────▲                    ▼          ▲
///                  authenticating ─▶ ready               opening ─▶ streaming ─▶ finishing ─▶ opening (the rider)
struct ClientMachine: ~Copyable {
    /// A transaction whose commands were written behind the content of the one before it (RFC 2920 §3.1).
    struct Rider {
        let transaction: ClientTransaction
        let flight: ClientExchange.Flight
    }

    enum State: ~Copyable {
        /// Implicit TLS: the handshake comes first.
        case securing
        case awaitingGreeting
        case awaitingEHLO
        case awaitingHELO
        case awaitingSTARTTLS
        case handshaking
        case authenticating(any ClientMechanism)
        case ready
        /// MAIL, RCPT, DATA are said, or some of them.
        case opening(ClientExchange)
        /// The driver sends content.
        case streaming(ClientExchange)
        /// All content is sent.
        case finishing(ClientExchange, Rider?)
        /// RSET is said; the payload is a transaction to be said once more.
        case resetting(ClientTransaction?)
        /// NOOP is said.
        case probing
        /// QUIT is said.
        case quitting
        case closed
    }

    struct Step: ~Copyable {
        let next: State
        let action: ClientAction

        init(_ next: consuming State, _ action: ClientAction = .wait) {
            self.next = next
            self.action = action
        }
    }

    private(set) var state: State

    private init(_ state: consuming State) { self.state = state }

    init(startsEncrypted: Bool) { self.init(startsEncrypted ? .securing : .awaitingGreeting) }

    // MARK: Events

    /// A complete reply; `bytes` begins with it and may hold more.
    mutating func replied(_ reply: ReceivedReply, _ bytes: Span<UInt8>, _ world: inout ClientWorld) -> ClientAction {
        let step =
            switch consume self.state {
            case .securing: Self.lost(.garbled(nil), stage: .tls, &world)
            case .awaitingGreeting: Self.greeting(reply, bytes, &world)
            case .awaitingEHLO: Self.ehlo(reply, bytes, &world)
            case .awaitingHELO: Self.helo(reply, bytes, &world)
            case .awaitingSTARTTLS: Self.startTLS(reply, bytes, &world)
            case .handshaking: Self.lost(.injected, stage: .starttls, &world)
            case .authenticating(let mechanism): Self.authenticating(mechanism, reply, bytes, &world)
            case .ready: Self.unasked(reply, &world)
            case .opening(let exchange): Self.opening(exchange, reply, bytes, &world)
            case .streaming(let exchange): Self.interrupted(exchange, reply, bytes, &world)
            case .finishing(let exchange, let rider): Self.finishing(exchange, rider, reply, bytes, &world)
            case .resetting(let again): Self.resetting(again, reply, bytes, &world)
            case .probing: Self.probing(reply, bytes, &world)
            case .quitting: Step(.closed, .close)
            case .closed: Step(.closed)
            }
        let action = step.action
        self = Self(step.next)
        return action
    }

    /// The connection is gone, or has to go.
    mutating func lost(_ loss: ClientLoss, _ world: inout ClientWorld) -> ClientAction {
        let step =
            switch consume self.state {
            case .securing: Self.lost(loss, stage: .tls, &world)
            case .awaitingGreeting: Self.lost(loss, stage: .greeting, &world)
            case .awaitingEHLO: Self.lost(loss, stage: .helo, &world)
            case .awaitingHELO: Self.lost(loss, stage: .helo, &world)
            case .awaitingSTARTTLS: Self.lost(loss, stage: .starttls, &world)
            case .handshaking: Self.lost(loss.duringHandshake, stage: .tls, &world)
            case .authenticating: Self.lost(loss, stage: .auth, &world)
            case .ready: Self.lostIdle(loss, &world)
            case .opening(let exchange): Self.lost(loss, exchange, &world)
            case .streaming(let exchange): Self.lostStreaming(loss, exchange, &world)
            case .finishing(let exchange, let rider): Self.lost(loss, exchange, rider, &world)
            case .resetting(let again): Self.lost(loss, resetting: again, &world)
            case .probing: Self.lostIdle(loss, &world)
            case .quitting: Step(.closed, .close)
            case .closed: Step(.closed)
            }
        let action = step.action
        self = Self(step.next)
        return action
    }

    /// What the driver was asked for is done.
    mutating func done(_ work: ClientWork, _ world: inout ClientWorld) -> ClientAction {
        let step =
            switch consume self.state {
            case .securing: work == .handshake ? Step(.awaitingGreeting) : Self.misused(work)
            case .handshaking: work == .handshake ? Self.secured(&world) : Self.misused(work)
            case .authenticating(let mechanism): Self.derived(mechanism, work, &world)
            case .streaming(let exchange):
                work == .content ? Self.finished(streaming: exchange, &world) : Self.misused(work)
            // The session may have ended while the driver worked.
            case .quitting: Step(.quitting)
            case .closed: Step(.closed)
            case .awaitingGreeting: Self.misused(work)
            case .awaitingEHLO: Self.misused(work)
            case .awaitingHELO: Self.misused(work)
            case .awaitingSTARTTLS: Self.misused(work)
            case .ready: Self.misused(work)
            case .opening: Self.misused(work)
            case .finishing: Self.misused(work)
            case .resetting: Self.misused(work)
            case .probing: Self.misused(work)
            }
        let action = step.action
        self = Self(step.next)
        return action
    }

    /// Something may begin: a transaction was handed over, a report was fetched, the owner wants to close.
    mutating func proceed(_ world: inout ClientWorld) -> ClientAction {
        let step =
            switch consume self.state {
            case .ready: Self.next(&world)
            case .finishing(let exchange, let rider): Self.board(exchange, rider, &world)
            case .securing: Self.leave(.securing, &world)
            case .awaitingGreeting: Self.leave(.awaitingGreeting, &world)
            case .awaitingEHLO: Self.leave(.awaitingEHLO, &world)
            case .awaitingHELO: Self.leave(.awaitingHELO, &world)
            case .awaitingSTARTTLS: Self.leave(.awaitingSTARTTLS, &world)
            case .handshaking: Self.leave(.handshaking, &world)
            case .authenticating(let mechanism): Self.leave(.authenticating(mechanism), &world)
            case .opening(let exchange): Step(.opening(exchange))
            case .streaming(let exchange): Step(.streaming(exchange))
            case .resetting(let again): Step(.resetting(again))
            case .probing: Step(.probing)
            case .quitting: Step(.quitting)
            case .closed: Step(.closed)
            }
        let action = step.action
        self = Self(step.next)
        return action
    }

    /// An idle session is asked whether it lives.
    mutating func probe(_ world: inout ClientWorld) -> ClientAction {
        guard name == .ready else { return .wait }
        world.output.noop()
        self = Self(.probing)
        return .wait
    }

    static func misused(_ work: ClientWork) -> Step { preconditionFailure("\(work) was not asked for") }
}

import StatusCodes

/// From the greeting to a session that takes mail.
extension ClientMachine {
    /// RFC 5321 §3.1, §4.3.1: 220 and nothing else opens a session.
    static func greeting(_ reply: ReceivedReply, _ bytes: Span<UInt8>, _ world: inout ClientWorld) -> Step {
        guard reply.severity == .positiveCompletion else { return unwelcome(.greeting, reply, bytes, &world) }
        return hello(&world)
    }

    private static func hello(_ world: inout ClientWorld) -> Step {
        switch world.settings.dialect {
        case .smtp: world.output.hello(.ehlo, name: world.settings.heloName)
        case .lmtp: world.output.hello(.lhlo, name: world.settings.heloName)
        }
        return Step(.awaitingEHLO)
    }

    /// RFC 5321 §3.2: EHLO first, HELO where the peer does not know it.
    static func ehlo(_ reply: ReceivedReply, _ bytes: Span<UInt8>, _ world: inout ClientWorld) -> Step {
        switch reply.severity {
        case .positiveCompletion:
            world.capabilities = PeerCapabilities(reply.found, in: bytes)
            return greeted(&world)
        case .permanentNegative where world.permitsHELO:
            world.output.hello(.helo, name: world.settings.heloName)
            return Step(.awaitingHELO)
        case .positiveIntermediate, .transientNegative, .permanentNegative:
            return unwelcome(.helo, reply, bytes, &world)
        }
    }

    static func helo(_ reply: ReceivedReply, _ bytes: Span<UInt8>, _ world: inout ClientWorld) -> Step {
        guard reply.severity == .positiveCompletion else { return unwelcome(.helo, reply, bytes, &world) }
        world.capabilities = PeerCapabilities()
        return greeted(&world)
    }

    /// The peer is known: first TLS, then AUTH, then mail.
    private static func greeted(_ world: inout ClientWorld) -> Step {
        if world.wantsTLS {
            world.output.startTLS()
            return Step(.awaitingSTARTTLS)
        }
        if world.settings.tls == .mandatory, !world.isEncrypted {
            return failed(.tlsPolicy, .condition(.tlsRequiredNotOffered, detail: ""), &world)
        }
        if let login = world.settings.login, !world.isAuthenticated { return authenticate(login, &world) }
        world.isEstablished = true
        return Step(.ready, .established)
    }

    // MARK: TLS

    static func startTLS(_ reply: ReceivedReply, _ bytes: Span<UInt8>, _ world: inout ClientWorld) -> Step {
        switch reply.severity {
        case .positiveCompletion:
            // Whoever put octets behind the 220 wants them to be taken for replies of the secured session.
            guard bytes.count == reply.found.byteCount else { return lost(.injected, stage: .starttls, &world) }
            return Step(.handshaking, .startTLS)
        case .positiveIntermediate: return lost(.garbled(nil), stage: .starttls, &world)
        case .transientNegative, .permanentNegative:
            // RFC 3207 §4.1: the client decides whether to go on without.
            guard world.settings.tls == .opportunistic, !reply.isClosing else {
                return refused(.starttls, reply, bytes, &world)
            }
            world.isTLSRefused = true
            return greeted(&world)
        }
    }

    /// RFC 3207 §4.2: what was learnt in clear is forgotten, and EHLO said again.
    static func secured(_ world: inout ClientWorld) -> Step {
        world.isEncrypted = true
        world.capabilities = PeerCapabilities()
        return hello(&world)
    }

    // MARK: Refusals

    /// A reply in place of a positive one: a refusal, or a 3yz that makes no sense.
    private static func unwelcome(
        _ stage: Stage,
        _ reply: ReceivedReply,
        _ bytes: Span<UInt8>,
        _ world: inout ClientWorld
    ) -> Step {
        reply.severity == .positiveIntermediate
            ? lost(.garbled(nil), stage: stage, &world) : refused(stage, reply, bytes, &world)
    }

    /// The peer's reply ends the session: said goodbye to unless it has closed already (421).
    static func refused(
        _ stage: Stage,
        _ reply: ReceivedReply,
        _ bytes: Span<UInt8>,
        _ world: inout ClientWorld
    ) -> Step {
        let failure = world.sessionFailure(stage, .reply(world.copy(reply, bytes)))
        world.end(failure)
        return reply.isClosing ? Step(.closed, .close) : quit(&world)
    }

    /// We end the session for a reason of our own.
    static func failed(_ stage: Stage, _ cause: ClientFailure.Cause, _ world: inout ClientWorld) -> Step {
        world.end(world.sessionFailure(stage, cause))
        return quit(&world)
    }

    static func quit(_ world: inout ClientWorld) -> Step {
        world.output.quit()
        return Step(.quitting, .finished)
    }
}

extension ClientWorld {
    /// EHLO may be followed by HELO only where nothing is needed that HELO cannot give (`docs/design/rulings.md` §3).
    fileprivate var permitsHELO: Bool {
        settings.dialect == .smtp && !isEncrypted && settings.tls != .mandatory && settings.login == nil
            && !waiting.contains { $0.content.needsSMTPUTF8 }
    }

    fileprivate var wantsTLS: Bool {
        switch settings.tls {
        case .never, .implicit: false
        case .opportunistic, .mandatory: !isEncrypted && !isTLSRefused && usable.contains(.startTLS)
        }
    }

    func sessionFailure(_ stage: Stage, _ cause: ClientFailure.Cause, accepted: Int = 0) -> ClientFailure {
        ClientFailure(
            stage: stage,
            reach: .session,
            cause: cause,
            acceptedRecipients: accepted,
            isEncrypted: isEncrypted
        )
    }
}

import StatusCodes

/// AUTH at a smart host (RFC 4954 §4); the mechanisms are machines of their own.
extension ClientMachine {
    static func authenticate(_ login: ClientLogin, _ world: inout ClientWorld) -> Step {
        let offered = world.capabilities.mechanisms.subtracting(world.triedMechanisms)
        let isProtected = world.isEncrypted || login.permitsClearText
        guard let chosen = ClientCredentials.choose(from: offered.list, isProtected: isProtected) else {
            return failed(
                .auth,
                .condition(.ownCredentialsRefused, detail: "no mechanism that we may use is offered"),
                &world
            )
        }
        world.triedMechanisms.insert(PeerMechanisms(chosen))
        guard var mechanism = login.credentials.mechanism(chosen, primitives: login.primitives) else {
            return failed(
                .auth,
                .condition(.ownCredentialsRefused, detail: "account or password cannot be sent"),
                &world
            )
        }
        let initial = mechanism.begin()
        world.output.auth(chosen, initial)
        return Step(.authenticating(mechanism))
    }

    static func authenticating(
        _ mechanism: any ClientMechanism,
        _ reply: ReceivedReply,
        _ bytes: Span<UInt8>,
        _ world: inout ClientWorld
    ) -> Step {
        var mechanism = mechanism
        switch reply.severity {
        case .positiveCompletion:
            guard mechanism.completed() else { return gaveUp(.serverNotProven, &world) }
            world.isAuthenticated = true
            world.isEstablished = true
            return Step(.ready, .established)
        case .positiveIntermediate:
            guard reply.found.lineCount == 1, let challenge = reply.challenge(in: bytes) else {
                return answer(.abort(.malformedChallenge), mechanism, &world)
            }
            return answer(mechanism.challenged(challenge), mechanism, &world)
        case .transientNegative, .permanentNegative:
            // `docs/design/rulings.md` §3: these three speak of the mechanism, not of the account.
            guard [504, 534, 432].contains(reply.code.rawValue), let login = world.settings.login,
                world.hasOtherMechanism(for: login)
            else { return refused(.auth, reply, bytes, &world) }
            return authenticate(login, &world)
        }
    }

    static func derived(
        _ mechanism: any ClientMechanism,
        _ work: ClientWork,
        _ world: inout ClientWorld
    ) -> Step {
        guard case .derivation(let salted) = work else { return misused(work) }
        var mechanism = mechanism
        return answer(mechanism.derived(salted), mechanism, &world)
    }

    private static func answer(
        _ step: ClientAuthenticationStep,
        _ mechanism: any ClientMechanism,
        _ world: inout ClientWorld
    ) -> Step {
        switch step {
        case .respond(let response):
            world.output.response(response)
            return Step(.authenticating(mechanism))
        case .derive(let derivation): return Step(.authenticating(mechanism), .derive(derivation))
        case .abort(let reason):
            // RFC 4954 §4: a single star cancels; the 501 to it is read by nobody, as QUIT follows.
            world.output.cancelAuthentication()
            return gaveUp(reason, &world)
        }
    }

    private static func gaveUp(_ reason: ClientAuthenticationError, _ world: inout ClientWorld) -> Step {
        failed(.auth, .condition(.ownCredentialsRefused, detail: reason.text), &world)
    }
}

extension ClientAuthenticationError {
    fileprivate var text: String {
        switch self {
        case .malformedChallenge: "malformed challenge"
        case .iterationsOutOfBounds: "SCRAM iterations out of bounds"
        case .serverNotProven: "the server did not prove that it knows the password"
        }
    }
}

extension ClientWorld {
    fileprivate func hasOtherMechanism(for login: ClientLogin) -> Bool {
        ClientCredentials.choose(
            from: capabilities.mechanisms.subtracting(triedMechanisms).list,
            isProtected: isEncrypted || login.permitsClearText
        ) != nil
    }
}

extension PeerMechanisms {
    fileprivate var list: [AuthenticationMechanism] {
        AuthenticationMechanism.allCases.filter { contains(Self($0)) }
    }

    fileprivate init(_ mechanism: AuthenticationMechanism) {
        switch mechanism {
        case .plain: self = .plain
        case .login: self = .login
        case .scramSHA256: self = .scramSHA256
        }
    }
}

extension ReceivedReply {
    /// What a 334 carries (RFC 4954 §4).
    fileprivate func challenge(in bytes: Span<UInt8>) -> [UInt8]? {
        let end = found.byteCount - 2
        return SASLBase64.decode(bytes.extracting(min(4, end)..<end))
    }
}

extension ClientCommandWriter {
    /// RFC 4954 §4: an empty initial response is `=`.
    fileprivate mutating func auth(_ mechanism: AuthenticationMechanism, _ initial: [UInt8]?) {
        text("AUTH ")
        text(mechanism.name)
        if let initial {
            text(" ")
            if initial.isEmpty { text("=") } else { append(SASLBase64.encode(initial)) }
        }
        newline()
    }

    fileprivate mutating func response(_ response: [UInt8]) {
        append(SASLBase64.encode(response))
        newline()
    }

    fileprivate mutating func cancelAuthentication() { text("*\r\n") }
}

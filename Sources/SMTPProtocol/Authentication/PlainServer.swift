import StatusCodes

/// The server's half of PLAIN (RFC 4616).
struct PlainServer: ServerMechanism {
    private enum State {
        case ready
        case awaitingMessage
        case awaitingVerdict
        case finished
    }

    private let primitives: any AuthenticationPrimitives
    private var state = State.ready

    init(primitives: any AuthenticationPrimitives) { self.primitives = primitives }

    mutating func begin(_ initialResponse: [UInt8]?) -> AuthenticationStep {
        guard case .ready = state else { return outOfOrder() }
        guard let initialResponse else {
            // RFC 4954 §4: without an initial response the server asks for it with an empty challenge.
            state = .awaitingMessage
            return .challenge([])
        }
        return messageReceived(initialResponse)
    }

    mutating func responded(_ response: [UInt8]) -> AuthenticationStep {
        guard case .awaitingMessage = state else { return outOfOrder() }
        return messageReceived(response)
    }

    mutating func answered(_ answer: AuthenticationAnswer) -> AuthenticationStep {
        guard case .awaitingVerdict = state else { return outOfOrder() }
        state = .finished
        return .verdict(answer)
    }

    /// Reads `message = [authzid] UTF8NUL authcid UTF8NUL passwd` (RFC 4616 §2).
    private mutating func messageReceived(_ message: [UInt8]) -> AuthenticationStep {
        let parts = message.split(separator: 0, maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].count <= AuthenticationLimits.account,
            let question = PasswordQuestion(
                .plain,
                identity: Array(parts[1]),
                authorization: Array(parts[0]),
                password: Array(parts[2]),
                primitives: primitives
            )
        else {
            state = .finished
            return .failed(AuthenticationRefusal(.credentialsInvalid))
        }
        state = .awaitingVerdict
        return .ask(.password(question))
    }

    private mutating func outOfOrder() -> AuthenticationStep {
        state = .finished
        return .outOfOrder
    }
}

extension PasswordQuestion {
    /// Prepares what a client sent (RFC 4616 §2, RFC 4013); nil when it cannot be anybody's name and password.
    init?(
        _ mechanism: AuthenticationMechanism,
        identity: [UInt8],
        authorization: [UInt8],
        password: [UInt8],
        primitives: any AuthenticationPrimitives
    ) {
        guard identity.count <= AuthenticationLimits.account, password.count <= AuthenticationLimits.password,
            let identity = primitives.preparedName(identity),
            let authorization = authorization.isEmpty ? "" : primitives.preparedName(authorization),
            let password = primitives.prepare(password), !password.isEmpty, !password.contains(0)
        else { return nil }
        self.init(mechanism: mechanism, identity: identity, authorization: authorization, password: password)
    }
}

extension AuthenticationPrimitives {
    /// A prepared account name; nil when there is none.
    func preparedName(_ text: [UInt8]) -> String? {
        guard let prepared = prepare(text), !prepared.isEmpty, !prepared.contains(0) else { return nil }
        return String(validating: prepared, as: UTF8.self)
    }
}

extension AuthenticationStep {
    /// What follows from a directory's verdict on a password or a proof.
    static func verdict(_ answer: AuthenticationAnswer) -> Self {
        switch answer {
        case .accepted(let account): .succeeded(account: account)
        case .refused(let refusal): .failed(refusal)
        case .verifier: .outOfOrder
        }
    }

    /// An event that our own caller should not have sent: the exchange ends, and it is not the client's fault.
    static var outOfOrder: Self { .failed(AuthenticationRefusal(.authBackendDown)) }
}

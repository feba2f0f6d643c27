import StatusCodes

/// The server's half of LOGIN: two prompts, a name and a password.
///
/// Never standardised; the prompts are those that every client waits for. A name as initial response is taken, because
/// widespread clients send it so.
struct LoginServer: ServerMechanism {
    private enum State {
        case ready
        case awaitingName
        case awaitingPassword(name: [UInt8])
        case awaitingVerdict
        case finished
    }

    static let namePrompt = Array("Username:".utf8)
    static let passwordPrompt = Array("Password:".utf8)

    private let primitives: any AuthenticationPrimitives
    private var state = State.ready

    init(primitives: any AuthenticationPrimitives) { self.primitives = primitives }

    mutating func begin(_ initialResponse: [UInt8]?) -> AuthenticationStep {
        guard case .ready = state else { return outOfOrder() }
        guard let initialResponse else {
            state = .awaitingName
            return .challenge(Self.namePrompt)
        }
        return nameReceived(initialResponse)
    }

    mutating func responded(_ response: [UInt8]) -> AuthenticationStep {
        switch state {
        case .awaitingName: nameReceived(response)
        case .awaitingPassword(let name): passwordReceived(response, name: name)
        case .ready, .awaitingVerdict, .finished: outOfOrder()
        }
    }

    mutating func answered(_ answer: AuthenticationAnswer) -> AuthenticationStep {
        guard case .awaitingVerdict = state else { return outOfOrder() }
        state = .finished
        return .verdict(answer)
    }

    private mutating func nameReceived(_ name: [UInt8]) -> AuthenticationStep {
        // Also a name that nobody can have is asked for its password: the answer is the same for all of them.
        state = .awaitingPassword(name: Array(name.prefix(AuthenticationLimits.account + 1)))
        return .challenge(Self.passwordPrompt)
    }

    private mutating func passwordReceived(_ password: [UInt8], name: [UInt8]) -> AuthenticationStep {
        guard
            let question = PasswordQuestion(
                .login,
                identity: name,
                authorization: [],
                password: password,
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

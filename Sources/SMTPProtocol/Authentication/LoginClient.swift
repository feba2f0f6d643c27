/// The client's half of LOGIN.
///
/// The prompts' words differ between servers, and are not read.
struct LoginClient: ClientMechanism, CustomStringConvertible {
    private enum State {
        case ready
        case awaitingNamePrompt
        case awaitingPasswordPrompt
        case sent
    }

    private let account: [UInt8]
    private let password: [UInt8]
    private var state = State.ready

    init(account: [UInt8], password: [UInt8]) {
        self.account = account
        self.password = password
    }

    mutating func begin() -> [UInt8]? {
        state = .awaitingNamePrompt
        return nil
    }

    mutating func challenged(_ challenge: [UInt8]) -> ClientAuthenticationStep {
        switch state {
        case .awaitingNamePrompt:
            state = .awaitingPasswordPrompt
            return .respond(account)
        case .awaitingPasswordPrompt:
            state = .sent
            return .respond(password)
        case .ready, .sent:
            return .abort(.malformedChallenge)
        }
    }

    mutating func derived(_ saltedPassword: [UInt8]) -> ClientAuthenticationStep { .abort(.malformedChallenge) }

    mutating func completed() -> Bool { if case .sent = state { true } else { false } }

    var description: String { "LOGIN <redacted>" }
}

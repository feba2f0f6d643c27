/// The client's half of PLAIN (RFC 4616).
struct PlainClient: ClientMechanism, CustomStringConvertible {
    private enum State {
        case ready
        case sent
    }

    private let message: [UInt8]
    private var state = State.ready

    init(account: [UInt8], password: [UInt8]) {
        // RFC 4616 §2: no authzid, we act for ourselves.
        self.message = [0] + account + [0] + password
    }

    mutating func begin() -> [UInt8]? {
        state = .sent
        return message
    }

    /// Takes a challenge: only an empty one, from a server that did not take the initial response.
    mutating func challenged(_ challenge: [UInt8]) -> ClientAuthenticationStep {
        challenge.isEmpty ? .respond(message) : .abort(.malformedChallenge)
    }

    mutating func derived(_ saltedPassword: [UInt8]) -> ClientAuthenticationStep { .abort(.malformedChallenge) }

    mutating func completed() -> Bool { if case .sent = state { true } else { false } }

    var description: String { "PLAIN <redacted>" }
}

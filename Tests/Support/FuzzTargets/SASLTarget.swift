import SMTPProtocol
import StatusCodes

/// Plays each mechanism's server with the lines of the input as the client's responses.
func fuzzSASL(_ input: [UInt8]) {
    guard let kind = input.first else { return }
    let responses = input.dropFirst().split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
    let mechanisms = ServerMechanisms(primitives: ToyPrimitives(), secret: [1, 2, 3], iterations: 4096)
    for mechanism in AuthenticationMechanism.allCases {
        var server = mechanisms.make(mechanism)
        var rest = responses[...]
        var step = server.begin(kind & 1 == 0 ? nil : rest.popFirst() ?? [])
        // A mechanism that goes on for ever would be one: the longest has two rounds and three questions.
        var isOver = false
        for _ in 0..<16 where !isOver {
            switch step {
            case .challenge(let challenge):
                mustHold(challenge.count <= 4096, "a challenge is short")
                step = server.responded(rest.popFirst() ?? [])
            case .ask(let question): step = server.answered(answer(to: question, kind))
            case .succeeded(let account):
                mustHold(account == "toy", "only the directory names accounts")
                isOver = true
            case .failed: isOver = true
            }
        }
        mustHold(isOver, "every exchange ends")
    }
}

private func answer(to question: AuthenticationQuestion, _ kind: UInt8) -> AuthenticationAnswer {
    if kind & 2 != 0 { return .refused(AuthenticationRefusal(.credentialsInvalid)) }
    return switch question {
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

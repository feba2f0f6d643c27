import MailFormat
import StatusCodes

extension ServerMachine {
    /// AUTH (RFC 4954 §4), read.
    mutating func authenticate(
        _ command: AuthCommand,
        _ line: Span<UInt8>,
        _ context: inout ServerContext
    ) -> ServerAction {
        let step: Step
        switch consume state {
        case .ready(let greeted): step = Self.begin(command, line, greeted, &context)
        case let unchanged: step = Step(unchanged, .reply(Reply(.badSequence)))
        }
        let action = step.action
        self = Self(step.next)
        return action
    }

    private static func begin(
        _ command: AuthCommand,
        _ line: Span<UInt8>,
        _ greeted: Greeted,
        _ context: inout ServerContext
    ) -> Step {
        guard let name = command.mechanism, context.configuration.mechanisms.contains(name),
            let mechanisms = context.configuration.mechanismSource
        else { return Step(.ready(greeted), .reply(Reply(.authMechanismUnknown))) }
        if name.showsPassword, context.configuration.protectsPasswords, !context.isEncrypted {
            return Step(.ready(greeted), .reply(Reply(.mechanismNeedsEncryption)))
        }
        var exchange = Exchange(greeted: greeted, machine: mechanisms.make(name))
        guard let response = command.initialResponse else {
            return follow(exchange.machine.begin(nil), exchange, &context)
        }
        // RFC 4954 §4: a single `=` is an initial response of no octets.
        let isEmpty = response.count == 1 && line[Int(response.start)] == UInt8(ascii: "=")
        guard let octets = isEmpty ? [] : SASLBase64.decode(line.extracting(response.offsets)) else {
            return Step(.ready(greeted), .reply(Reply(.badBase64)))
        }
        return follow(exchange.machine.begin(octets), exchange, &context)
    }

    /// A line of the exchange.
    mutating func responded(_ line: Span<UInt8>, _ length: Int, _ context: inout ServerContext) -> ServerAction {
        let step: Step
        switch consume state {
        case .authenticating(let current):
            var exchange = current
            if length == 1, line[0] == UInt8(ascii: "*") {
                // RFC 4954 §4: the client cancels.
                step = Step(.ready(exchange.greeted), .reply(Reply(.authAborted)))
            } else if let octets = SASLBase64.decode(line.extracting(0..<length)) {
                step = Self.follow(exchange.machine.responded(octets), exchange, &context)
            } else {
                step = Step(.ready(exchange.greeted), .reply(Reply(.badBase64)))
            }
        case let unchanged: step = Step(unchanged, .read)
        }
        let action = step.action
        self = Self(step.next)
        return action
    }

    /// A line of the exchange was too long to be kept.
    mutating func responseTooLong() -> ServerAction {
        let step: Step
        switch consume state {
        case .authenticating(let exchange): step = Step(.ready(exchange.greeted), .reply(Reply(.authLineTooLong)))
        case let unchanged: step = Step(unchanged, .reply(Reply(.authLineTooLong)))
        }
        let action = step.action
        self = Self(step.next)
        return action
    }

    /// The directory's answer; nobody may be waiting any more.
    mutating func authenticationAnswered(
        _ answer: AuthenticationAnswer,
        _ context: inout ServerContext
    ) -> ServerAction {
        let step: Step
        switch consume state {
        case .checkingCredentials(let current):
            var exchange = current
            step = Self.follow(exchange.machine.answered(answer), exchange, &context)
        case let unchanged: step = Step(unchanged, .read)
        }
        let action = step.action
        self = Self(step.next)
        return action
    }

    private static func follow(
        _ next: AuthenticationStep,
        _ current: Exchange,
        _ context: inout ServerContext
    ) -> Step {
        var exchange = current
        let greeted = exchange.greeted
        switch next {
        case .challenge(let challenge):
            exchange.rounds += 1
            guard exchange.rounds <= context.configuration.limits.authenticationRounds else {
                return Step(.ready(greeted), .reply(Reply(.authAborted)))
            }
            let text = String(decoding: SASLBase64.encode(challenge), as: UTF8.self)
            return Step(.authenticating(exchange), .reply(Reply(.auth, text)))
        case .ask(let question): return Step(.checkingCredentials(exchange), .authenticate(question))
        case .succeeded(let account):
            context.identity = .account(account)
            return Step(.ready(greeted), .reply(Reply(.authOk)))
        case .failed(let refusal): return failed(refusal, greeted, &context)
        }
    }

    private static func failed(
        _ refusal: AuthenticationRefusal,
        _ greeted: Greeted,
        _ context: inout ServerContext
    ) -> Step {
        let reply = Reply(refusal.condition)
        guard reply.code.severity == .permanentNegative else { return Step(.ready(greeted), .reply(reply)) }
        context.authenticationFailures += 1
        guard context.authenticationFailures < context.configuration.limits.authenticationFailures else {
            return Step(.closed, .replyAndClose(Reply(.authFailures)))
        }
        return Step(.ready(greeted), .reply(reply))
    }
}

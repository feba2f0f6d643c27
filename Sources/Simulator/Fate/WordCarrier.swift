package import StatusCodes

/// What a word that asks for a reply is written in: it decides at which stages the word can be shown.
package enum WordCarrier: Hashable, Sendable {
    /// `--listen HOST:PORT=WHAT`.
    case listener
    /// The name in HELO or EHLO.
    case hello
    /// The reverse-path's local part.
    case reversePath
    /// A recipient's local part.
    case recipient
    /// The argument of a command that has a stage of its own.
    case argument(Stage)

    /// The stages that it can be shown at; a condition of several is shown at the first of these.
    package var stages: [Stage] {
        switch self {
        case .listener: [.greeting, .connect]
        case .hello: [.helo, .starttls, .tls, .auth, .command, .quit]
        case .reversePath: [.mail]
        case .recipient: [.rcpt, .data, .dot, .bdat, .burl]
        case .argument(let stage): [stage]
        }
    }

    /// Where a word without a stage is shown; nil where such a word means nothing.
    ///
    /// A host's name and a sender's address may look like a code by chance.
    package var home: Stage? {
        switch self {
        case .listener: .greeting
        case .hello, .reversePath: nil
        case .recipient: .rcpt
        case .argument(let stage): stage
        }
    }

    /// The stage at which a condition named without one is shown; nil when it belongs elsewhere.
    func stage(of condition: Condition) -> Stage? {
        guard condition.stages != .any else { return self == .recipient ? .rcpt : nil }
        if let own = stages.first(where: { condition.stages.contains($0) }) { return own }
        // What no session has as a stage was concluded by a host behind this one, which passes it on.
        guard self == .recipient, condition.stages.stages.allSatisfy(\.isBehindSessions) else { return nil }
        return condition.stages.contains(.conversion) || condition.stages.contains(.local) ? .dot : .rcpt
    }
}

extension Stage {
    /// Whether no command, greeting or handshake of a session belongs to it.
    package var isBehindSessions: Bool {
        switch self {
        case .dnsMX, .dnsAddress, .tlsPolicy, .routing, .conversion, .local, .queue, .report, .tracking: true
        case .connect, .greeting, .helo, .starttls, .tls, .auth, .mail, .rcpt, .data, .bdat, .burl, .dot, .vrfy, .expn,
            .etrn, .atrn, .command, .quit:
            false
        }
    }
}

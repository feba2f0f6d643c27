extension ClientMachine {
    /// The states without their payload.
    enum StateName: String, Hashable, CaseIterable {
        case securing, awaitingGreeting, awaitingEHLO, awaitingHELO, awaitingSTARTTLS, handshaking, authenticating
        case ready, opening, streaming, finishing, resetting, probing, quitting, closed
    }

    /// Where the machine stands.
    var name: StateName {
        switch state {
        case .securing: .securing
        case .awaitingGreeting: .awaitingGreeting
        case .awaitingEHLO: .awaitingEHLO
        case .awaitingHELO: .awaitingHELO
        case .awaitingSTARTTLS: .awaitingSTARTTLS
        case .handshaking: .handshaking
        case .authenticating: .authenticating
        case .ready: .ready
        case .opening: .opening
        case .streaming: .streaming
        case .finishing: .finishing
        case .resetting: .resetting
        case .probing: .probing
        case .quitting: .quitting
        case .closed: .closed
        }
    }

    /// How long the reply to an envelope command may take (RFC 5321 §4.5.3.2.2 to §4.5.3.2.4).
    func openingPatience(_ times: ClientTimeouts) -> Duration {
        switch state {
        case .opening(let exchange):
            switch exchange.expected {
            case .mail: times.mail
            case .rcpt: times.rcpt
            case .data: times.dataStart
            case .strayDot: times.reset
            case .content, .end: times.dataEnd
            }
        default: times.mail
        }
    }
}

import StatusCodes

/// What a session's transitions read and change beside the state: settings, standing, counters, spare buffers.
struct ServerContext: Sendable {
    let configuration: ServerConfiguration
    /// Whether TLS is up.
    var protection: Protection
    /// Who the client is.
    var identity = Identity.stranger
    /// What HELO or EHLO said; empty before, and after STARTTLS (RFC 3207 §4.2).
    var clientName = ""
    var spare = SpareEnvelope()
    /// MAIL commands, refused ones too (RFC 9422 §4.1).
    var transactions = 0
    var authenticationFailures = 0

    enum Protection: Hashable, Sendable {
        case clear
        case encrypted
    }

    enum Identity: Hashable, Sendable {
        case stranger
        case account(String)
    }

    var isEncrypted: Bool { protection == .encrypted }

    var isAuthenticated: Bool {
        switch identity {
        case .stranger: false
        case .account: true
        }
    }

    /// Whether only a few commands are taken because the connection is in clear.
    ///
    /// RFC 3207 §4: never on role mx.
    var lacksTLS: Bool { configuration.demandsTLS && configuration.role != .mx && !isEncrypted }

    /// Whether AUTH exists for this client now.
    var offersAuthentication: Bool { !offeredMechanisms.isEmpty }

    /// The mechanisms that EHLO names.
    ///
    /// RFC 4954 §4: none that shows the password in clear.
    var offeredMechanisms: [AuthenticationMechanism] {
        guard !lacksTLS, !isAuthenticated else { return [] }
        guard configuration.protectsPasswords, !isEncrypted else { return configuration.mechanisms }
        return configuration.mechanisms.filter { !$0.showsPassword }
    }

    /// Whether STARTTLS is offered now.
    var offersStartTLS: Bool { configuration.tls == .startTLS && !isEncrypted }

    func offeredParameters(_ greeted: Greeted) -> OfferedParameters {
        guard greeted.isExtended else { return [] }
        return configuration.mechanisms.isEmpty ? .standard : [.standard, .authentication]
    }
}

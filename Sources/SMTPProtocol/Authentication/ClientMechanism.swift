/// The client's half of one SASL exchange: a machine inside AUTH that knows neither base64 nor SMTP.
///
/// `begin` once; `challenged` for each 334; `derived` after each `.derive`; `completed` at 235. Any other reply ends the
/// exchange and is not the mechanism's business.
public protocol ClientMechanism: Sendable {
    /// Begins; the initial response that goes with AUTH, nil when the server speaks first.
    mutating func begin() -> [UInt8]?
    /// Takes a challenge, base64 decoded.
    mutating func challenged(_ challenge: [UInt8]) -> ClientAuthenticationStep
    /// Takes the salted password that was asked for.
    mutating func derived(_ saltedPassword: [UInt8]) -> ClientAuthenticationStep
    /// The server said 235; false when the mechanism had not yet seen what proves the server: then it is an impostor,
    /// and the session ends without sending mail.
    mutating func completed() -> Bool
}

/// What a client mechanism wants next.
public enum ClientAuthenticationStep: Hashable, Sendable {
    /// Send this response.
    case respond([UInt8])
    /// Run PBKDF2, away from the event loop, and come back with `derived`.
    ///
    /// The result may be kept for the next session: it depends on nothing but the derivation.
    case derive(SCRAMDerivation)
    /// Send `*` (RFC 4954 §4) and give up, for this reason.
    case abort(ClientAuthenticationError)
}

/// Why a client mechanism gives up; always the server's doing.
public enum ClientAuthenticationError: Error, Hashable, Sendable {
    /// A challenge that the mechanism does not allow here.
    case malformedChallenge
    /// PBKDF2 rounds outside 4096…200,000: too few to protect the password, or enough to keep us busy.
    case iterationsOutOfBounds
    /// The server's signature is wrong: it does not know our password.
    case serverNotProven
}

/// One run of PBKDF2-HMAC-SHA-256.
public struct SCRAMDerivation: Hashable, Sendable, CustomStringConvertible {
    /// The prepared password.
    public let password: [UInt8]
    /// The server's salt.
    public let salt: [UInt8]
    /// How many rounds.
    public let iterations: Int

    /// Runs it; tens of milliseconds.
    public func run(_ primitives: any AuthenticationPrimitives) -> [UInt8] {
        primitives.pbkdf2SHA256(password: password, salt: salt, iterations: iterations)
    }

    /// The derivation without its password.
    public var description: String { "PBKDF2 iterations=\(iterations) password=<redacted>" }
}

/// What we log in with at another system.
public struct ClientCredentials: Hashable, Sendable, CustomStringConvertible {
    /// The account.
    public let account: String
    /// The password.
    public let password: [UInt8]

    /// Makes credentials.
    public init(account: String, password: [UInt8]) {
        self.account = account
        self.password = password
    }

    /// The credentials without their password.
    public var description: String { "\(account) password=<redacted>" }

    /// The client's half of a mechanism; nil when name or password cannot be sent by it (RFC 4013).
    public func mechanism(
        _ mechanism: AuthenticationMechanism,
        primitives: any AuthenticationPrimitives
    ) -> (any ClientMechanism)? {
        guard let name = primitives.preparedName(Array(account.utf8)), let password = primitives.prepare(password),
            !password.isEmpty, !password.contains(0)
        else { return nil }
        let account = Array(name.utf8)
        return switch mechanism {
        case .plain: PlainClient(account: account, password: password)
        case .login: LoginClient(account: account, password: password)
        case .scramSHA256: SCRAMClient(account: account, password: password, primitives: primitives)
        }
    }

    /// The best of the mechanisms on offer; nil when none can be used.
    ///
    /// SCRAM first: it shows the password to nobody, not even to an impostor. The others only where `isProtected`
    /// says that nobody listens.
    public static func choose(
        from offered: [AuthenticationMechanism],
        isProtected: Bool
    ) -> AuthenticationMechanism? {
        [.scramSHA256, .plain, .login].first { offered.contains($0) && (isProtected || !$0.showsPassword) }
    }
}

extension PeerMechanisms {
    /// The best mechanism of the set; nil when none can be used.
    ///
    /// SCRAM first: it shows the password to nobody, not even to an impostor. The others only where `isProtected`
    /// says that nobody listens.
    public func best(isProtected: Bool) -> AuthenticationMechanism? {
        if contains(.scramSHA256) { return .scramSHA256 }
        guard isProtected else { return nil }
        return contains(.plain) ? .plain : contains(.login) ? .login : nil
    }
}

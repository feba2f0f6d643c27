public import StatusCodes

/// What a mechanism must learn from the directory.
public enum AuthenticationQuestion: Sendable {
    /// Whether a password is right for an identity (PLAIN, LOGIN).
    case password(PasswordQuestion)
    /// The SCRAM verifier of an identity (RFC 5802 §3).
    ///
    /// An unknown identity is refused with 535; the mechanism goes on with an invented verifier, so that the client
    /// cannot tell. Any other refusal ends the exchange.
    case scramVerifier(identity: String)
    /// Whether an identity may log in, now that its SCRAM proof was checked.
    ///
    /// The directory counts wrong proofs as it counts wrong passwords, and says only after a right one that the account
    /// is closed (525).
    case scramProof(identity: String, isRight: Bool)
}

/// A name and a password that a client showed.
public struct PasswordQuestion: Sendable, CustomStringConvertible {
    /// Which mechanism carried it.
    public var mechanism: AuthenticationMechanism
    /// Who the password belongs to (authcid).
    public var identity: String
    /// Whom the client wants to act for (authzid); empty means for itself.
    public var authorization: String
    /// The password in UTF-8, prepared by RFC 4013.
    public var password: [UInt8]

    /// Makes a question.
    public init(mechanism: AuthenticationMechanism, identity: String, authorization: String, password: [UInt8]) {
        self.mechanism = mechanism
        self.identity = identity
        self.authorization = authorization
        self.password = password
    }

    /// The question without its password.
    public var description: String { "\(mechanism.name) \(identity) password=<redacted>" }
}

/// What the directory answers.
public enum AuthenticationAnswer: Sendable {
    /// The password is right; the client is this account.
    case accepted(account: String)
    /// The stored SCRAM verifier.
    case verifier(SCRAMVerifier)
    /// No, for this reason: unknown or wrong (535), closed (525), backend away (454), locked out (454), no verifier
    /// yet (432), mechanism too weak for this user (534).
    case refused(AuthenticationRefusal)
}

/// Why an authentication did not succeed; a condition of stage auth.
public struct AuthenticationRefusal: Error, Hashable, Sendable {
    /// The situation.
    public var condition: Condition
    /// Makes a refusal.
    public init(_ condition: Condition) { self.condition = condition }
}

/// What is stored of a password for SCRAM (RFC 5802 §3): enough to check a proof, not enough to make one.
public struct SCRAMVerifier: Hashable, Sendable {
    /// The account it belongs to.
    public var account: String
    /// The salt.
    public var salt: [UInt8]
    /// The PBKDF2 rounds, at least 4096 (RFC 7677 §4).
    public var iterations: Int
    /// StoredKey, H(ClientKey).
    public var storedKey: [UInt8]
    /// ServerKey.
    public var serverKey: [UInt8]

    /// Makes a verifier.
    public init(account: String, salt: [UInt8], iterations: Int, storedKey: [UInt8], serverKey: [UInt8]) {
        self.account = account
        self.salt = salt
        self.iterations = iterations
        self.storedKey = storedKey
        self.serverKey = serverKey
    }
}

/// A SASL mechanism that the server may offer (RFC 4422 §3.1).
public enum AuthenticationMechanism: UInt8, Hashable, Sendable, CaseIterable {
    /// PLAIN (RFC 4616): shows the password to whoever listens.
    case plain
    /// LOGIN: two prompts, never standardised, still what many clients speak; shows the password too.
    case login
    /// SCRAM-SHA-256 (RFC 7677): shows neither password nor hash.
    case scramSHA256

    /// Its registered name.
    public var name: String {
        switch self {
        case .plain: "PLAIN"
        case .login: "LOGIN"
        case .scramSHA256: "SCRAM-SHA-256"
        }
    }

    /// Whether a listener on the wire would learn the password.
    public var showsPassword: Bool {
        switch self {
        case .plain, .login: true
        case .scramSHA256: false
        }
    }
}

/// The server's half of one SASL exchange: a machine inside AUTH that knows neither base64 nor SMTP.
///
/// The session decodes each line, calls one method, and performs what comes back. A mechanism ends by `succeeded` or
/// `failed` and is never called again. The session bounds lines and rounds; a mechanism bounds its own fields.
public protocol ServerMechanism: Sendable {
    /// Begins; nil when AUTH carried no initial response (RFC 4954 §4), empty for `=`.
    mutating func begin(_ initialResponse: [UInt8]?) -> AuthenticationStep
    /// Takes the client's response to the latest challenge, base64 decoded.
    mutating func responded(_ response: [UInt8]) -> AuthenticationStep
    /// Takes the answer to the latest question.
    mutating func answered(_ answer: AuthenticationAnswer) -> AuthenticationStep
}

/// What a mechanism wants next.
public enum AuthenticationStep: Sendable {
    /// Send this challenge (334) and wait for the response.
    case challenge([UInt8])
    /// Ask the directory.
    case ask(AuthenticationQuestion)
    /// The client is who it says: this account.
    case succeeded(account: String)
    /// The client is refused for this reason; a condition of stage auth.
    case failed(AuthenticationRefusal)
}

/// The bounds of what a peer says within a SASL exchange; more is refused like a wrong password (535 5.7.8).
enum AuthenticationLimits {
    /// Octets of an account name: an address of full length (RFC 5321 §4.5.3.1) has 320.
    static let account = 320
    /// Octets of a password: no person types more, and preparing and hashing it costs by length.
    static let password = 1024
    /// Octets of a nonce; ours have 24, those of others seldom more than 64.
    static let nonce = 512
    /// Octets of one SCRAM message: a name written entirely as `=2C` and a nonce fit.
    static let scramMessage = 2048
    /// Attributes of one SCRAM message; RFC 5802 §7 defines at most four, extensions may add some.
    static let scramAttributes = 16
    /// Octets of a SCRAM salt.
    static let salt = 128
    /// PBKDF2 rounds: RFC 7677 §4 demands 4096; more than the upper bound is a server that wants our processor.
    static let iterations = 4096...200_000
}

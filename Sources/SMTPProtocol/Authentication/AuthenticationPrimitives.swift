/// The cryptography that SASL needs, from a library of layer 2.
public protocol AuthenticationPrimitives: Sendable {
    /// SHA-256 (RFC 6234), 32 octets.
    func sha256(_ message: [UInt8]) -> [UInt8]
    /// HMAC with SHA-256 (RFC 2104), 32 octets.
    func hmacSHA256(key: [UInt8], _ message: [UInt8]) -> [UInt8]
    /// PBKDF2 with HMAC-SHA-256 and 32 octets of output: `Hi` of RFC 5802 §2.2.
    ///
    /// Slow by design: never on an event loop with more than a few thousand rounds.
    func pbkdf2SHA256(password: [UInt8], salt: [UInt8], iterations: Int) -> [UInt8]
    /// Whether two secrets are equal, in a time that does not tell where they differ.
    func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool
    /// A fresh nonce: printable, no comma, at least 128 bits that nobody can predict (RFC 5802 §5.1).
    func nonce() -> [UInt8]
    /// A name or password as SASL compares it (SASLprep, RFC 4013); nil when it may not be used.
    func prepare(_ text: [UInt8]) -> [UInt8]?
}

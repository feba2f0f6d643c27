import Crypto
import SMTPProtocol

/// The cryptography of SASL by swift-crypto.
package struct CryptoPrimitives: AuthenticationPrimitives {
    /// Makes the primitives.
    package init() {}

    /// SHA-256 (RFC 6234).
    package func sha256(_ message: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: message)) }

    /// HMAC with SHA-256 (RFC 2104).
    package func hmacSHA256(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: key)))
    }

    /// PBKDF2 with HMAC-SHA-256 and one block of output (RFC 8018 §5.2).
    package func pbkdf2SHA256(password: [UInt8], salt: [UInt8], iterations: Int) -> [UInt8] {
        precondition(iterations > 0, "PBKDF2 needs at least one round")
        // The key's two blocks are hashed once; each round starts from a copy of that.
        let keyed = HMAC<SHA256>(key: SymmetricKey(data: password))
        func round(_ message: [UInt8]) -> [UInt8] {
            var mac = keyed
            mac.update(data: message)
            return Array(mac.finalize())
        }
        var block = round(salt + [0, 0, 0, 1])
        var result = block
        for _ in 1..<iterations {
            block = round(block)
            for index in result.indices { result[index] ^= block[index] }
        }
        return result
    }

    /// Whether two secrets are equal; every octet is looked at, whatever the first ones are.
    package func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        // Lengths are no secret: they are those of SHA-256 or of what the peer sent.
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for index in left.indices { difference |= left[index] ^ right[index] }
        return difference == 0
    }

    /// A nonce of 144 random bits in base64, which has no comma.
    package func nonce() -> [UInt8] { SASLBase64.encode(Self.randomOctets(18)) }

    /// SASLprep (RFC 4013).
    package func prepare(_ text: [UInt8]) -> [UInt8]? { SASLPrep.prepare(text) }

    /// Octets that nobody can predict.
    package static func randomOctets(_ count: Int) -> [UInt8] {
        // The system's generator: getrandom(2) on Linux.
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }
}

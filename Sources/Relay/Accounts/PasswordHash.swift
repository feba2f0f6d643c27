import CArgon2
import SMTPTransport

/// A password as it is kept: argon2id (RFC 9106) in its encoded form, `$argon2id$v=19$m=…,t=…,p=…$SALT$HASH`.
package struct PasswordHash: Hashable, Sendable, CustomStringConvertible {
    /// What one hash costs.
    package struct Cost: Hashable, Sendable {
        /// Memory in KiB: 19 MiB, the smallest that OWASP advises for two passes; RFC 9106 §4 would have more.
        package var memory: UInt32 = 19_456
        /// Passes over the memory.
        package var passes: UInt32 = 2
        /// Lanes.
        package var lanes: UInt32 = 1
        /// Makes the default cost.
        package init() {}

        var prefix: String { "$argon2id$v=\(ARGON2_VERSION_NUMBER.rawValue)$m=\(memory),t=\(passes),p=\(lanes)$" }
    }

    /// The encoded form.
    package let encoded: String

    /// The longest password that is hashed; longer ones cannot come in by AUTH either.
    package static let passwordLimit = 1024
    private static let saltLength = 16
    private static let hashLength = 32

    /// Takes an encoded hash; nil when it is none, or would cost more than twice the memory of ours, or eight passes.
    ///
    /// The bound keeps a slip in the accounts file from taking the machine's memory at a login.
    package init?(encoded: String, cost: Cost = Cost()) {
        let parts = encoded.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0].isEmpty, parts[1] == "argon2id", encoded.utf8.count <= 512,
            let (memory, passes, lanes) = Self.readCost(parts[3]), memory <= 2 * max(cost.memory, 65_536),
            passes <= max(8, cost.passes), lanes <= max(4, cost.lanes)
        else { return nil }
        self.encoded = encoded
    }

    private init(trusted encoded: String) { self.encoded = encoded }

    /// Hashes a password; takes tens of milliseconds and `cost.memory`.
    package init(of password: [UInt8], cost: Cost = Cost()) throws(PasswordHashError) {
        let salt = CryptoPrimitives.randomOctets(Self.saltLength)
        var encoded = [CChar](repeating: 0, count: 512)
        // Lengths are those of the arrays, which live through the call; the library ends the text with NUL.
        let code = unsafe argon2id_hash_encoded(
            cost.passes,
            cost.memory,
            cost.lanes,
            password,
            password.count,
            salt,
            salt.count,
            Self.hashLength,
            &encoded,
            encoded.count
        )
        guard code == ARGON2_OK.rawValue else { throw PasswordHashError(code) }
        let text = encoded.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        self.encoded = String(decoding: text, as: UTF8.self)
    }

    /// Whether this is the hash of a password; takes as long as making it.
    package func matches(_ password: [UInt8]) throws(PasswordHashError) -> Bool {
        // As above; the encoded text is bridged with its NUL.
        let code = unsafe argon2id_verify(encoded, password, password.count)
        switch code {
        case ARGON2_OK.rawValue: return true
        case ARGON2_VERIFY_MISMATCH.rawValue: return false
        default: throw PasswordHashError(code)
        }
    }

    /// Whether it was made at this cost; if not, the next login makes it anew.
    package func isCurrent(_ cost: Cost) -> Bool { encoded.hasPrefix(cost.prefix) }

    private static func readCost(_ text: Substring) -> (UInt32, UInt32, UInt32)? {
        let numbers = text.split(separator: ",").map { part in part.drop { !$0.isNumber } }
        guard numbers.count == 3, let memory = UInt32(numbers[0]), let passes = UInt32(numbers[1]),
            let lanes = UInt32(numbers[2])
        else { return nil }
        return (memory, passes, lanes)
    }

    /// Hides the hash: it is what a guesser needs.
    package var description: String { "<password hash>" }
}

/// The library could not hash, for want of memory as a rule.
package struct PasswordHashError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What the library says.
    package let description: String

    init(_ code: Int32) {
        // A static string for every number.
        self.description =
            unsafe argon2_error_message(code).map { unsafe String(cString: $0) } ?? "argon2 error \(code)"
    }
}

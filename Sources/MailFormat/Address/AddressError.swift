/// Why bytes are no address.
public struct AddressError: Error, Hashable, Sendable {
    /// What kind of mistake; "too long" is kept apart from "wrong", since they are answered differently.
    public enum Code: Hashable, Sendable {
        /// The bytes do not follow the grammar.
        case syntax
        /// The angle bracket that opens a path is missing.
        case missingBracket
        /// The local part is longer than 64 octets.
        case localPartTooLong
        /// The domain is longer than 255 octets, or one of its labels longer than 63.
        case domainTooLong
        /// The path is longer than 256 octets.
        case pathTooLong
        /// A byte above 127 where only US-ASCII is allowed: the client did not say SMTPUTF8.
        case notASCII
        /// Bytes above 127 that are not well-formed UTF-8.
        case malformedUTF8
        /// The domain is missing, and the local part is not `postmaster`.
        case domainMissing
    }

    /// What kind of mistake.
    public let code: Code
    /// Where it was noticed; for people only, hence not part of equality.
    public let offset: Int

    init(_ code: Code, at offset: Int) {
        self.code = code
        self.offset = offset
    }

    /// Errors of one code are equal.
    public static func == (left: Self, right: Self) -> Bool { left.code == right.code }

    /// Hashes the code.
    public func hash(into hasher: inout Hasher) { hasher.combine(code) }
}

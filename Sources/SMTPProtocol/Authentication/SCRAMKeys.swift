/// The keys of one account (RFC 5802 §3).
struct SCRAMKeys {
    let clientKey: [UInt8]
    let storedKey: [UInt8]
    let serverKey: [UInt8]

    init(saltedPassword: [UInt8], primitives: any AuthenticationPrimitives) {
        self.clientKey = primitives.hmacSHA256(key: saltedPassword, Array("Client Key".utf8))
        self.storedKey = primitives.sha256(clientKey)
        self.serverKey = primitives.hmacSHA256(key: saltedPassword, Array("Server Key".utf8))
    }

    static func exclusiveOr(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] { zip(left, right).map { $0 ^ $1 } }
}

extension SCRAMVerifier {
    /// What to store for a password (RFC 5802 §3); nil when the password may not be used (RFC 4013).
    ///
    /// Runs PBKDF2: not for an event loop.
    public init?(
        account: String,
        password: [UInt8],
        salt: [UInt8],
        iterations: Int,
        primitives: any AuthenticationPrimitives
    ) {
        guard let prepared = primitives.prepare(password), !prepared.isEmpty else { return nil }
        let salted = primitives.pbkdf2SHA256(password: prepared, salt: salt, iterations: iterations)
        let keys = SCRAMKeys(saltedPassword: salted, primitives: primitives)
        self.init(
            account: account,
            salt: salt,
            iterations: iterations,
            storedKey: keys.storedKey,
            serverKey: keys.serverKey
        )
    }
}

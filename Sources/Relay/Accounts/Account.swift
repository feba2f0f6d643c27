package import MailFormat
package import SMTPProtocol

/// Somebody who may log in.
package struct Account: Hashable, Sendable {
    /// What the person types; compared without regard to case.
    package var name: String
    /// The hash for PLAIN and LOGIN.
    package var password: PasswordHash
    /// The verifier for SCRAM; nil until it can be made (`docs/operations/accounts.md`).
    package var verifier: SCRAMVerifier?
    /// Closed: the right password is answered with 525 5.7.13.
    package var isDisabled = false
    /// Only mechanisms that do not show the password: others are answered with 534 5.7.9.
    package var demandsSCRAM = false
    /// Reverse-paths it may use: addresses, or `@domain` for a whole domain; none means any.
    package var senders: [String] = []
    /// When it was added.
    package var created: Timestamp
    /// When its password was set.
    package var passwordSet: Timestamp

    /// Makes an account.
    package init(name: String, password: PasswordHash, verifier: SCRAMVerifier?, created: Timestamp) {
        self.name = name
        self.password = password
        self.verifier = verifier
        self.created = created
        self.passwordSet = created
    }

    /// Under what it is found.
    package var key: String { Self.key(name) }

    /// The form of a name under which accounts are found.
    package static func key(_ name: String) -> String { name.lowercased() }

    /// Whether it may use a reverse-path; the null reverse-path is free to all, it carries reports.
    package func maySend(as reversePath: String) -> Bool {
        guard !senders.isEmpty, !reversePath.isEmpty else { return true }
        let path = reversePath.lowercased()
        return senders.contains { rule in
            let rule = rule.lowercased()
            return rule.hasPrefix("@") ? path.hasSuffix(rule) : path == rule
        }
    }

    /// Whether a mechanism may be used.
    package func permits(_ mechanism: AuthenticationMechanism) -> Bool { !demandsSCRAM || !mechanism.showsPassword }
}

extension Account {
    /// Makes an account with a hash and a verifier of a password; nil when the password may not be used (RFC 4013).
    ///
    /// Slow by design.
    package static func make(
        name: String,
        password: [UInt8],
        now: Timestamp,
        cost: PasswordHash.Cost,
        primitives: any AuthenticationPrimitives,
        salt: [UInt8]
    ) throws(PasswordHashError) -> Account? {
        guard let prepared = primitives.prepare(password), !prepared.isEmpty,
            prepared.count <= PasswordHash.passwordLimit,
            let verifier = SCRAMVerifier(
                account: name,
                password: prepared,
                salt: salt,
                iterations: SCRAMVerifier.defaultIterations,
                primitives: primitives
            )
        else { return nil }
        let hash = try PasswordHash(of: prepared, cost: cost)
        return Account(name: name, password: hash, verifier: verifier, created: now)
    }
}

package import MailFormat
import StatusCodes

/// AUTH, read (RFC 4954 §4): offsets into its line.
package struct AuthCommand: Hashable, Sendable {
    /// The mechanism asked for; nil when we know none of that name.
    package var mechanism: AuthenticationMechanism?
    /// The initial response in base64; nil when absent.
    package var initialResponse: ByteRange?

    /// Reads what follows the verb.
    ///
    /// ```text
    /// auth-command     = "AUTH" SP sasl-mech [SP initial-response] CRLF
    /// initial-response = base64 / "="
    /// ```
    package static func read(
        _ line: Span<UInt8>,
        _ length: Int,
        from start: Int
    ) throws(CommandSyntaxError) -> Self {
        let name = Words.next(line, length, from: start)
        let response = Words.next(line, length, from: Int(name.end))
        let rest = Words.next(line, length, from: Int(response.end))
        guard !name.isEmpty, rest.isEmpty else { throw CommandSyntaxError(.badArgument) }
        return Self(mechanism: mechanism(line, name), initialResponse: response.isEmpty ? nil : response)
    }

    private static func mechanism(_ line: Span<UInt8>, _ name: ByteRange) -> AuthenticationMechanism? {
        if line.equals("plain", in: name) { return .plain }
        if line.equals("login", in: name) { return .login }
        if line.equals("scram-sha-256", in: name) { return .scramSHA256 }
        return nil
    }
}

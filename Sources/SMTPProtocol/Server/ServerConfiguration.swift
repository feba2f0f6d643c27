/// What one listener lets its sessions do.
public struct ServerConfiguration: Sendable {
    /// Our name in the greeting, in EHLO and in `Received` (RFC 5321 §4.1.1.1, §4.3.1).
    public var hostname: String
    /// What the listener is for.
    public var role: ServerRole
    /// How TLS comes about.
    public var tls: TLSMode
    /// Everything but EHLO, NOOP, STARTTLS and QUIT is refused in clear (530 5.7.0).
    ///
    /// Ignored for role mx, which must not demand TLS (RFC 3207 §4).
    public var demandsTLS: Bool
    /// MAIL needs an authenticated client (530 5.7.0).
    public var demandsAuthentication: Bool
    /// SASL mechanisms on offer, in the order of the EHLO line; none means AUTH does not exist here.
    public var mechanisms: [AuthenticationMechanism]
    /// Makes the exchanges of those mechanisms.
    public var mechanismSource: ServerMechanisms?
    /// Mechanisms that show the password to a listener are refused and not offered in clear (538 5.7.11).
    public var protectsPasswords: Bool
    /// Submission adds a Sender field that names the account when From does not (RFC 6409 §8.1).
    ///
    /// Off by default: it shows the login name to every recipient.
    public var addsSender: Bool
    /// The session's bounds.
    public var limits: ServerLimits
    /// Answers commands in the session's place; nil, but in the simulator.
    public var rehearsal: (any CommandRehearsal)?

    /// Makes a configuration for a role with that role's ordinary demands.
    public init(
        hostname: String,
        role: ServerRole,
        tls: TLSMode = .none,
        mechanisms: [AuthenticationMechanism] = [],
        mechanismSource: ServerMechanisms? = nil,
        limits: ServerLimits = ServerLimits()
    ) {
        self.hostname = hostname
        self.role = role
        self.tls = tls
        self.demandsTLS = role == .submission
        self.demandsAuthentication = role == .submission
        self.mechanisms = mechanisms
        self.mechanismSource = mechanismSource
        self.protectsPasswords = true
        self.addsSender = false
        self.limits = limits
    }
}

/// What a listener is for (`docs/design/rulings.md` §2).
public enum ServerRole: UInt8, Hashable, Sendable, CaseIterable {
    /// Takes mail from other hosts.
    case mx
    /// Takes mail from its own users (RFC 6409).
    case submission
}

/// How TLS comes about on a listener.
public enum TLSMode: UInt8, Hashable, Sendable {
    /// Never.
    case none
    /// By STARTTLS (RFC 3207).
    case startTLS
    /// From the first octet (RFC 8314 §3.3).
    case implicit
}

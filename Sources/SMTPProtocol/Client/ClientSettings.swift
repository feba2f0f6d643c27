/// How a client session behaves: constant for the life of a connection.
public struct ClientSettings: Sendable {
    /// Which protocol the peer speaks.
    public enum Dialect: Hashable, Sendable {
        /// RFC 5321.
        case smtp
        /// RFC 2033: LHLO, and one reply for each recipient after the dot.
        case lmtp
    }

    /// What is demanded of TLS.
    public enum TLSUse: Hashable, Sendable {
        /// Stay in clear: also the second try after a failed opportunistic handshake.
        case never
        /// Use STARTTLS where it is offered, go on in clear where it is not or is refused.
        case opportunistic
        /// STARTTLS or no mail.
        case mandatory
        /// The handshake comes before the greeting (RFC 8314 §3.3).
        case implicit
    }

    /// The name we say in EHLO, HELO or LHLO (RFC 5321 §4.1.1.1).
    public var heloName: String
    /// SMTP or LMTP.
    public var dialect: Dialect
    /// What is demanded of TLS.
    public var tls: TLSUse
    /// The account at a smart host; nil elsewhere.
    public var login: ClientLogin?
    /// How long each step may take.
    public var timeouts: ClientTimeouts
    /// Bounds on what a peer may say.
    public var limits: ReplyLimits
    /// Extensions not to be used though offered: for peers known to get them wrong.
    public var withheld: PeerExtensions

    /// Makes settings; what is not named keeps its default.
    public init(
        heloName: String,
        dialect: Dialect = .smtp,
        tls: TLSUse = .opportunistic,
        login: ClientLogin? = nil,
        timeouts: ClientTimeouts = ClientTimeouts(),
        limits: ReplyLimits = ReplyLimits(),
        withheld: PeerExtensions = []
    ) {
        self.heloName = heloName
        self.dialect = dialect
        self.tls = tls
        self.login = login
        self.timeouts = timeouts
        self.limits = limits
        self.withheld = withheld
    }
}

/// How to log in at a smart host.
public struct ClientLogin: Sendable {
    /// Account and password.
    public var credentials: ClientCredentials
    /// The cryptography that SCRAM needs.
    public var primitives: any AuthenticationPrimitives
    /// Whether PLAIN and LOGIN may be used without TLS; only for a next hop on the same machine.
    public var permitsClearText: Bool

    /// Makes a login.
    public init(
        credentials: ClientCredentials,
        primitives: any AuthenticationPrimitives,
        permitsClearText: Bool = false
    ) {
        self.credentials = credentials
        self.primitives = primitives
        self.permitsClearText = permitsClearText
    }
}

/// How long the client waits for the peer, step by step: the least values of RFC 5321 §4.5.3.2.
public struct ClientTimeouts: Hashable, Sendable {
    /// The greeting (RFC 5321 §4.5.3.2.1).
    public var greeting: Duration = .seconds(300)
    /// The reply to EHLO, HELO, LHLO; the RFC names none, the greeting's is fair.
    public var helo: Duration = .seconds(300)
    /// The reply to STARTTLS, and the handshake after it.
    public var startTLS: Duration = .seconds(120)
    /// Each reply within AUTH.
    public var auth: Duration = .seconds(120)
    /// The reply to MAIL (§4.5.3.2.2).
    public var mail: Duration = .seconds(300)
    /// The reply to RCPT (RFC 5321 §4.5.3.2.3).
    public var rcpt: Duration = .seconds(300)
    /// The 354 (§4.5.3.2.4).
    public var dataStart: Duration = .seconds(120)
    /// A block of content that does not get away (RFC 5321 §4.5.3.2.5).
    public var dataBlock: Duration = .seconds(180)
    /// The reply to the final dot or BDAT LAST (§4.5.3.2.6).
    ///
    /// A shorter one makes duplicates (RFC 1047).
    public var dataEnd: Duration = .seconds(600)
    /// The reply to RSET and NOOP.
    public var reset: Duration = .seconds(60)
    /// The reply to QUIT; nothing depends on it.
    public var quit: Duration = .seconds(5)

    /// The times of the RFC.
    public init() {}
}

/// Bounds on a peer's reply.
///
/// What exceeds them ends the session: behind it nothing can be framed.
public struct ReplyLimits: Hashable, Sendable {
    /// Octets in one line with its CRLF.
    ///
    /// RFC 5321 §4.5.3.1.5 says 512; real peers write longer ones.
    public var lineLength = 4096
    /// Lines in one reply: more than any EHLO has extensions.
    public var lineCount = 256
    /// Octets in one reply.
    public var byteCount = 32_768

    /// The limits above.
    public init() {}
}

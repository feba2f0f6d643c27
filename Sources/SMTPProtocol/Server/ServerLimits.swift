/// The bounds of one server session.
///
/// Each names its reason and the condition that it causes; together they are what RFC 5321 §7.8 asks for.
public struct ServerLimits: Hashable, Sendable {
    /// Octets of a command line with its CRLF.
    ///
    /// RFC 5321 §4.5.3.1.4 asks for 512; MAIL and RCPT may be longer by the sum of their extensions (SIZE 26, BODY 16,
    /// SMTPUTF8 10, ENVID 107, RET 9, AUTH 500, NOTIFY 28, ORCPT 500), and real clients send long paths.
    /// 5.5.2-line-too-long.
    public var commandLine = 2048
    /// Octets of a line of an AUTH exchange: 12288 is a safe size (RFC 4954 §4).
    ///
    /// 5.5.6-auth-line-too-long.
    public var authenticationLine = 12_288
    /// Octets of an overlong line that are read and dropped before the session is ended.
    ///
    /// 4.7.0-too-many-errors.
    public var discardedLine = 1_048_576
    /// Octets of one line of content without CRLF.
    ///
    /// RFC 5321 §4.5.3.1.6 asks for 998; real mail exceeds it, and what a line may cost us is nothing, since content is
    /// never buffered by line. 5.6.0-text-line-too-long.
    public var textLine = 1_048_576
    /// Octets of a message (RFC 5321 §4.5.3.1.7), announced by SIZE (RFC 1870).
    ///
    /// 5.3.4-too-big-size and 5.3.4-too-big-data.
    public var messageSize = 52_428_800
    /// RCPT commands in a transaction, refused ones too: LIMITS RCPTMAX (RFC 9422 §4.2); at least 100 by RFC 5321
    /// §4.5.3.1.8.
    ///
    /// 4.5.3-too-many-rcpt.
    public var recipients = 1000
    /// MAIL commands in a session, refused ones too: LIMITS MAILMAX (RFC 9422 §4.1).
    ///
    /// 4.5.1-session-cap.
    public var transactions = 10_000
    /// Commands in a session: generous for a full set of transactions, an end for a client that plays with NOOP.
    ///
    /// 4.7.0-session-limit.
    public var commands = 1_000_000
    /// Commands between two that do mail work (MAIL, RCPT, DATA, BDAT, AUTH): NOOP, RSET, VRFY and their like cost
    /// little, but not nothing.
    ///
    /// 4.7.0-too-many-errors.
    public var idleCommands = 100
    /// Commands refused for good in a session, RCPT aside.
    ///
    /// A message that was accepted starts the count anew. 4.7.0-too-many-errors.
    public var errors = 20
    /// RCPT commands refused for good in a session: what a dictionary attack collects.
    ///
    /// Its own bound, above `errors`, since an old mailing list has many dead members. A message that was accepted starts
    /// the count anew. 4.7.0-too-many-errors.
    public var refusedRecipients = 100
    /// Failed AUTH exchanges in a session.
    ///
    /// 4.7.0-auth-failures.
    public var authenticationFailures = 3
    /// Challenges in one AUTH exchange; SCRAM needs two.
    ///
    /// 5.7.0-auth-aborted.
    public var authenticationRounds = 4
    /// `Received` fields in a message (RFC 5321 §6.3: at least 100).
    ///
    /// 5.4.6-hop-limit.
    public var hops = 100
    /// How long a session may last; checked between transactions.
    ///
    /// 4.7.0-session-limit.
    public var sessionDuration: Duration = .seconds(6 * 3600)
    /// How long we wait for the next whole command (RFC 5321 §4.5.3.2.7: at least 5 min).
    ///
    /// 4.4.2-client-idle, and 4.4.2-client-too-slow when half a line had come.
    public var commandTimeout: Duration = .seconds(300)
    /// How long we wait for the next octets of content (RFC 5321 §4.5.3.2.7).
    ///
    /// 4.4.2-client-idle.
    public var contentTimeout: Duration = .seconds(300)
    /// Content must bring `minimumContent` octets in each such span.
    ///
    /// 4.4.2-client-too-slow.
    public var contentRateSpan: Duration = .seconds(60)
    /// See `contentRateSpan`; a modem of 1985 brings 7,200 octets a minute.
    public var minimumContent = 2048
    /// How long a TLS handshake may take; then the connection is closed.
    public var handshakeTimeout: Duration = .seconds(60)
    /// How long a verdict may take: RFC 6409 §5.3 wants an answer within two minutes.
    ///
    /// 4.7.1-filter-unavailable, for AUTH 4.7.0-auth-backend-down.
    public var verdictTimeout: Duration = .seconds(110)
    /// How long the commit may take: the client waits 10 min for the reply to its final dot (RFC 5321 §4.5.3.2.6).
    ///
    /// After that nobody reads our answer, and the connection is closed; the message stays what the commit makes it.
    public var commitTimeout: Duration = .seconds(600)

    /// The default bounds.
    public init() {}
}

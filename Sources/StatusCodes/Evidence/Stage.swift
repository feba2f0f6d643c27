/// When in a mail's life something happened: one list for evidence, conditions, simulator and logs.
public enum Stage: String, Hashable, Sendable, CaseIterable {
    /// Opening the connection.
    case connect
    /// The 220 greeting.
    case greeting
    /// HELO, EHLO, LHLO.
    case helo
    /// The STARTTLS command.
    case starttls
    /// The TLS handshake and its certificates.
    case tls
    /// AUTH.
    case auth
    /// MAIL.
    case mail
    /// RCPT.
    case rcpt
    /// The DATA command, up to 354.
    case data
    /// BDAT.
    case bdat
    /// BURL.
    case burl
    /// The final dot, or BDAT LAST: the reply that takes responsibility.
    case dot
    /// VRFY.
    case vrfy
    /// EXPN.
    case expn
    /// ETRN.
    case etrn
    /// ATRN.
    case atrn
    /// Any other command, or any command at all.
    case command
    /// QUIT.
    case quit
    /// Looking up MX records.
    case dnsMX = "dns-mx"
    /// Looking up addresses of a host.
    case dnsAddress = "dns-addr"
    /// Applying DANE, MTA-STS, REQUIRETLS or a local rule.
    case tlsPolicy = "tls-policy"
    /// Choosing the next hop.
    case routing
    /// Making the content fit for the next hop.
    case conversion
    /// Delivery into a mailbox or a program.
    case local
    /// In the queue, between attempts.
    case queue
    /// A report that arrived, or is written.
    case report
    /// Message tracking (RFC 3885).
    case tracking

    /// Its place in the list, a bit in a `StageSet`.
    var ordinal: UInt32 {
        switch self {
        case .connect: 0
        case .greeting: 1
        case .helo: 2
        case .starttls: 3
        case .tls: 4
        case .auth: 5
        case .mail: 6
        case .rcpt: 7
        case .data: 8
        case .bdat: 9
        case .burl: 10
        case .dot: 11
        case .vrfy: 12
        case .expn: 13
        case .etrn: 14
        case .atrn: 15
        case .command: 16
        case .quit: 17
        case .dnsMX: 18
        case .dnsAddress: 19
        case .tlsPolicy: 20
        case .routing: 21
        case .conversion: 22
        case .local: 23
        case .queue: 24
        case .report: 25
        case .tracking: 26
        }
    }
}

/// A set of stages.
public struct StageSet: OptionSet, Hashable, Sendable {
    /// One bit a stage, in the order of `Stage.allCases`.
    public let rawValue: UInt32
    /// Makes a set from its bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// The set of one stage.
    public init(_ stage: Stage) { rawValue = 1 << stage.ordinal }
    /// Every stage.
    public static let any = Self(rawValue: (1 << 27) - 1)

    /// Whether a stage is in the set.
    public func contains(_ stage: Stage) -> Bool { rawValue & (1 << stage.ordinal) != 0 }
    /// The stages of the set, in their order.
    public var stages: [Stage] { Self.order.filter(contains) }

    private static let order = Stage.allCases

    /// The earliest stage of the set.
    public var first: Stage? { rawValue == 0 ? nil : Self.order[rawValue.trailingZeroBitCount] }
}

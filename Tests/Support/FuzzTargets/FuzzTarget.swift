/// Every parser that reads from the network, each as something that takes any bytes and must survive them.
///
/// A target checks what must hold for every input (positions stay inside, nothing is taken on failure, the same bytes
/// in pieces mean the same) and traps when it does not. The fuzzer drives them; the test suite replays kept inputs.
package enum FuzzTarget: String, CaseIterable, Sendable {
    /// MAIL and RCPT arguments (RFC 5321 §4.1.2).
    case addresses
    /// Any mail about a mail: bounces, complaints, answers that nobody wrote.
    case analysis
    /// A whole session of the client: EHLO, STARTTLS, AUTH, transactions, and replies to all of them.
    case client
    /// Content on its way out: no line may end it early (RFC 5321 §4.5.2).
    case content
    /// A message on its way to a system that takes 7 bits only (RFC 6152 §3).
    case conversion
    /// Date fields of any age (RFC 5322 §3.3, §4.3).
    case dates
    /// A peer's reply through the decision table, and out again as ours (RFC 5321 §4.2, RFC 3463 §2).
    case decisions
    /// Base64, quoted-printable, encoded words, charsets (RFC 2045, 2047).
    case encodings
    /// Header fields and what stands in them (RFC 5322 §2.2, RFC 2045 §5).
    case header
    /// Fields being written from foreign text (RFC 5322 §2.2.3, RFC 2047).
    case headerWriter
    /// The mails of an mbox, whole and in pieces (RFC 4155).
    case mailbox
    /// The parts of a message, whole and in pieces (RFC 2046).
    case mime
    /// What a proxy says of the client before the session (PROXY protocol, versions 1 and 2).
    case proxy
    /// Replies of a peer, whole and in pieces (RFC 5321 §4.2).
    case replies
    /// What a delivery report in a message says (RFC 3464).
    case report
    /// The server's half of each SASL mechanism (RFC 4616, 5802).
    case sasl
    /// A whole session of the server: commands, AUTH, STARTTLS, DATA and BDAT (RFC 5321, RFC 3030).
    case server
    /// ENVID and ORCPT values (RFC 3461 §4, RFC 6533 §3).
    case xtext

    /// Runs the target on one input.
    package func run(_ bytes: [UInt8]) {
        switch self {
        case .addresses: fuzzAddresses(bytes)
        case .analysis: fuzzAnalysis(bytes)
        case .client: fuzzClient(bytes)
        case .content: fuzzContent(bytes)
        case .conversion: fuzzConversion(bytes)
        case .dates: fuzzDates(bytes)
        case .decisions: fuzzDecisions(bytes)
        case .encodings: fuzzEncodings(bytes)
        case .header: fuzzHeader(bytes)
        case .headerWriter: fuzzHeaderWriter(bytes)
        case .mailbox: fuzzMailbox(bytes)
        case .mime: fuzzMIME(bytes)
        case .proxy: fuzzProxy(bytes)
        case .replies: fuzzReplies(bytes)
        case .report: fuzzReport(bytes)
        case .sasl: fuzzSASL(bytes)
        case .server: fuzzServer(bytes)
        case .xtext: fuzzXText(bytes)
        }
    }
}

/// Traps when something that must always hold does not.
func mustHold(_ condition: Bool, _ what: StaticString) {
    if !condition { fatalError("\(what)") }
}

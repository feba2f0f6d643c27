/// Every parser that reads from the network, each as something that takes any bytes and must survive them.
///
/// A target checks what must hold for every input (positions stay inside, nothing is taken on failure, the same bytes
/// in pieces mean the same) and traps when it does not. The fuzzer drives them; the test suite replays kept inputs.
package enum FuzzTarget: String, CaseIterable, Sendable {
    /// MAIL and RCPT arguments (RFC 5321 §4.1.2).
    case addresses
    /// Replies of a peer, whole and in pieces (RFC 5321 §4.2).
    case replies

    /// Runs the target on one input.
    package func run(_ bytes: [UInt8]) {
        switch self {
        case .addresses: fuzzAddresses(bytes)
        case .replies: fuzzReplies(bytes)
        }
    }
}

/// Traps when something that must always hold does not.
func mustHold(_ condition: Bool, _ what: StaticString) {
    if !condition { fatalError("\(what)") }
}

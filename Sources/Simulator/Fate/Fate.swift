package import StatusCodes

/// What a recipient of the simulator meets, chosen by its local part.
package enum Fate: Hashable, Sendable {
    /// Taken.
    case accept
    /// A reply at a stage: a refusal, or a success in other words than usual.
    case reply(StagedReply)
    /// Refused so many times (for each reverse-path and recipient), then taken.
    case postpone(Int, Reply)
    /// Taken after a wait.
    case slow(Duration)
    /// The connection breaks instead of the reply.
    case drop(Drop)
    /// What is answered at RCPT is no reply at all.
    case garbage
    /// Taken, and answered by mail.
    case answer(MailedAnswer)

    /// Instead of which reply a connection breaks.
    package enum Drop: String, Hashable, Sendable, CaseIterable {
        /// The one to RCPT.
        case rcpt = "drop-rcpt"
        /// The one to the final dot.
        case dot = "drop-dot"
    }

    /// The longest wait that a local part can ask for: twice the patience of RFC 5321 §4.5.3.2.3 at RCPT.
    package static let longestWait: Duration = .seconds(600)
    /// The most refusals that `defer-N` can ask for.
    package static let mostPostponements = 100

    /// Reads a local part, in any case of letters; what means nothing is taken.
    package init(localPart: some StringProtocol) {
        let text = localPart.lowercased()
        self =
            Self.fault(text) ?? Self.postponement(text) ?? MailedAnswer(text).map { .answer($0) }
            ?? StagedReply(text, in: .recipient).map { .reply($0) } ?? .accept
    }

    /// Reads the local part of an address.
    package init(address: some StringProtocol) {
        self.init(localPart: address.lastIndex(of: "@").map { address[..<$0] } ?? address[...])
    }

    /// `slow-2s`, `drop-rcpt`, `drop-dot`, `garbage`.
    private static func fault(_ text: String) -> Self? {
        if text == "garbage" { return .garbage }
        if let drop = Drop(rawValue: text) { return .drop(drop) }
        guard text.hasPrefix("slow-"), text.hasSuffix("s"), let seconds = UInt32(text.dropFirst(5).dropLast()) else {
            return nil
        }
        return .slow(min(.seconds(Int64(seconds)), longestWait))
    }

    /// `defer-3-4.7.1`.
    private static func postponement(_ text: String) -> Self? {
        guard text.hasPrefix("defer-") else { return nil }
        let parts = text.dropFirst(6).split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let count = Int(parts[0]), (0...mostPostponements).contains(count),
            let refusal = StagedReply(parts[1], in: .recipient)?.reply, refusal.isRefusal
        else { return nil }
        return .postpone(count, refusal)
    }
}

extension Reply {
    /// Whether it is 4yz or 5yz.
    var isRefusal: Bool {
        switch code.severity {
        case .positiveCompletion, .positiveIntermediate: false
        case .transientNegative, .permanentNegative: true
        }
    }
}

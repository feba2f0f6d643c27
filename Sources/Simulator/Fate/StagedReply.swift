package import StatusCodes

/// A reply and the stage at which it is said, as a word asks for it: `5.2.2`, `data-5.6.0`, `5.7.1-spam`.
package struct StagedReply: Hashable, Sendable {
    /// When it is said.
    package var stage: Stage
    /// What is said.
    package var reply: Reply

    /// Makes one.
    package init(_ stage: Stage, _ reply: Reply) {
        self.stage = stage
        self.reply = reply
    }

    /// Reads a word, in any case of letters; nil when it means nothing where it stands.
    package init?(_ word: some StringProtocol, in carrier: WordCarrier) {
        let text = word.lowercased()
        if let condition = Condition(id: text) {
            guard let stage = carrier.stage(of: condition) else { return nil }
            self.init(stage, Reply(condition))
        } else if let home = carrier.home, let reply = Spoken.reply(text, at: home) {
            self.init(home, reply)
        } else {
            self.init(prefixed: text, in: carrier)
        }
    }

    /// `data-5.6.0`, `dot-4.3.1`, `mail-sender-domain-bad`.
    private init?(prefixed text: String, in carrier: WordCarrier) {
        let named = carrier.stages.filter { text.hasPrefix("\($0.rawValue)-") }
        guard let stage = named.max(by: { $0.rawValue.utf8.count < $1.rawValue.utf8.count }) else { return nil }
        let word = String(text.dropFirst(stage.rawValue.count + 1))
        guard let reply = Condition(id: word).map({ Reply($0) }) ?? Spoken.reply(word, at: stage) else { return nil }
        self.init(stage, reply)
    }
}

extension StagedReply {
    /// The dots that a word can have before the rest of a host's name begins: those of one enhanced code.
    private static let mostDots = 2

    /// Finds the word at the start of a host's name or of an address: `helo-5.7.1.client.example`,
    /// `<5.1.4-vrfy-ambiguous@example.org>`.
    ///
    /// A code has dots, which end a label: the longest start that means something counts. Where only a real label will
    /// do, hyphens stand for the dots: `helo-5-7-1`.
    package init?(leading text: some StringProtocol, in carrier: WordCarrier) {
        let local = Substring(text).drop { "<@#".contains($0) }.prefix { !"@> ".contains($0) }
        let labels = local.split(separator: ".", maxSplits: Self.mostDots + 1, omittingEmptySubsequences: false)
        for count in stride(from: min(labels.count, Self.mostDots + 1), to: 0, by: -1) {
            guard let found = Self(labels.prefix(count).joined(separator: "."), in: carrier) else { continue }
            self = found
            return
        }
        guard let label = labels.first.flatMap(Self.dotted) else { return nil }
        self.init(label, in: carrier)
    }

    /// `helo-5-7-1` as `helo-5.7.1`.
    private static func dotted(_ label: Substring) -> String? {
        let parts = label.split(separator: "-")
        let code = parts.suffix(3)
        guard parts.count > 3, code.allSatisfy({ UInt16($0) != nil }) else { return nil }
        return (parts.dropLast(3) + [Substring(code.joined(separator: "."))]).joined(separator: "-")
    }
}

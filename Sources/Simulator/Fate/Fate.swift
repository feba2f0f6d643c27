package import StatusCodes

/// What a recipient of the simulator meets, chosen by its local part.
package enum Fate: Hashable, Sendable {
    /// Taken.
    case accept
    /// Refused at a stage with a reply.
    case refuse(Stage, Reply)
    /// Refused so many times (for each reverse-path and recipient), then taken.
    case postpone(Int, Reply)
    /// Taken after a wait.
    case slow(Duration)
    /// The connection breaks at a stage: at RCPT, or instead of the reply to the final dot.
    case drop(Stage)
    /// What is answered at RCPT is no reply at all.
    case garbage

    /// The longest wait that a local part can ask for.
    package static let longestWait: Duration = .seconds(600)
    /// The most refusals that `defer-N` can ask for.
    package static let mostPostponements = 100

    /// Reads a local part, in any case; what means nothing is taken.
    package init(localPart: some StringProtocol) {
        let text = localPart.lowercased()
        self =
            Self.fault(text) ?? Self.postponement(text) ?? Self.staged(text) ?? Self.refusal(text, at: nil) ?? .accept
    }

    /// `slow-2s`, `drop-rcpt`, `drop-dot`, `garbage`.
    private static func fault(_ text: String) -> Self? {
        if text == "garbage" { return .garbage }
        if text == "drop-rcpt" { return .drop(.rcpt) }
        if text == "drop-dot" { return .drop(.dot) }
        guard text.hasPrefix("slow-"), text.hasSuffix("s"), let seconds = Int(text.dropFirst(5).dropLast()) else {
            return nil
        }
        return .slow(min(.seconds(max(0, seconds)), longestWait))
    }

    /// `defer-3-4.7.1`.
    private static func postponement(_ text: String) -> Self? {
        guard text.hasPrefix("defer-") else { return nil }
        let parts = text.dropFirst(6).split(separator: "-", maxSplits: 1)
        guard parts.count == 2, let count = Int(parts[0]), (0...mostPostponements).contains(count),
            let reply = Spoken.reply(String(parts[1]), at: .rcpt)
        else { return nil }
        return .postpone(count, reply)
    }

    /// `data-5.6.0`, `dot-4.3.1`, `mail-5.1.8`, `helo-…`.
    private static func staged(_ text: String) -> Self? {
        guard let dash = text.firstIndex(of: "-"), let stage = Stage(rawValue: String(text[..<dash])) else {
            return nil
        }
        return refusal(String(text[text.index(after: dash)...]), at: stage)
    }

    private static func refusal(_ text: String, at stage: Stage?) -> Self? {
        if let condition = Condition(id: text) {
            let own = Self.reachable.first { condition.stages.contains($0) } ?? .rcpt
            guard condition.replyCode.severity != .positiveIntermediate else { return nil }
            return condition.replyCode.severity == .positiveCompletion
                ? .accept : .refuse(stage ?? own, Reply(condition))
        }
        return Spoken.reply(text, at: stage ?? .rcpt).map { .refuse(stage ?? .rcpt, $0) }
    }

    /// Stages at which a recipient can be known.
    private static let reachable: [Stage] = [.rcpt, .data, .dot]
}

/// Replies by what people type: `5.2.2`, `552`, `552-5.2.2`, a cause's name.
enum Spoken {
    static func reply(_ text: String, at stage: Stage) -> Reply? {
        if let cause = Cause(name: text) { return reply(of: cause.status, at: stage) }
        if let status = EnhancedStatusCode(text) { return reply(of: status, at: stage) }
        let parts = text.split(separator: "-", maxSplits: 1)
        guard let number = parts.first.flatMap({ UInt16($0) }), let code = ReplyCode(number), code.rawValue >= 400
        else {
            return nil
        }
        guard parts.count == 2 else { return Reply(imitating: code, nil, title(of: code)) }
        guard let status = EnhancedStatusCode(String(parts[1])) else { return nil }
        return Reply(imitating: code, status, title(of: status))
    }

    /// A bare code: the reply of its first server row of the stage, else the code with 450 or 550.
    private static func reply(of status: EnhancedStatusCode, at stage: Stage) -> Reply? {
        guard status.statusClass != .success else { return nil }
        let own = Condition.all.first {
            $0.status == status && $0.place == .serverSession && $0.stages.contains(stage)
        }
        if let own { return Reply(own) }
        guard let code = ReplyCode(status.statusClass == .permanentFailure ? 550 : 450) else { return nil }
        return Reply(imitating: code, status, title(of: status))
    }

    private static func title(of status: EnhancedStatusCode) -> String {
        status.status.registration?.title ?? "as asked for"
    }

    private static func title(of code: ReplyCode) -> String { code.meanings.first?.meaning ?? "as asked for" }
}

import StatusCodes

/// Replies by what people type: `5.2.2`, `552`, `552-5.2.2`, a cause's name.
enum Spoken {
    /// The reply that a word names at a stage; nil when it names none.
    static func reply(_ text: String, at stage: Stage) -> Reply? {
        if let cause = Cause(name: text) { return reply(of: cause, at: stage) }
        if let status = EnhancedStatusCode(text) { return reply(of: status, at: stage) }
        let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts[0].utf8.count == 3, let number = UInt16(parts[0]), let code = ReplyCode(number),
            // What asks for more may be said to a command that has nothing more to give: a fault of the peer's.
            code.severity != .positiveIntermediate || stage == .command
        else { return nil }
        guard parts.count == 2 else { return Reply(imitating: code, nil, title(of: code)) }
        guard let status = EnhancedStatusCode(String(parts[1])) else { return nil }
        // Peers do print pairs that disagree (RFC 2034 §4 forbids it): to a reply of ours the second is mere text.
        return Reply(imitating: code, status, title(of: status))
            ?? Reply(imitating: code, nil, "\(status) \(title(of: status))")
    }

    /// A cause: the server's condition of its name where there is one, for the sake of its text, else its code.
    private static func reply(of cause: Cause, at stage: Stage) -> Reply? {
        let namesake = Condition(id: "\(cause.status)-\(cause.name)")
        guard let namesake, namesake.place == .serverSession else { return reply(of: cause.status, at: stage) }
        return Reply(namesake)
    }

    /// A bare code: the reply of its first server row of the stage, else the code with 250, 450 or 550.
    private static func reply(of status: EnhancedStatusCode, at stage: Stage) -> Reply? {
        let own = Condition.all.first {
            $0.status == status && $0.place == .serverSession && $0.stages.contains(stage)
        }
        if let own { return Reply(own) }
        let digits: UInt16 =
            switch status.statusClass {
            case .success: 250
            case .persistentTransientFailure: 450
            case .permanentFailure: 550
            }
        return ReplyCode(digits).flatMap { Reply(imitating: $0, status, title(of: status)) }
    }

    private static func title(of status: EnhancedStatusCode) -> String {
        status.status.registration?.title ?? "as asked for"
    }

    private static func title(of code: ReplyCode) -> String { code.meanings.first?.meaning ?? "as asked for" }
}

package import StatusCodes

/// What comes back by mail for a recipient that was taken.
package enum MailedAnswer: Hashable, Sendable {
    /// A report of failure in a system's manner.
    case bounce(BounceStyle, Reply)
    /// A notice that delivery is late.
    case delay
    /// A complaint of the recipient (RFC 5965).
    case complaint
    /// An answer by a machine (RFC 3834).
    case automaticReply

    /// Reads a local part in lower case: `bounce-5.1.1`, `bounce-gmail-5.2.2`, `delay`; nil for anything else.
    init?(_ text: String) {
        switch text {
        case "delay": self = .delay
        case "complaint": self = .complaint
        case "auto-reply": self = .automaticReply
        default:
            guard text.hasPrefix("bounce-") else { return nil }
            let rest = text.dropFirst(7)
            let style = BounceStyle.allCases.first { rest.hasPrefix("\($0.rawValue)-") }
            let word = style.map { rest.dropFirst($0.rawValue.count + 1) } ?? rest
            guard let reply = StagedReply(word, in: .recipient)?.reply, reply.isRefusal else { return nil }
            self = .bounce(style ?? .martlet, reply)
        }
    }
}

/// Whose manner a report of failure has.
package enum BounceStyle: String, Hashable, Sendable, CaseIterable {
    /// Our own.
    case martlet
    /// Exchange and Exchange Online.
    case exchange
    /// Gmail.
    case gmail
    /// Postfix.
    case postfix
}

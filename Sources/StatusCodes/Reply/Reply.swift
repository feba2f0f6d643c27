/// What a server says to one command: code, enhanced status code, text (RFC 5321 §4.2, RFC 2034 §4).
///
/// Built from a condition only, so that code and enhanced code always agree and every reply has a name.
public struct Reply: Hashable, Sendable {
    /// The situation that this reply reports.
    public let condition: Condition
    /// Text in place of the condition's own; sanitised when rendered.
    public let detail: Detail

    /// What a reply says beyond its condition's text.
    public enum Detail: Hashable, Sendable {
        /// The condition's text alone.
        case none
        /// One line in place of the condition's text.
        case line(String)
        /// Several lines in place of the condition's text, for EHLO, HELP, EXPN.
        case lines([String])
        /// What another system says, for the simulator: its code, its enhanced code, its text.
        case imitation(ReplyCode, EnhancedStatusCode?, String)
    }

    /// The reply of a condition with its own text.
    public init(_ condition: Condition) {
        self.condition = condition
        self.detail = .none
    }

    /// The reply of a condition with a text for this occasion.
    public init(_ condition: Condition, _ text: String) {
        self.condition = condition
        self.detail = .line(text)
    }

    /// The reply of a condition with several lines; without any the condition's text stands.
    public init(_ condition: Condition, lines: [String]) {
        self.condition = condition
        self.detail = lines.isEmpty ? .none : .lines(lines)
    }

    /// A reply as some other system gives it, under a pair of codes that no condition of ours has; nil when digit and
    /// class disagree (RFC 2034 §4), which no reply of ours ever does.
    ///
    /// For the simulator, which plays other systems; the server has conditions.
    public init?(imitating code: ReplyCode, _ status: EnhancedStatusCode?, _ text: String) {
        if let status, status.statusClass.rawValue != code.severity.rawValue { return nil }
        self.condition =
            switch code.severity {
            case .positiveCompletion, .positiveIntermediate: .commandOk
            case .transientNegative: .unknownTransient
            case .permanentNegative: .unknownPermanent
            }
        self.detail = .imitation(code, status, text)
    }

    /// The three digits.
    public var code: ReplyCode {
        if case .imitation(let code, _, _) = detail { code } else { condition.replyCode }
    }
    /// The enhanced status code; nil for greeting, EHLO and 3yz.
    public var status: EnhancedStatusCode? {
        if case .imitation(_, let status, _) = detail { status } else { condition.status }
    }
}

/// What a code, a reply line or a condition means, whose turn it is, and what to do: `martlet explain` in English.
public struct Explanation: Hashable, Sendable {
    /// What was asked for.
    public var kind: Kind
    /// A heading.
    public var title: String
    /// What happened, in a few plain sentences.
    public var meaning: String
    /// Whether trying again can help.
    public var outlook: String
    /// Who has to act.
    public var turn: String
    /// What to do: first the sender's step, then that of whoever runs the sending system.
    public var remedy: [String]
    /// What the decision table concludes.
    public var finding: Finding
    /// The registry's row of the concluded code, where it is registered.
    public var registration: RegisteredStatus?
    /// What the three digits can mean, standard meanings first.
    public var replyMeanings: [ReplyMeaning]

    /// What was asked for.
    public enum Kind: String, Hashable, Sendable {
        /// An enhanced status code, or three digits.
        case code
        /// A whole reply line.
        case reply
        /// A condition of the registry.
        case condition
    }

    /// Explains a finding.
    public init(_ finding: Finding, kind: Kind = .reply) {
        let registration = finding.status.status.registration
        let isCode = kind == .code && finding.printed?.status?.status == finding.status.status
        self.kind = kind
        self.title = isCode ? registration?.title ?? finding.cause.title : finding.cause.title
        self.meaning = finding.cause.meaning
        self.outlook = finding.status.statusClass.outlook
        self.turn = finding.fault.turn
        self.remedy = Self.remedy(of: finding.cause)
        self.finding = finding
        self.registration = registration
        self.replyMeanings = finding.printed?.code?.meanings ?? []
    }

    /// Explains a question of a person: `5.1.1`, `X.7.26`, `552`, a reply line, or a condition's id.
    ///
    /// A `status` that stands beside the text, as in a report, counts where the text has none. Nil when there is
    /// neither digits nor a code: then there is nothing to explain.
    public init?(
        question: String,
        stage: Stage = .rcpt,
        status: EnhancedStatusCode? = nil,
        provider: Provider? = nil,
        nextHop: Evidence.NextHop = .mx
    ) {
        let text = Self.trimmed(question)
        if let condition = Condition(id: String(text)) {
            self.init(DecisionTable.decide(Evidence(condition)), kind: .condition)
            return
        }
        // `X.7.26` asks for the enumerated status: the class in which it ends a delivery explains the most.
        let spelled = text.hasPrefix("X.") || text.hasPrefix("x.") ? "5" + text.dropFirst() : text
        var reply = PrintedReply(parsing: String(spelled))
        reply.status = reply.status ?? status
        guard reply.code != nil || reply.status != nil else { return nil }
        // A success is told by the content's reply, a refusal by the recipient's.
        let isSuccess =
            (reply.code?.severity ?? .permanentNegative) == .positiveCompletion
            || (reply.code == nil && reply.status?.statusClass == .success)
        let evidence = Evidence(
            stage: isSuccess && stage == .rcpt ? .dot : stage,
            reply: reply,
            nextHop: nextHop,
            provider: provider
        )
        let isBare = EnhancedStatusCode(String(spelled)) != nil || spelled.utf8.count == 3
        self.init(DecisionTable.decide(evidence), kind: isBare ? .code : .reply)
    }

    private static func trimmed(_ text: String) -> Substring {
        var text = text.drop { $0.isWhitespace }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }

    private static func remedy(of cause: Cause) -> [String] {
        cause.senderSteps == cause.operatorSteps ? [cause.senderSteps] : [cause.senderSteps, cause.operatorSteps]
    }
}

extension Explanation: CustomStringConvertible {
    /// A few lines for a terminal.
    public var description: String {
        var lines = ["\(finding.status) \(title)", meaning, outlook, turn]
        lines += remedy.filter { $0 != "Nothing needs to be done." }.map { "- \($0)" }
        return lines.joined(separator: "\n")
    }
}

extension StatusClass {
    /// Whether trying again can help, a sentence.
    public var outlook: String {
        switch self {
        case .success: "It worked."
        case .persistentTransientFailure: "It did not work now; trying again later may help."
        case .permanentFailure: "It will not work by trying the same again."
        }
    }
}

extension Fault {
    /// Whose turn it is, a sentence.
    public var turn: String {
        switch self {
        case .recipient: "The turn is the recipient's, or that of whoever keeps the address."
        case .recipientSystem: "The turn is that of the people who run the recipient's mail system."
        case .senderAddress: "The turn is the sender's: the sender's address is what is objected to."
        case .senderAccount: "The turn is that of the account that sends."
        case .ourAddress: "The turn is that of the people who run the sending server: its address is objected to."
        case .ourDomain: "The turn is that of the people who keep the sending domain's DNS records."
        case .content: "The turn is the author's: the message itself is what is objected to."
        case .intermediary: "The turn is that of the people who run a server on the way."
        case .network: "It is the network's trouble; time mostly heals it."
        case .us: "The turn is that of the people who run the sending server."
        case .unknown: "Nobody can tell from this whose turn it is."
        case .none: "It is nobody's turn."
        }
    }
}

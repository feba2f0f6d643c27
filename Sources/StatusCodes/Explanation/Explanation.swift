/// What a code, a reply line or a condition means, whose turn it is, and what to do, in one language.
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
    /// What the sender of the message can do, a sentence a step.
    public var senderSteps: [String]
    /// What whoever runs the sending server can do, a sentence a step.
    public var operatorSteps: [String]
    /// What the decision table concludes.
    public var finding: Finding
    /// The registry's row of the concluded code, where it is registered.
    public var registration: RegisteredStatus?
    /// What the three digits can mean, standard meanings first.
    public var replyMeanings: [ReplyMeaning]
    /// When it was said, as far as is known.
    public var stage: Stage
    /// The tag of the language it is written in.
    public var language: String
    private var labels: Labels

    /// What was asked for.
    public enum Kind: String, Hashable, Sendable {
        /// An enhanced status code, or three digits.
        case code
        /// A whole reply line.
        case reply
        /// A condition of the registry.
        case condition
    }

    /// What stands before the steps in text.
    private struct Labels: Hashable, Sendable {
        var sender: String
        var system: String
    }

    /// Explains a finding in the words of a catalogue.
    public init(
        _ finding: Finding,
        kind: Kind = .reply,
        registry: StatusRegistry = .builtIn,
        in catalogue: Catalogue = .en
    ) {
        let registration = registry.registration(of: finding.status.status)
        let entry = Self.entry(for: finding, kind, registration, catalogue)
        self.kind = kind
        self.title = entry.title
        self.meaning = entry.what
        self.outlook = catalogue.outlook(of: finding.status.statusClass)
        self.turn = catalogue.turn(of: finding.fault)
        self.senderSteps = catalogue.senderSteps(for: finding.cause)
        self.operatorSteps = catalogue.operatorSteps(for: finding.cause)
        self.finding = finding
        self.registration = registration
        self.replyMeanings = finding.printed?.code.map { registry.meanings(of: $0) } ?? []
        self.stage = finding.condition?.stages.first ?? .rcpt
        self.language = catalogue.language
        self.labels = Labels(sender: catalogue.senderLabel, system: catalogue.operatorLabel)
    }

    /// What was asked for decides which text tells most: that of the condition, of the code, or of the cause concluded.
    private static func entry(
        for finding: Finding,
        _ kind: Kind,
        _ registration: RegisteredStatus?,
        _ catalogue: Catalogue
    ) -> Catalogue.Entry {
        switch kind {
        case .condition: if let condition = finding.condition { return catalogue.entry(of: condition) }
        case .code:
            if let status = finding.printed?.status {
                if let entry = catalogue.entry(of: status) { return entry }
                // Registered since this release: the registry's own words, in English.
                if let registration, registration.status == status.status {
                    return Catalogue.Entry(title: registration.title, what: catalogue.entry(of: finding.cause).what)
                }
            } else if let code = finding.printed?.code,
                let entry = catalogue.entry(of: code) ?? catalogue.entries(ofNumber: code.rawValue).first
            {
                return entry
            }
        case .reply: break
        }
        return catalogue.entry(of: finding.cause)
    }

    /// All steps: the sender's first.
    public var remedy: [String] { senderSteps + operatorSteps }

    /// Explains a question of a person: `5.1.1`, `X.7.26`, `552`, a reply line, what a mail system wrote about a reply,
    /// or a condition's id.
    ///
    /// A `status` that stands beside the text, as in a report, counts where the text has none. Without a `stage` the
    /// text's own counts, where it names one; where it does not, a person's question is about a recipient, and a report
    /// is a report. Nil when there is neither digits nor a code and the words say nothing: then there is nothing to explain.
    public init?(
        question: String,
        stage: Stage? = nil,
        status: EnhancedStatusCode? = nil,
        provider: Provider? = nil,
        nextHop: Evidence.NextHop = .mx,
        source: Source = .person,
        rules: DecisionRules = .builtIn,
        registry: StatusRegistry = .builtIn,
        in catalogue: Catalogue = .en
    ) {
        let text = Self.trimmed(question)
        if let condition = Condition(id: String(text)) {
            self.init(rules.decide(Evidence(condition)), kind: .condition, registry: registry, in: catalogue)
            return
        }
        if let pseudo = Self.pseudoCode(text) {
            self.init(pseudo, in: catalogue)
            return
        }
        // `X.7.26` asks for the enumerated status: the class in which it ends a delivery explains the most.
        let spelled = String(text.hasPrefix("X.") || text.hasPrefix("x.") ? "5" + text.dropFirst() : text)
        let isBare = EnhancedStatusCode(spelled) != nil || (spelled.utf8.count == 3 && UInt16(spelled) != nil)
        let diagnostic = DiagnosticText(parsing: spelled)
        var reply = diagnostic.reply
        reply.status = reply.status ?? status
        let isReply = reply.code != nil || reply.status != nil
        let usual = isBare && reply.status == nil ? reply.code.flatMap(Self.stage(of:)) : nil
        let unknown: Stage = usual ?? (isBare || (source == .person && isReply) ? .rcpt : .report)
        // A success is told by the content's reply, a refusal by the recipient's.
        let isSuccess =
            (reply.code?.severity ?? .permanentNegative) == .positiveCompletion
            || (reply.code == nil && reply.status?.statusClass == .success)
        let found = stage ?? diagnostic.stage ?? unknown
        let evidence = Evidence(
            stage: isSuccess && found == .rcpt ? .dot : found,
            reply: reply,
            // We log in to smart hosts only.
            nextHop: usual == .auth ? .smartHost : nextHop,
            source: isReply ? .live : .dsn,
            provider: provider ?? diagnostic.provider
        )
        let finding = rules.decide(evidence)
        guard isReply || finding.rule != .malformedPeer else { return nil }
        self.init(finding, kind: isBare ? .code : .reply, registry: registry, in: catalogue)
        self.stage = found
    }

    /// When digits are said by their first standard meaning, whose context begins with it: `AUTH; …`, `connection opening`.
    private static func stage(of code: ReplyCode) -> Stage? {
        guard let first = code.meanings.first, first.isStandard else { return nil }
        switch first.context.prefix(while: \.isLetter).lowercased() {
        case "connection": return .greeting
        case "help": return .command
        case let word: return Stage(rawValue: word)
        }
    }

    /// Who asks, which tells what a stage that nobody named is likely to be.
    public enum Source: Hashable, Sendable {
        /// A person, about a reply that refused a recipient.
        case person
        /// A program that hands on what some report said.
        case report
    }

    /// Three digits that no server sends but programs show, `101`: explained by the code that their author meant.
    private init(_ pseudo: ReplyMeaning, in catalogue: Catalogue) {
        let evidence = Evidence(stage: .connect, reply: PrintedReply(code: nil, status: pseudo.status))
        self.init(DecisionTable.decide(evidence), kind: .code, in: catalogue)
        if let entry = catalogue.entries(ofNumber: pseudo.number).first {
            title = entry.title
            meaning = entry.what
        }
        replyMeanings = [pseudo]
    }

    private static func pseudoCode(_ text: Substring) -> ReplyMeaning? {
        guard text.utf8.count == 3, let number = UInt16(text), ReplyCode(number) == nil else { return nil }
        return ReplyMeaning.all.first { $0.number == number }
    }

    private static func trimmed(_ text: String) -> Substring {
        var text = text.drop { $0.isWhitespace }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}

extension Explanation: CustomStringConvertible {
    /// A few lines for a terminal.
    public var description: String {
        var lines = ["\(asked) \(title)", meaning, outlook, turn, "", labels.sender]
        lines += senderSteps.map { "- \($0)" }
        lines.append(labels.system)
        lines += operatorSteps.map { "- \($0)" }
        return lines.joined(separator: "\n")
    }

    /// The digits where only they were asked for, else the code concluded.
    private var asked: String {
        guard kind == .code, finding.printed?.status == nil, let digits = finding.printed?.code else {
            return "\(finding.status)"
        }
        return "\(digits)"
    }
}

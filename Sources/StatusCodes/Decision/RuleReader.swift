/// Reads rules written as rows of `Registry/decisions.csv`.
struct RuleReader {
    /// A row, read.
    struct Rule {
        let match: DecisionTable.Match
        let outcome: DecisionTable.Outcome
        let row: DecisionRule.Row
        /// The condition of our own that it decides.
        var condition: Condition?
        let line: Int

        init(
            _ match: DecisionTable.Match,
            _ outcome: DecisionTable.Outcome,
            _ row: DecisionRule.Row,
            condition: Condition? = nil,
            line: Int = 0
        ) {
            self.match = match
            self.outcome = outcome
            self.row = row
            self.condition = condition
            self.line = line
        }
    }

    static let columns = [
        "rule", "provider", "as_of", "next_hop", "source", "condition", "class", "status", "reply", "stage", "when",
        "text", "cause", "conclude", "named", "scope", "affected", "fault", "actions", "confidence", "alert", "basis",
    ]

    /// The most reply codes that a row may name: four share a word.
    private static let maximumReplies = 4
    /// The most actions of a row: eight share a word.
    private static let maximumActions = 8

    /// The built-in phrases and those of the rules that were read; nil as long as these have none of their own.
    private var builder: PhraseIndex.Builder?
    /// The built-in providers, and those that the rules name.
    private(set) var providers = Provider.names
    private var featureCount = TextFeatures.builtInLimit

    /// The built-in phrases, and those of the rules that were read.
    var phrases: PhraseIndex { builder?.index() ?? .builtIn }

    /// Reads all rules of a file.
    mutating func read(_ file: Span<UInt8>) throws(DataFileError) -> [Rule] {
        let file = try DataFile(parsing: file, columns: Self.columns, required: ["rule", "cause", "basis"])
        var rules: [Rule] = []
        var names: Set<String> = []
        for row in file.rows {
            let rule = try rule(row)
            guard names.insert(rule.row.name).inserted else {
                throw row.error("rule", "\(rule.row.name) is there twice")
            }
            rules.append(rule)
        }
        return rules
    }

    private mutating func rule(_ row: DataFile.Row) throws(DataFileError) -> Rule {
        guard !row["rule"].isEmpty, row["rule"].utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "@") })
        else { throw row.error("rule", "a name without spaces is expected") }
        guard !row["basis"].isEmpty else { throw row.error("basis", "say what the rule rests on") }
        if !row["provider"].isEmpty, row["as_of"].isEmpty {
            throw row.error("as_of", "a rule about a provider is dated")
        }
        var condition: Condition?
        if !row["condition"].isEmpty {
            condition = Condition(id: row["condition"])
            guard condition != nil else { throw row.error("condition", "there is no \(row["condition"])") }
        }
        return Rule(
            try match(row),
            try outcome(row),
            DecisionRule.Row(name: row["rule"], basis: row["basis"], asOf: row["as_of"]),
            condition: condition,
            line: row.line
        )
    }

    // MARK: What a row asks

    private mutating func match(_ row: DataFile.Row) throws(DataFileError) -> DecisionTable.Match {
        let stages: [Stage] = try Self.members(row, "stage")
        let text = try features(row)
        return DecisionTable.Match(
            providers: try providers(row),
            nextHops: try (Self.members(row, "next_hop") as [Evidence.NextHop]).reduce(0) { $0 | 1 << $1.ordinal },
            sources: try (Self.members(row, "source") as [Evidence.Source]).reduce(0) { $0 | 1 << $1.ordinal },
            isOwn: !row["condition"].isEmpty,
            classes: try Self.classes(row),
            replies: try Self.replies(row),
            stages: stages.isEmpty ? .any : StageSet(stages.map { StageSet($0) }),
            circumstances: try Self.circumstances(row),
            features: text.first,
            also: text.second,
            pattern: try Self.pattern(row)
        )
    }

    private mutating func providers(_ row: DataFile.Row) throws(DataFileError) -> ProviderSet {
        var set: ProviderSet = []
        for word in row.words("provider") {
            var index = providers.firstIndex(of: String(word))
            if index == nil {
                guard providers.count < ProviderSet.limit else {
                    throw row.error("provider", "more than \(ProviderSet.limit) providers")
                }
                index = providers.count
                providers.append(String(word))
            }
            set.formUnion(.number(index ?? 0))
        }
        return set
    }

    /// What the text must speak of: one of a list, and one of a second list where a `&` stands between two.
    private mutating func features(
        _ row: DataFile.Row
    ) throws(DataFileError) -> (first: TextFeatures, second: TextFeatures) {
        let lists = row.words("text").split(separator: "&", omittingEmptySubsequences: false)
        guard lists.count <= 2, lists.count == 1 || !lists.contains(where: \.isEmpty) else {
            throw row.error("text", "& stands between two lists")
        }
        return (try features(lists[0], row), lists.count == 1 ? [] : try features(lists[1], row))
    }

    /// Names of features, or phrases of the operator's own, with `_` for spaces: `try_our_form`, `_blocked_`.
    private mutating func features(
        _ words: ArraySlice<Substring>,
        _ row: DataFile.Row
    ) throws(DataFileError) -> TextFeatures {
        var set: TextFeatures = []
        var own: TextFeatures?
        for word in words {
            if let index = TextFeatures.names.firstIndex(of: String(word)) {
                set.formUnion(.number(index))
                continue
            }
            guard word.contains("_") else { throw row.error("text", "there is no \(word)") }
            if own == nil {
                guard featureCount < TextFeatures.limit else {
                    let limit = TextFeatures.limit - TextFeatures.builtInLimit
                    throw row.error("text", "more than \(limit) lists have phrases of their own")
                }
                own = .number(featureCount)
                featureCount += 1
            }
            let phrase = word.replacing("_", with: " ").utf8
            if builder == nil { builder = PhraseIndex.builder() }
            builder?.add(phrase.span, PhraseIndex.Hint(features: own ?? []))
            guard builder?.isComplete == true else { throw row.error("text", "too many phrases") }
        }
        return set.union(own ?? [])
    }

    private static func classes(_ row: DataFile.Row) throws(DataFileError) -> StatusClassSet {
        var set: StatusClassSet = []
        for word in row.words("class") {
            guard word == "4" || word == "5" else { throw row.error("class", "\(word) is not 4 or 5") }
            set.insert(word == "4" ? StatusClassSet(.persistentTransientFailure) : StatusClassSet(.permanentFailure))
        }
        return set
    }

    private static func replies(_ row: DataFile.Row) throws(DataFileError) -> UInt64 {
        let words = row.words("reply")
        guard words.count <= maximumReplies else {
            throw row.error("reply", "more than \(maximumReplies) reply codes")
        }
        var replies: UInt64 = 0
        for (place, word) in words.enumerated() {
            guard let number = UInt16(word), let code = ReplyCode(number) else {
                throw row.error("reply", "\(word) is no reply code")
            }
            replies |= UInt64(code.rawValue) << UInt64(16 * place)
        }
        return replies
    }

    private static func circumstances(_ row: DataFile.Row) throws(DataFileError) -> DecisionTable.Circumstances {
        let names: [(Substring, DecisionTable.Circumstances)] = [
            ("first", .first), ("accepted", .accepted), ("single", .single), ("clear", .clear), ("tls", .tls),
            ("names-sender", .namesSender), ("sent-future-release", .sentFutureRelease),
            ("names-recipient", .namesRecipient),
        ]
        var set: DecisionTable.Circumstances = []
        for word in row.words("when") {
            guard let known = names.first(where: { $0.0 == word }) else {
                throw row.error("when", "there is no \(word)")
            }
            set.insert(known.1)
        }
        return set
    }

    private static func pattern(_ row: DataFile.Row) throws(DataFileError) -> DecisionTable.Pattern {
        let words = row.words("status")
        switch (words.first, words.count) {
        case (nil, _): return .any
        case ("none", 1): return .none
        case ("bare", 1): return .bare
        case ("vague", 1): return .vague
        case ("other", 1): return .other
        case (let word?, 1) where word.hasPrefix("X.") && word.hasSuffix(".*"):
            if let subject = UInt16(word.dropFirst(2).dropLast(2)), subject <= 999 { return .subject(subject) }
        case (_, 1...2):
            let codes = words.compactMap { EnumeratedStatus(pattern: $0) }
            if codes.count == words.count { return codes.count == 1 ? .exact(codes[0]) : .either(codes[0], codes[1]) }
        default: break
        }
        throw row.error("status", "X.1.2, two of them, X.1.*, none, bare, vague or other is expected")
    }

    // MARK: What a row concludes

    private func outcome(_ row: DataFile.Row) throws(DataFileError) -> DecisionTable.Outcome {
        guard let cause = Cause(name: row["cause"]) else {
            throw row.error("cause", "there is no \(row["cause"])")
        }
        var named: Condition?
        if !row["named"].isEmpty {
            named = Condition(id: row["named"])
            guard named != nil else { throw row.error("named", "there is no \(row["named"])") }
        }
        guard ["", "yes", "no"].contains(row["alert"]) else { throw row.error("alert", "yes or no is expected") }
        return DecisionTable.Outcome(
            cause: cause,
            conclusion: try Self.conclusion(row),
            condition: named,
            scope: try Self.member(row, "scope"),
            affected: try Self.member(row, "affected"),
            fault: try Self.member(row, "fault"),
            actions: try Self.actions(row),
            confidence: try Self.member(row, "confidence") ?? .likely,
            alert: row["alert"].isEmpty ? nil : row["alert"] == "yes"
        )
    }

    private static func conclusion(_ row: DataFile.Row) throws(DataFileError) -> DecisionTable.Conclusion {
        let text = row["conclude"]
        switch text {
        case "": return .printed
        case "cause": return .cause
        case "finer": return .finer
        default:
            if let status = EnumeratedStatus(pattern: text) { return .status(status) }
            if let code = EnhancedStatusCode(text), code.statusClass != .success { return .code(code) }
            throw row.error("conclude", "cause, finer, X.1.2 or a code is expected")
        }
    }

    private static func actions(_ row: DataFile.Row) throws(DataFileError) -> RemedialActions? {
        let words = row.words("actions")
        guard !words.isEmpty else { return nil }
        guard words.count <= maximumActions else {
            throw row.error("actions", "more than \(maximumActions) actions")
        }
        var octets: UInt64 = 0
        for (place, word) in words.enumerated() {
            guard let action = RemedialAction(spelled: word) else {
                throw row.error("actions", "there is no \(word)")
            }
            guard action.isTerminal == (place == words.count - 1) else {
                throw row.error("actions", "the last action is terminal and no other")
            }
            octets |= UInt64(action.octet) << UInt64(8 * place)
        }
        return RemedialActions(octets: octets)
    }

    private static func member<Name: RawRepresentable>(
        _ row: DataFile.Row,
        _ column: String
    ) throws(DataFileError) -> Name? where Name.RawValue == String {
        let members: [Name] = try members(row, column)
        guard members.count <= 1 else { throw row.error(column, "one is expected") }
        return members.first
    }

    private static func members<Name: RawRepresentable>(
        _ row: DataFile.Row,
        _ column: String
    ) throws(DataFileError) -> [Name] where Name.RawValue == String {
        var members: [Name] = []
        for word in row.words(column) {
            guard let member = Name(rawValue: String(word)) else { throw row.error(column, "there is no \(word)") }
            members.append(member)
        }
        return members
    }
}

extension RemedialAction {
    /// An action as rules spell it, `next-host`, `retry:standard`; nil when there is none.
    init?(spelled text: Substring) {
        if let curve = RetryCurve.allCases.first(where: { "retry:\($0.rawValue)" == text }) {
            self = .retry(curve)
            return
        }
        let plain: [Self] = [
            .delivered, .relayed, .nextHost, .otherFamily, .otherSource, .reconnect, .split, .withoutParameter,
            .upgrade, .downgrade, .slowDown, .hold, .fail, .expire,
        ]
        guard let known = plain.first(where: { $0.name == text }) else { return nil }
        self = known
    }
}

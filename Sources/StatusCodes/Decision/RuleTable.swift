/// The rows of a decision table, laid out for look-up: the built-in ones, or these with an operator's worked in.
final class RuleTable: Sendable {
    let matches: [DecisionTable.Match]
    let outcomes: [DecisionTable.Outcome]
    let rows: [DecisionRule.Row]
    /// The row of each condition by its index; -1 where its code decides.
    let conditionRows: [Int16]
    let phrases: PhraseIndex
    /// Which details somebody registered: a row may ask for one that nobody did.
    let registered: RegisteredDetails
    let version: String
    /// Names of the providers that rows ask for, in the order of their bits.
    private let providerNames: [String]
    /// The rows that can fit a subject, in order, so that a look-up touches a part of the table.
    private let buckets: [[Gate]]

    /// What rules most rows out, side by side in memory; the row itself is asked only where this fits.
    private struct Gate {
        let features: TextFeatures
        let stages: StageSet
        let classes: StatusClassSet
        let index: UInt16

        @inline(__always)
        func fits(_ known: DecisionTable.Known) -> Bool {
            !stages.isDisjoint(with: known.stage)
                && (features.isEmpty || !features.isDisjoint(with: known.features))
                && (classes.isEmpty || classes.contains(known.statusClass))
        }
    }

    /// The table of this release.
    static let builtIn = RuleTable(
        matches: DecisionTable.matches,
        outcomes: DecisionTable.outcomes,
        rows: DecisionTable.rules,
        conditionRows: DecisionTable.conditionRows,
        phrases: .builtIn,
        registered: .builtIn,
        providerNames: Provider.names,
        version: DecisionTable.version
    )

    init(
        matches: [DecisionTable.Match],
        outcomes: [DecisionTable.Outcome],
        rows: [DecisionRule.Row],
        conditionRows: [Int16],
        phrases: PhraseIndex,
        registered: RegisteredDetails,
        providerNames: [String],
        version: String
    ) {
        self.matches = matches
        self.outcomes = outcomes
        self.rows = rows
        self.conditionRows = conditionRows
        self.phrases = phrases
        self.registered = registered
        self.providerNames = providerNames
        self.version = version
        self.buckets = (0...9).map { bucket in
            matches.indices.filter { Self.canFit(matches[$0], bucket) }.map {
                let match = matches[$0]
                return Gate(
                    features: match.features,
                    stages: match.stages,
                    classes: match.classes,
                    index: UInt16($0)
                )
            }
        }
    }

    /// The rows of a table under another registry.
    convenience init(_ base: RuleTable, registered: RegisteredDetails) {
        let octets = registered.octets
        self.init(
            matches: base.matches,
            outcomes: base.outcomes,
            rows: base.rows,
            conditionRows: base.conditionRows,
            phrases: base.phrases,
            registered: registered,
            providerNames: base.providerNames,
            version: "\(base.version)+\(Self.fingerprint(octets.span))"
        )
    }

    // MARK: Looking up

    /// The first row that fits; the last row fits everything.
    func rule(for known: DecisionTable.Known) -> DecisionRule {
        for gate in buckets[Self.bucket(of: known.printed)]
        where gate.fits(known) && Self.fits(matches[Int(gate.index)], known) {
            return rule(gate.index)
        }
        return rule(fallback)
    }

    /// The rule of a row.
    func rule(_ index: UInt16) -> DecisionRule { DecisionRule(index: index, table: self) }

    /// Whether a rule is the last of those that fit a peer's reply, which asks nothing and knows nothing.
    func isFallback(_ rule: DecisionRule) -> Bool { rule.index == fallback }

    private var fallback: UInt16 { buckets[9].last?.index ?? 0 }

    /// The bits of whoever is known to have answered.
    ///
    /// Without a provider the text may give it away; with one it may still tell the software that speaks.
    func providers(_ provider: Provider?, _ hint: ProviderSet) -> ProviderSet {
        guard let provider else { return hint }
        let software = hint.intersection(Provider.software)
        guard let index = providerNames.firstIndex(of: provider.name) else { return software }
        return software.union(.number(index))
    }

    /// Whether a row fits whose gate does.
    private static func fits(_ match: DecisionTable.Match, _ known: DecisionTable.Known) -> Bool {
        match.circumstances.isSubset(of: known.circumstances)
            && (match.also.isEmpty || !match.also.isDisjoint(with: known.features))
            && (match.replies == 0 || has(match.replies, known.reply))
            && (match.nextHops == 0 || match.nextHops & known.nextHop != 0)
            && (match.sources == 0 || match.sources & known.source != 0)
            && (match.providers.isEmpty || !match.providers.isDisjoint(with: known.providers))
            && fits(match.pattern, known)
    }

    private static func has(_ replies: UInt64, _ code: UInt64) -> Bool {
        var rest = replies
        while rest != 0 {
            if rest & 0xFFFF == code { return true }
            rest >>= 16
        }
        return false
    }

    private static func fits(_ pattern: DecisionTable.Pattern, _ known: DecisionTable.Known) -> Bool {
        switch pattern {
        case .any: true
        case .none: known.printed == nil
        case .bare: known.printed.map { $0.subject == 0 } ?? true
        case .vague: known.isVague
        case .exact(let status): known.printed == status
        case .either(let one, let other): known.printed == one || known.printed == other
        case .subject(let subject): known.printed?.subject == subject
        case .other: known.printed.map { $0.subject > 7 } ?? false
        }
    }

    /// Subjects 0…7, 8 for any other, 9 for no code.
    private static func bucket(of printed: EnumeratedStatus?) -> Int { printed.map { min(Int($0.subject), 8) } ?? 9 }

    private static func canFit(_ match: DecisionTable.Match, _ bucket: Int) -> Bool {
        guard !match.isOwn, !match.circumstances.contains(.coded) else { return false }
        switch match.pattern {
        case .any, .vague: return true
        case .none: return bucket == 9
        case .bare: return bucket == 9 || bucket == 0
        case .exact(let status): return Self.bucket(of: status) == bucket
        case .either(let one, let other): return Self.bucket(of: one) == bucket || Self.bucket(of: other) == bucket
        case .subject(let subject): return Int(subject) == bucket
        case .other: return bucket == 8
        }
    }
}

/// A decision table that can be handed about: the built-in one, or with an operator's rules worked in.
///
/// The rules of an operator are rows of the same columns as `Registry/decisions.csv`. A row with the name of a built-in
/// one stands in its place; every other row is tried before the built-in ones, in the order of the file.
public struct DecisionRules: Sendable {
    let table: RuleTable

    /// The table of this release.
    public static let builtIn = Self(table: .builtIn)

    private init(table: RuleTable) { self.table = table }

    /// The built-in table with the rules of a file; `docs/operations/rules.md` says how they are written.
    public init(adding file: Span<UInt8>) throws(DataFileError) {
        table = try RuleTable(.builtIn, adding: file)
    }

    /// The same rules under a newer registry: what it has is no longer a detail that nobody registered.
    public func following(_ registry: StatusRegistry) -> Self {
        let registered = RegisteredDetails(registry.statuses)
        return registered == table.registered ? self : Self(table: RuleTable(table, registered: registered))
    }

    /// What follows from a piece of evidence.
    public func decide(_ evidence: Evidence) -> Finding { DecisionTable.decide(evidence, in: table) }

    /// Changes whenever a row changes.
    public var version: String { table.version }

    /// Every rule, in the order in which they are tried.
    public var rules: [DecisionRule] { table.rows.indices.map { table.rule(UInt16($0)) } }
}

extension RuleTable {
    /// The most rows of all: a row's number has sixteen bits, and a table far below is slow already.
    private static let maximumRows = 8192

    /// A table with the rules of a file.
    convenience init(_ base: RuleTable, adding file: Span<UInt8>) throws(DataFileError) {
        var reader = RuleReader()
        let added = try reader.read(file)
        guard base.rows.count + added.count <= Self.maximumRows else {
            throw DataFileError(.tooLarge, line: 0, "more than \(Self.maximumRows) rules")
        }
        var merged = base.rows.indices.map { RuleReader.Rule(base.matches[$0], base.outcomes[$0], base.rows[$0]) }
        for index in base.conditionRows.indices where base.conditionRows[index] >= 0 {
            merged[Int(base.conditionRows[index])].condition = Condition(index: UInt16(index))
        }
        // The rows that no look-up meets stand first and keep their numbers.
        let first = base.matches.prefix { $0.circumstances.contains(.coded) }.count
        let places = Dictionary(base.rows.indices.map { (base.rows[$0].name, $0) }) { first, _ in first }
        var extra: [RuleReader.Rule] = []
        for rule in added {
            if let index = places[rule.row.name] {
                guard index >= first else {
                    throw DataFileError(.value, line: rule.line, "rule: \(rule.row.name) is not to be replaced")
                }
                merged[index] = rule
            } else {
                extra.append(rule)
            }
        }
        merged.insert(contentsOf: extra, at: first)
        var conditionRows = [Int16](repeating: -1, count: base.conditionRows.count)
        for (index, rule) in merged.enumerated().reversed() {
            if let condition = rule.condition { conditionRows[Int(condition.index)] = Int16(index) }
        }
        self.init(
            matches: merged.map(\.match),
            outcomes: merged.map(\.outcome),
            rows: merged.map(\.row),
            conditionRows: conditionRows,
            phrases: reader.phrases,
            registered: base.registered,
            providerNames: reader.providers,
            version: "\(base.version)+\(Self.fingerprint(file))"
        )
    }

    /// Tells two files apart (FNV-1a); it proves nothing.
    static func fingerprint(_ file: Span<UInt8>) -> String {
        var hash = ReplyWords.Hash()
        for index in file.indices { hash.add(file[index]) }
        return String(UInt32(truncatingIfNeeded: hash.value ^ (hash.value >> 32)), radix: 16)
    }
}

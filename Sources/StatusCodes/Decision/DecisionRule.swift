/// The row of the decision table that won, so that "why?" has an answer.
public struct DecisionRule: Sendable {
    let index: UInt16
    /// The table that it is a row of, when that is not the built-in one.
    private let table: RuleTable?

    init(index: UInt16, table: RuleTable? = nil) {
        self.index = index
        self.table = table === RuleTable.builtIn ? nil : table
    }

    struct Row: Hashable, Sendable {
        let name: String
        let basis: String
        let asOf: String
    }

    private var row: Row { (table ?? .builtIn).rows[Int(index)] }

    /// The rule's id, stable within a version.
    public var name: String { row.name }
    /// The version of the table, which changes whenever a row changes.
    public var version: String { (table ?? .builtIn).version }
    /// What it rests on: an RFC, a ruling, what the field does.
    public var basis: String { row.basis }
    /// When it was last seen to hold; empty for rules that do not age.
    public var asOf: String { row.asOf }

    /// Every built-in rule, in the order in which they are tried.
    public static var all: [Self] { DecisionTable.rules.indices.map { Self(index: UInt16($0)) } }
}

extension DecisionRule: Hashable {
    /// The same row of the same table.
    public static func == (left: Self, right: Self) -> Bool {
        left.index == right.index && left.table === right.table
    }

    /// Hashes the row.
    public func hash(into hasher: inout Hasher) { hasher.combine(index) }
}

extension DecisionRule: CustomStringConvertible {
    /// Id and version of the table, `5.1.1@1.9f0c3d21`.
    public var description: String { "\(name)@\(version)" }
}

/// The row of the decision table that won, so that "why?" has an answer.
public struct DecisionRule: Hashable, Sendable {
    let index: UInt16

    init(index: UInt16) { self.index = index }

    struct Row: Sendable {
        let name: String
        let basis: String
        let asOf: String
    }

    /// The rule's id, stable within a version.
    public var name: String { DecisionTable.rules[Int(index)].name }
    /// What it rests on: an RFC, a ruling, what the field does.
    public var basis: String { DecisionTable.rules[Int(index)].basis }
    /// When it was last seen to hold; empty for rules that do not age.
    public var asOf: String { DecisionTable.rules[Int(index)].asOf }

    /// Every rule, in the order in which they are tried.
    public static var all: [Self] { DecisionTable.rules.indices.map { Self(index: UInt16($0)) } }
}

extension DecisionRule: CustomStringConvertible {
    /// Id and version of the table, `5.1.1@1.9f0c3d21`.
    public var description: String { "\(name)@\(DecisionTable.version)" }
}

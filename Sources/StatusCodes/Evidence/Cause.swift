/// Why something happened, by name; each cause belongs to one status condition, which it refines.
///
/// The named ones are generated from `Registry/causes.csv`; what they mean to people stands in the catalogues
/// (`Catalogue`). A cause is a byte: an index into a static table.
public struct Cause: Hashable, Sendable {
    let index: UInt8

    init(index: UInt8) { self.index = index }

    /// The cause with a name, `user-unknown`; nil when there is none.
    public init?(name: String) {
        guard let index = Self.table.firstIndex(where: { $0.name == name }) else { return nil }
        self.index = UInt8(index)
    }

    struct Row: Sendable {
        let name: String
        let fault: Fault
        let status: EnhancedStatusCode
        let hardness: Hardness
        let scope: FailureScope
        let affected: Affected.Kind
        let onTransient: RemedialActions
        let onPermanent: RemedialActions
        let suppression: SuppressionTerm
        let alert: Bool
        let reasons: String
    }

    /// What a cause says about the address.
    public enum Hardness: String, Hashable, Sendable, CaseIterable {
        /// The address is no good, whatever class was printed.
        case hard
        /// The address is no good when refused for good.
        case hardWhenPermanent = "hard-when-permanent"
        /// Nothing.
        case soft
        /// It is no failure.
        case none
    }

    var row: Row { Self.table[Int(index)] }

    /// Every cause, in the order of the file.
    public static var all: [Self] { table.indices.map { Self(index: UInt8($0)) } }

    /// Its stable name, `user-unknown`.
    public var name: String { row.name }
    /// Who has to act.
    public var fault: Fault { row.fault }
    /// The status that says it best.
    public var status: EnhancedStatusCode { row.status }
    /// What it says about the address.
    public var hardness: Hardness { row.hardness }
    /// How far it reaches, unless a rule knows better.
    public var scope: FailureScope { row.scope }
    /// What it is about.
    public var affected: Affected.Kind { row.affected }
    /// What it means for further mail to the recipient.
    public var suppression: SuppressionTerm { row.suppression }
    /// Whether the operator should hear of it.
    public var alert: Bool { row.alert }

    /// What to do when it is met with a class, unless a rule knows better.
    public func actions(for statusClass: StatusClass) -> RemedialActions {
        switch statusClass {
        case .success, .persistentTransientFailure: row.onTransient
        case .permanentFailure: row.onPermanent
        }
    }

    /// Sisimai's reason for it at a stage, so that users of that library can switch.
    public func sisimaiReason(at stage: Stage) -> String {
        var fallback = ""
        for part in row.reasons.split(separator: " ") {
            guard let equals = part.firstIndex(of: "=") else {
                fallback = String(part)
                continue
            }
            if part[..<equals] == stage.rawValue { return String(part[part.index(after: equals)...]) }
        }
        return fallback
    }
}

extension Cause: CustomStringConvertible {
    /// The name.
    public var description: String { name }
}

import Foundation
import StatusCodes

/// One question of `explain` as JSON (`docs/design/interfaces.md` §3): keys in the promised order, absent when unknown.
struct ExplainRecord {
    let explanation: Explanation
    let line: Int?

    /// The object on one line.
    var json: String {
        var object = OrderedObject()
        if let line { object.add("line", line) }
        object.add("kind", explanation.kind == .code ? "code" : "reply")
        object.add("results", objectsOf: [explanation]) { Self.write($1, to: &$0) }
        return object.text
    }

    private static func write(_ explanation: Explanation, to object: inout OrderedObject) {
        let finding = explanation.finding
        object.add("status", finding.status.description)
        if let printed = finding.printed {
            if let status = printed.status { object.add("printed_status", status.description) }
            if let code = printed.code { object.add("reply", Int(code.rawValue)) }
            if !printed.text.isEmpty { object.add("diagnostic", printed.description) }
        }
        object.add(finding: finding)
        object.add("title", explanation.title)
        object.add("explanation", "\(explanation.meaning) \(explanation.outlook) \(explanation.turn)")
        object.add("remedy", explanation.remedy)
    }
}

extension OrderedObject {
    /// Adds for how long an address is not written to any more, and what that takes.
    mutating func add(suppression term: SuppressionTerm) {
        add("suppress") { object in
            switch term.length {
            case .none: object.add("for", "none")
            case .days(let days): object.add("for", "P\(days)D")
            case .permanent: object.add("for", "permanent")
            }
            guard term.length != .none else { return }
            object.add("scope", "address")
            object.add("needs") { needs in
                needs.add("count", Int(term.needs.count))
                needs.add("apart", "PT\(term.needs.apart.components.seconds / 3600)H")
            }
        }
    }
}

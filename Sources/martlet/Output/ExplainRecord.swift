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
        object.add("results", raw: "[\(result)]")
        return object.text
    }

    private var result: String {
        let finding = explanation.finding
        var object = OrderedObject()
        object.add("status", finding.status.description)
        if let printed = finding.printed {
            if let status = printed.status { object.add("printed_status", status.description) }
            if let code = printed.code { object.add("reply", Int(code.rawValue)) }
            if !printed.text.isEmpty { object.add("diagnostic", printed.description) }
        }
        object.add("cause", finding.cause.name)
        object.add("fault", finding.fault.rawValue)
        object.add("scope", finding.scope.rawValue)
        object.add("bounce", finding.bounce.rawValue)
        object.add("actions", finding.actions.map(\.name))
        if let wait = finding.retryAfter { object.add("retry_after", "PT\(wait.components.seconds)S") }
        object.add("suppress", raw: Self.suppression(finding.suppression))
        object.add("outcome_known", finding.outcomeKnown)
        object.add("rule", finding.rule.description)
        object.add("confidence", finding.confidence.rawValue)
        object.add("title", explanation.title)
        object.add("explanation", "\(explanation.meaning) \(explanation.outlook) \(explanation.turn)")
        object.add("remedy", explanation.remedy)
        return object.text
    }

    static func suppression(_ term: SuppressionTerm) -> String {
        var object = OrderedObject()
        switch term.length {
        case .none: object.add("for", "none")
        case .days(let days): object.add("for", "P\(days)D")
        case .permanent: object.add("for", "permanent")
        }
        guard term.length != .none else { return object.text }
        object.add("scope", "address")
        var needs = OrderedObject()
        needs.add("count", Int(term.needs.count))
        needs.add("apart", "PT\(term.needs.apart.components.seconds / 3600)H")
        object.add("needs", raw: needs.text)
        return object.text
    }
}

/// A JSON object whose keys keep the order in which they were added.
struct OrderedObject {
    private var parts: [String] = []

    mutating func add(_ key: String, _ value: String) { parts.append("\(Self.quoted(key)):\(Self.quoted(value))") }
    mutating func add(_ key: String, _ value: Int) { parts.append("\(Self.quoted(key)):\(value)") }
    mutating func add(_ key: String, _ value: Bool) { parts.append("\(Self.quoted(key)):\(value)") }
    mutating func add(_ key: String, _ values: [String]) {
        parts.append("\(Self.quoted(key)):[\(values.map(Self.quoted).joined(separator: ","))]")
    }
    mutating func add(_ key: String, raw value: String) { parts.append("\(Self.quoted(key)):\(value)") }

    /// The object on one line.
    var text: String { "{\(parts.joined(separator: ","))}" }

    private static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            case "\u{0}"..<" ", "\u{7F}":
                let hex = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }
}

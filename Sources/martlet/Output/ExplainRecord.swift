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
    private var octets: [UInt8] = [UInt8(ascii: "{")]

    mutating func add(_ key: String, _ value: String) {
        begin(key)
        quote(value)
    }

    mutating func add(_ key: String, _ value: Int) { add(key, raw: String(value)) }
    mutating func add(_ key: String, _ value: Bool) { add(key, raw: value ? "true" : "false") }

    mutating func add(_ key: String, _ values: [String]) {
        begin(key)
        octets.append(UInt8(ascii: "["))
        for (index, value) in values.enumerated() {
            if index > 0 { octets.append(UInt8(ascii: ",")) }
            quote(value)
        }
        octets.append(UInt8(ascii: "]"))
    }

    mutating func add(_ key: String, raw value: String) {
        begin(key)
        octets.append(contentsOf: value.utf8)
    }

    /// Adds what is written already: keys and values, with a comma between them.
    mutating func add(members: String) {
        if octets.count > 1 { octets.append(UInt8(ascii: ",")) }
        octets.append(contentsOf: members.utf8)
    }

    /// Its keys and values without the brackets around them.
    var members: String { String(decoding: octets.dropFirst(), as: UTF8.self) }

    /// The object on one line.
    var text: String { String(decoding: octets + [UInt8(ascii: "}")], as: UTF8.self) }

    private mutating func begin(_ key: String) {
        if octets.count > 1 { octets.append(UInt8(ascii: ",")) }
        quote(key)
        octets.append(UInt8(ascii: ":"))
    }

    /// Appends a string; most have nothing to escape and are copied whole.
    private mutating func quote(_ text: String) {
        octets.append(UInt8(ascii: "\""))
        let utf8 = text.utf8
        if utf8.allSatisfy({ !Self.needsEscape($0) }) {
            octets.append(contentsOf: utf8)
        } else {
            for octet in utf8 { append(octet) }
        }
        octets.append(UInt8(ascii: "\""))
    }

    private static func needsEscape(_ octet: UInt8) -> Bool {
        octet < 0x20 || octet == 0x7F || octet == UInt8(ascii: "\"") || octet == UInt8(ascii: "\\")
    }

    private mutating func append(_ octet: UInt8) {
        guard Self.needsEscape(octet) else { return octets.append(octet) }
        octets.append(UInt8(ascii: "\\"))
        switch octet {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): octets.append(octet)
        case UInt8(ascii: "\n"): octets.append(UInt8(ascii: "n"))
        case UInt8(ascii: "\r"): octets.append(UInt8(ascii: "r"))
        case UInt8(ascii: "\t"): octets.append(UInt8(ascii: "t"))
        default:
            let hex = String(octet, radix: 16)
            octets.append(contentsOf: "u\(hex.utf8.count == 1 ? "000" : "00")\(hex)".utf8)
        }
    }
}

/// A fixture that does not follow the grammar.
package struct DialogueSyntaxError: Error, CustomStringConvertible {
    /// The file's name.
    package let name: String
    /// The line number.
    package let line: Int
    /// What is wrong.
    package let reason: String
    /// The file, the line and the reason.
    package var description: String { "\(name):\(line): \(reason)" }
}

extension Dialogue {
    /// Reads a fixture.
    package init(name: String, text: String) throws {
        self.init(name: name, comments: [], world: [], steps: [])
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
        where !line.isEmpty {
            do {
                try read(String(line), at: index + 1)
            } catch let reason as Reason {
                throw DialogueSyntaxError(name: name, line: index + 1, reason: reason.text)
            }
        }
    }

    private struct Reason: Error { let text: String }

    private mutating func read(_ line: String, at number: Int) throws {
        let rest = String(line.dropFirst(2)).trimmingPrefixSpace()
        switch line.prefix(2) {
        case "# ", "#": comments.append(rest)
        case "? ": world.append(Self.wordAndValue(rest))
        case "S:": add(.line(.server, Pattern(rest)), number)
        case "C:": add(.line(.client, Pattern(rest)), number)
        case "S~":
            guard rest.utf8.count == 3, Int(rest) != nil else { throw Reason(text: "`S~ 250`") }
            add(.reply(rest), number)
        case "S|": add(.raw(.server, try Self.unescaped(Array(rest.utf8)[...])), number)
        case "C|": add(.raw(.client, try Self.unescaped(Array(rest.utf8)[...])), number)
        case "@ ": add(.time(try Self.duration(rest)), number)
        case "= ":
            switch rest {
            case "tls": add(.tls, number)
            case "drain": add(.drain, number)
            default: throw Reason(text: "`= tls` and `= drain` are known")
            }
        case "x ": add(.closed(try Self.side(rest)), number)
        case "! ":
            let words = rest.split(separator: ",").map { Self.wordAndValue(String($0).trimmingPrefixSpace()) }
            add(.holds(words), number)
        default: throw Reason(text: "no line begins with `\(line.prefix(2))`")
        }
    }

    private mutating func add(_ event: Event, _ line: Int) { steps.append(Step(line: line, event: event)) }

    private static func wordAndValue(_ text: String) -> (word: String, value: String) {
        guard let space = text.firstIndex(of: " ") else { return (text, "") }
        return (String(text[..<space]), String(text[space...]).trimmingPrefixSpace())
    }

    private static func side(_ text: String) throws -> Side {
        switch text {
        case "client": return .client
        case "server": return .server
        default: throw Reason(text: "`x client` or `x server`")
        }
    }

    private static func duration(_ text: String) throws -> Duration {
        let digits = text.drop { $0 == "+" }.prefix { $0.isNumber }
        guard text.hasPrefix("+"), let number = Int64(digits) else { throw Reason(text: "`@ +300s`") }
        switch text.dropFirst(digits.count + 1) {
        case "ms": return .milliseconds(number)
        case "s": return .seconds(number)
        case "m": return .seconds(number * 60)
        case "h": return .seconds(number * 3600)
        default: throw Reason(text: "a duration ends in ms, s, m or h")
        }
    }

    private static func unescaped(_ bytes: ArraySlice<UInt8>) throws -> [UInt8] {
        var result: [UInt8] = []
        var rest = bytes
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                result.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "0"): result.append(0)
            case UInt8(ascii: "\\"): result.append(UInt8(ascii: "\\"))
            case UInt8(ascii: "x"):
                guard let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
                    throw Reason(text: "\\x wants two hexadecimal digits")
                }
                rest = rest.dropFirst(2)
                result.append(value)
            case UInt8(ascii: "("): result += try repeated(&rest)
            default: throw Reason(text: "known escapes are \\r \\n \\t \\0 \\\\ \\xHH \\(text*N)")
            }
        }
        return result
    }

    /// `text*N)`: the opening bracket has been read.
    private static func repeated(_ rest: inout ArraySlice<UInt8>) throws -> [UInt8] {
        guard let close = rest.firstIndex(of: UInt8(ascii: ")")),
            let star = rest[..<close].lastIndex(of: UInt8(ascii: "*")),
            let count = Int(String(decoding: rest[(star + 1)..<close], as: UTF8.self))
        else { throw Reason(text: "\\(text*N)") }
        let text = try unescaped(rest[..<star])
        rest = rest[(close + 1)...]
        return Array(repeatElement(text, count: count).joined())
    }
}

extension String {
    fileprivate func trimmingPrefixSpace() -> String { String(drop { $0 == " " }) }
}

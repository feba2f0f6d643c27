/// A piece of markup: its literals stand as they are written, every text put into them is escaped.
///
///     let row: HTML = "<td>\(title)</td>"     // title: String, whatever is in it
///     let table: HTML = "<table>\(rows)</table>"  // rows: [HTML], put in as they are
///
/// So a page cannot hold text that was forgotten.
struct HTML: ExpressibleByStringInterpolation, Sendable {
    /// The markup.
    let text: String

    init(stringLiteral literal: String) { text = literal }
    init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }

    /// Pieces one behind the other, with text between them.
    init(_ pieces: [HTML], separator: String) {
        text = pieces.map(\.text).joined(separator: Self.escaped(separator))
    }

    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }

        mutating func appendLiteral(_ literal: String) { text += literal }
        /// Text, escaped.
        mutating func appendInterpolation(_ value: String) { text += HTML.escaped(value) }
        /// A number or a code.
        mutating func appendInterpolation(_ value: some LosslessStringConvertible) {
            text += HTML.escaped(value.description)
        }
        /// Markup.
        mutating func appendInterpolation(_ piece: HTML) { text += piece.text }
        /// Pieces of markup, a line each.
        mutating func appendInterpolation(_ pieces: [HTML]) {
            text += pieces.map(\.text).joined(separator: "\n")
        }
    }

    /// Text in which nothing is markup; control characters, which HTML does not know, are left out.
    static func escaped(_ value: String) -> String {
        var out = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            case "\n", "\t": out.unicodeScalars.append(scalar)
            default: if scalar.properties.generalCategory != .control { out.unicodeScalars.append(scalar) }
            }
        }
        return out
    }
}

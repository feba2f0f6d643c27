/// What was said so far, by line, with control characters visible.
struct Transcript: Sendable {
    private var lines: [String] = []

    init() {}

    /// What a fixture wants to be said.
    init(_ dialogue: Dialogue) {
        for step in dialogue.steps {
            switch step.event {
            case .line(let side, let pattern): lines.append("\(side.mark): \(pattern)")
            case .reply(let code): lines.append("S~ \(code)")
            case .raw(let side, let bytes): lines.append("\(side.mark)| \(Visible.text(bytes))")
            case .time(let duration): lines.append("@ +\(duration)")
            case .tls: lines.append("= tls")
            case .drain: lines.append("= drain")
            case .closed(let side): lines.append("x \(side)")
            case .holds(let words): for (word, value) in words { lines.append("! \(word) \(value)") }
            }
        }
    }

    /// Adds what a side said.
    mutating func said(_ bytes: [UInt8], by side: Dialogue.Side) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: 0x0A).map { $0 + 1 } ?? rest.endIndex
            let line = Array(rest[..<end])
            if line.suffix(2) == [0x0D, 0x0A], Visible.isPlain(line.dropLast(2)) {
                lines.append("\(side.mark): \(Visible.text(Array(line.dropLast(2))))")
            } else {
                lines.append("\(side.mark)| \(Visible.text(line))")
            }
            rest = rest[end...]
        }
    }

    /// Adds what else happened.
    mutating func noted(_ text: String) { lines.append(text) }

    /// All of it.
    var text: String { lines.joined(separator: "\n") }
}

extension Dialogue.Side {
    var mark: String {
        switch self {
        case .client: "C"
        case .server: "S"
        }
    }
}

/// Bytes for people, in the escapes of a fixture.
package enum Visible {
    /// The bytes with control characters, backslashes and broken UTF-8 escaped; a long run of one byte as `\(x*N)`.
    package static func text(_ bytes: [UInt8]) -> String {
        var result = ""
        var index = 0
        let isUTF8 = String(validating: bytes, as: UTF8.self) != nil
        while index < bytes.count {
            let byte = bytes[index]
            var end = index
            while end < bytes.count, bytes[end] == byte { end += 1 }
            if end - index > 40 {
                result += "\\(\(escaped(byte))*\(end - index))"
                index = end
            } else if byte >= 0x80, isUTF8 {
                var after = index + 1
                while after < bytes.count, bytes[after] & 0xC0 == 0x80 { after += 1 }
                result += String(decoding: bytes[index..<after], as: UTF8.self)
                index = after
            } else {
                result += escaped(byte)
                index += 1
            }
        }
        return result
    }

    static func isPlain(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }
    }

    private static func escaped(_ byte: UInt8) -> String {
        switch byte {
        case 0x0D: "\\r"
        case 0x0A: "\\n"
        case 0x09: "\\t"
        case 0: "\\0"
        case UInt8(ascii: "\\"): "\\\\"
        case 0x20...0x7E: String(UnicodeScalar(byte))
        default: "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }
    }
}

/// Collects parameters whose value comes in numbered or percent-encoded parts (RFC 2231 §3, §4).
struct ParameterParts {
    private struct Part {
        var name: String
        var number: Int
        var isEncoded: Bool
        var value: [UInt8]
    }

    /// The parameters so far, as long as each has come in one piece, which nearly all do.
    private var plain: [(name: String, value: [UInt8])] = []
    /// All of them, from the first part of one on.
    private var parts: [Part] = []

    /// Takes `name`, `name*`, `name*0` or `name*0*`.
    mutating func take(_ name: String, _ value: [UInt8]) {
        guard name.utf8.contains(UInt8(ascii: "*")) else {
            if !parts.isEmpty {
                parts.append(Part(name: name, number: 0, isEncoded: false, value: value))
            } else if !plain.contains(where: { $0.name == name }) {
                plain.append((name, value))
            }
            return
        }
        if parts.isEmpty { parts = plain.map { Part(name: $0.name, number: 0, isEncoded: false, value: $0.value) } }
        let pieces = name.split(separator: "*", omittingEmptySubsequences: false)
        let isEncoded = pieces.count > 1 && pieces.last == ""
        let number = pieces.count > 1 ? Int(pieces[1]) ?? 0 : 0
        parts.append(Part(name: String(pieces[0]), number: number, isEncoded: isEncoded, value: value))
    }

    /// The parameters, each once.
    func joined() -> [(name: String, value: [UInt8])] {
        if parts.isEmpty { return plain }
        var joined: [(name: String, value: [UInt8])] = []
        for part in parts where !joined.contains(where: { $0.name == part.name }) {
            var value: [UInt8] = []
            var taken: Set<Int> = []
            let sorted = parts.filter { $0.name == part.name }.sorted { $0.number < $1.number }
            for piece in sorted where taken.insert(piece.number).inserted {
                guard value.count + piece.value.count <= ContentType.longestParameter else { break }
                value += piece.isEncoded ? Self.decoded(piece.value, isFirst: piece.number == 0) : piece.value
            }
            joined.append((part.name, value))
        }
        return joined
    }

    /// `charset'language'percent-encoded`; the charset is turned into UTF-8 where it is known.
    private static func decoded(_ value: [UInt8], isFirst: Bool) -> [UInt8] {
        var content = value[...]
        var charset: Charset? = .utf8
        if isFirst {
            let marks = value.indices.filter { value[$0] == UInt8(ascii: "'") }.prefix(2)
            if let first = marks.first, let second = marks.last, first < second {
                charset = Charset(value.span, ByteRange(0, first))
                content = value[(second + 1)...]
            }
        }
        var bytes: [UInt8] = []
        var index = content.startIndex
        while index < content.endIndex {
            if content[index] == UInt8(ascii: "%"), index + 2 < content.endIndex,
                let high = ASCII.hexValue(content[index + 1]), let low = ASCII.hexValue(content[index + 2])
            {
                bytes.append(high << 4 | low)
                index += 3
            } else {
                bytes.append(content[index])
                index += 1
            }
        }
        guard let charset, charset != .utf8 else { return bytes }
        var utf8: [UInt8] = []
        charset.append(bytes.span, to: &utf8)
        return utf8
    }
}

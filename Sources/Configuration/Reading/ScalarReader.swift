/// Reads texts as what a setting takes.
package enum ScalarReader {
    /// The value of a text; a sentence when it is none.
    package static func read(_ text: String, as kind: Setting.Kind) -> Result<Value, Complaint> {
        switch kind {
        case .text, .path: .success(.text(text))
        case .list: .success(.list([text]))
        case .flag:
            switch text.lowercased() {
            case "true", "yes", "on": .success(.flag(true))
            case "false", "no", "off": .success(.flag(false))
            default: .failure(Complaint("takes true or false, not \(text)"))
            }
        case .number(let bounds):
            if let number = Int(text), bounds.contains(number) {
                .success(.number(number))
            } else {
                .failure(
                    Complaint("takes a whole number from \(bounds.lowerBound) to \(bounds.upperBound), not \(text)")
                )
            }
        case .duration:
            duration(text).map { .success(.duration($0)) }
                ?? .failure(Complaint("takes a length of time such as 30s, 10m, 4h or 5d, not \(text)"))
        case .size:
            size(text).map { .success(.number($0)) }
                ?? .failure(Complaint("takes an amount such as 65536, 64KiB or 50MiB, not \(text)"))
        case .choice(let words):
            if words.contains(text) {
                .success(.text(text))
            } else {
                .failure(
                    Complaint(
                        "takes \(words.joined(separator: ", ")), not \(text)\(Suggestion.sentence(for: text, among: words))"
                    )
                )
            }
        }
    }

    /// What is wrong with a value.
    package struct Complaint: Error, Hashable, Sendable {
        /// To be read after the key's name.
        package let sentence: String
        init(_ sentence: String) { self.sentence = sentence }
    }

    /// `1h30m`, `5d`, `250ms`.
    static func duration(_ text: String) -> Duration? {
        var total = Duration.zero
        var rest = text.utf8[...]
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { !(0x30...0x39).contains($0) }
            rest = rest.dropFirst(unit.count)
            // Nine digits of days are longer than any queue; more would overflow.
            guard digits.count <= 9, let number = Int64(String(digits) ?? "") else { return nil }
            switch String(unit) {
            case "ms": total += .milliseconds(number)
            case "s": total += .seconds(number)
            case "m": total += .seconds(number * 60)
            case "h": total += .seconds(number * 3600)
            case "d": total += .seconds(number * 86_400)
            default: return nil
            }
        }
        return total
    }

    /// `65536`, `64KiB`, `50MiB`, `1GiB`.
    static func size(_ text: String) -> Int? {
        let digits = text.utf8.prefix { (0x30...0x39).contains($0) }
        guard digits.count <= 12, let number = Int(String(digits) ?? "") else { return nil }
        switch String(text.utf8.dropFirst(digits.count)) {
        case "", "B": return number
        case "KiB": return number << 10
        case "MiB": return number << 20
        case "GiB": return number << 30
        default: return nil
        }
    }
}

/// Finds the word that somebody may have meant.
package enum Suggestion {
    /// A sentence with the closest word, or nothing when none is close.
    package static func sentence(for word: String, among words: some Collection<String>) -> String {
        closest(to: word, among: words).map { "; did you mean \($0)?" } ?? ""
    }

    static func closest(to word: String, among words: some Collection<String>) -> String? {
        let limit = max(1, word.count / 3)
        return words.map { ($0, distance(Array(word.utf8), Array($0.utf8))) }
            .filter { $0.1 <= limit }
            .min { $0.1 < $1.1 }?.0
    }

    /// Levenshtein's distance.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let next = min(row[j] + 1, row[j + 1] + 1, diagonal + (a == b ? 0 : 1))
                diagonal = row[j + 1]
                row[j + 1] = next
            }
        }
        return row[right.count]
    }
}

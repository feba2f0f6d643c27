/// What a reply's text speaks of, one bit a feature (`Registry/phrases.csv`): heuristic evidence, never a status.
struct TextFeatures: OptionSet, Hashable, Sendable {
    let rawValue: UInt64

    struct Phrase: Sendable {
        let text: String
        let features: TextFeatures
    }

    init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The features of a text: phrases are found at word boundaries, in any case, across line breaks and the enhanced
    /// codes that begin continued lines.
    init(of text: Span<UInt8>) {
        var found: Self = []
        var index = 0
        while index < text.count {
            if Self.isWord(text[index]), index == 0 || !Self.isWord(text[index - 1]) {
                found.formUnion(Self.features(in: text, at: index))
            }
            index += 1
        }
        self = found
    }

    private static func features(in text: Span<UInt8>, at start: Int) -> Self {
        let head = head(of: text, at: start)
        var found: Self = []
        for index in range(of: lowercased(text[start])) where heads[index] == head {
            let features = phrases[index].features
            if !found.isSuperset(of: features), matches(phrases[index].text, text, at: start) {
                found.formUnion(features)
            }
        }
        return found
    }

    /// The first four octets of a word in lower case, zero behind its end: one comparison rules most phrases out.
    private static func head(of text: Span<UInt8>, at start: Int) -> UInt32 {
        var head: UInt32 = 0
        var shift: UInt32 = 0
        var index = start
        while shift < 32, index < text.count, isWord(text[index]) {
            head |= UInt32(lowercased(text[index])) << shift
            shift += 8
            index += 1
        }
        return head
    }

    private static let heads: [UInt32] = phrases.map { phrase in
        let utf8 = phrase.text.utf8
        return head(of: utf8.span, at: 0)
    }

    private static func matches(_ phrase: String, _ text: Span<UInt8>, at start: Int) -> Bool {
        var index = start
        for octet in phrase.utf8 {
            guard index < text.count else { return false }
            if octet == UInt8(ascii: " ") {
                guard isSpace(text[index]) else { return false }
                index = skipSpace(text, at: index)
            } else {
                guard lowercased(text[index]) == octet else { return false }
                index += 1
            }
        }
        return index == text.count || !isWord(text[index])
    }

    /// Behind a run of white space; behind an enhanced code too when the run has a line break.
    static func skipSpace(_ text: Span<UInt8>, at start: Int) -> Int {
        var index = start
        var newLine = false
        while index < text.count, isSpace(text[index]) {
            newLine = newLine || text[index] == 0x0A
            index += 1
        }
        if newLine, let code = EnhancedStatusCode.scan(text, at: index), code.end < text.count, isSpace(text[code.end])
        {
            return skipSpace(text, at: code.end)
        }
        return index
    }

    static func isSpace(_ octet: UInt8) -> Bool { octet == 0x20 || octet == 0x09 || octet == 0x0A }

    static func isWord(_ octet: UInt8) -> Bool {
        let folded = octet | 0x20
        return (folded >= 0x61 && folded <= 0x7A) || (octet >= 0x30 && octet <= 0x39) || octet >= 0x80
    }

    static func lowercased(_ octet: UInt8) -> UInt8 { octet >= 0x41 && octet <= 0x5A ? octet | 0x20 : octet }

    private static func range(of first: UInt8) -> Range<Int> {
        first < 0x80 ? Int(starts[Int(first)])..<Int(starts[Int(first) + 1]) : 0..<0
    }

    /// Where the phrases of each first octet begin.
    private static let starts: [UInt16] = (0...128).map { first in
        UInt16(phrases.prefix { Int($0.text.utf8.first ?? 0) < first }.count)
    }
}

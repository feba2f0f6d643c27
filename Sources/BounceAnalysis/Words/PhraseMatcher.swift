import MailFormat

/// Finds all phrases of a table in one pass.
///
/// A text is looked at where a word begins: a bit for its first four octets rules most words out, and its first eight
/// choose a slot, nearly always an empty one; so does its first word, for phrases that are shorter.
/// Phrases are found in any case of ASCII letters; a blank in a phrase stands for any run of blanks and line ends,
/// since notices are wrapped anywhere.
struct PhraseMatcher: Sendable {
    private struct Entry: Sendable {
        /// Its first eight octets, or the head of its first word when it is shorter: to find it by.
        let key: UInt64
        let mark: Mark
        /// The phrase ends with a letter or digit, which must not go on.
        let endsWord: Bool
        let start: Int32
        let end: Int32
    }

    /// A power of two well above the number of phrases.
    private static let slotBits: UInt64 = 12

    private var phrases: [UInt8] = []
    private var entries: [Entry] = []
    /// A bit for the first four octets of each phrase: some share one.
    private var quads = [UInt64](repeating: 0, count: 1024)
    /// A bit for the first two of those that are shorter.
    private var pairs = [UInt64](repeating: 0, count: 1024)
    private var slots = [UInt16](repeating: 0, count: (1 << Int(slotBits)) + 1)

    /// Makes a matcher; phrases are in lower case and begin with a letter, a digit or a character beyond US-ASCII.
    init(_ table: [(mark: Mark, phrases: [StaticString])]) {
        var unsorted: [Entry] = []
        for (mark, texts) in table {
            for text in texts {
                var phrase: [UInt8] = []
                phrase.append(text)
                add(phrase, mark, to: &unsorted)
                // Only letters of US-ASCII are found in any case: others, which begin a sentence, have an entry each.
                if phrase[0] >= 0x80, let sentence = Self.capitalized(phrase) { add(sentence, mark, to: &unsorted) }
            }
        }
        entries = unsorted.sorted { Self.slot($0.key) < Self.slot($1.key) }
        for entry in entries { slots[Self.slot(entry.key) + 1] += 1 }
        for index in 1..<slots.count { slots[index] += slots[index - 1] }
    }

    private mutating func add(_ phrase: [UInt8], _ mark: Mark, to unsorted: inout [Entry]) {
        let start = phrases.count
        phrases.append(contentsOf: phrase)
        let last = phrases[phrases.count - 1]
        let beginning = Self.beginning(phrases.span, at: start, to: phrases.count).octets
        if phrase.count < 4 {
            Self.setBit(Self.pair(beginning), in: &pairs)
        } else {
            Self.setBit(Self.quad(beginning), in: &quads)
        }
        unsorted.append(
            Entry(
                key: phrases.count - start < 8
                    ? Self.head(phrases.span, at: start, to: phrases.count)
                    : beginning,
                mark: mark,
                endsWord: last < 0x80 && ASCII.isLetterOrDigit(last),
                start: Int32(start),
                end: Int32(phrases.count)
            )
        )
    }

    /// A phrase with a capital letter at its beginning; nil when its script has none.
    private static func capitalized(_ phrase: [UInt8]) -> [UInt8]? {
        let text = String(decoding: phrase, as: UTF8.self)
        let capital = text.prefix(1).uppercased() + text.dropFirst()
        return capital == text ? nil : Array(capital.utf8)
    }

    /// What is found in a part of a text, in order of their beginnings.
    func hits(in text: Span<UInt8>, _ range: ByteRange) -> [PhraseHit] {
        var hits: [PhraseHit] = []
        let end = Int(range.end)
        var starts = WordStarts(range)
        while let offset = starts.next(text), offset + 1 < end {
            let octets = Octets.lowered(Octets.load(text, at: offset, to: end))
            if mayBegin(octets) { lookUp(text, octets, at: offset, to: end, &hits) }
        }
        return hits
    }

    /// Whether anything is found in a part of a text.
    func occurs(in text: Span<UInt8>, _ range: ByteRange) -> Bool { !hits(in: text, range).isEmpty }

    /// Whether a phrase may begin with these octets: most words cost no more than this.
    @inline(__always)
    private func mayBegin(_ octets: UInt64) -> Bool {
        if Self.isSet(Self.quad(octets), in: quads) || Self.isSet(Self.pair(octets), in: pairs) { return true }
        // Line ends and runs of blanks within the first four: they are looked at one by one.
        return Self.irregular(octets) & 0xFFFF_FFFF != 0
    }

    /// The top bits of octets that are no plain text: controls, and blanks behind blanks.
    @inline(__always)
    private static func irregular(_ octets: UInt64) -> UInt64 {
        let blanks = Octets.within(octets, ASCII.space, ASCII.space)
        return blanks & blanks << 8 | Octets.within(octets, 0, 0x1F)
    }

    private static func pair(_ octets: UInt64) -> Int { Int(octets & 0xFFFF) }

    private static func quad(_ octets: UInt64) -> Int {
        Int((UInt32(truncatingIfNeeded: octets) &* 0x9E37_79B1) >> 16)
    }

    @inline(__always)
    private static func isSet(_ bit: Int, in bits: [UInt64]) -> Bool { bits[bit >> 6] >> UInt64(bit & 63) & 1 == 1 }

    private static func setBit(_ bit: Int, in bits: inout [UInt64]) { bits[bit >> 6] |= 1 << UInt64(bit & 63) }

    private func lookUp(
        _ text: Span<UInt8>,
        _ octets: UInt64,
        at offset: Int,
        to end: Int,
        _ hits: inout [PhraseHit]
    ) {
        let (beginning, head) = Self.keys(text, octets, at: offset, to: end)
        // Where fewer octets are left the last is zero, and the key could be that of a short phrase.
        if beginning.octets >> 56 != 0 {
            for index in slot(beginning.octets) where entries[index].key == beginning.octets {
                take(entries[index], text, at: offset, matched: 8, upTo: beginning.end, to: end, &hits)
            }
        }
        for index in slot(head) where entries[index].key == head {
            take(entries[index], text, at: offset, matched: 0, upTo: offset, to: end, &hits)
        }
    }

    /// The entries that share a slot with a key.
    private func slot(_ key: UInt64) -> Range<Int> {
        let slot = Self.slot(key)
        return Int(slots[slot])..<Int(slots[slot + 1])
    }

    /// Takes a phrase of which the first octets are there, when the others are, too.
    private func take(
        _ entry: Entry,
        _ text: Span<UInt8>,
        at start: Int,
        matched: Int,
        upTo behind: Int,
        to end: Int,
        _ hits: inout [PhraseHit]
    ) {
        var offset = behind
        for index in Int(entry.start) + matched..<Int(entry.end) {
            guard offset < end else { return }
            if phrases[index] == ASCII.space {
                guard Self.isSpace(text[offset]) else { return }
                while offset < end, Self.isSpace(text[offset]) { offset += 1 }
            } else {
                guard ASCII.lowered(text[offset]) == phrases[index] else { return }
                offset += 1
            }
        }
        if entry.endsWord, offset < end, ASCII.isLetterOrDigit(text[offset]) { return }
        hits.append(PhraseHit(mark: entry.mark, start: Int32(start), end: Int32(offset)))
    }

    private static func isSpace(_ byte: UInt8) -> Bool { ASCII.isBlank(byte) || byte == ASCII.lineFeed }

    /// The first four octets of a word in lower case, zero behind its end.
    private static func head(_ text: Span<UInt8>, at start: Int, to end: Int) -> UInt64 {
        var head: UInt64 = 0
        var shift: UInt64 = 0
        var offset = start
        while shift < 32, offset < end, !isSpace(text[offset]) {
            head |= UInt64(ASCII.lowered(text[offset])) << shift
            shift += 8
            offset += 1
        }
        return head
    }

    /// What the entries for a word are found by; for most texts its octets as they are.
    @inline(__always)
    private static func keys(
        _ text: Span<UInt8>,
        _ octets: UInt64,
        at start: Int,
        to end: Int
    ) -> (beginning: (octets: UInt64, end: Int), head: UInt64) {
        let blanks = Octets.within(octets, ASCII.space, ASCII.space)
        guard irregular(octets) == 0, blanks >> 63 == 0 else {
            return (beginning(text, at: start, to: end), head(text, at: start, to: end))
        }
        // All octets below the first blank, and no more than four.
        let word = blanks == 0 ? 8 : blanks.trailingZeroBitCount >> 3
        return ((octets, start + 8), octets & UInt64.max >> UInt64(64 - 8 * min(word, 4)))
    }

    /// Eight octets in lower case, a run of white space as one blank, and where they end; zeros behind the end.
    private static func beginning(_ text: Span<UInt8>, at start: Int, to end: Int) -> (octets: UInt64, end: Int) {
        var octets: UInt64 = 0
        var shift: UInt64 = 0
        var offset = start
        while shift < 64, offset < end {
            let isBlank = isSpace(text[offset])
            octets |= UInt64(isBlank ? ASCII.space : ASCII.lowered(text[offset])) << shift
            shift += 8
            offset += 1
            if isBlank { while offset < end, isSpace(text[offset]) { offset += 1 } }
        }
        return (octets, offset)
    }

    private static func slot(_ key: UInt64) -> Int { Int((key &* 0x9E37_79B9_7F4A_7C15) >> (64 - slotBits)) }
}

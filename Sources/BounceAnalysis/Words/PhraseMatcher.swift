import MailFormat

/// Finds all phrases of a table in one pass.
///
/// A text is looked at where a word begins: bits for its first three octets rule most words out, and its first four
/// choose a slot, nearly always an empty one.
/// Phrases are found in any case of ASCII letters; a blank in a phrase stands for any run of blanks and line ends,
/// since notices are wrapped anywhere.
struct PhraseMatcher: Sendable {
    private struct Entry: Sendable {
        let head: UInt32
        let mark: Mark
        /// The phrase ends with a letter or digit, which must not go on.
        let endsWord: Bool
        let start: Int32
        let end: Int32
    }

    /// A power of two well above the number of different first words.
    private static let slotBits: UInt32 = 11

    private var phrases: [UInt8] = []
    private var entries: [Entry] = []
    private var pairs = [UInt64](repeating: 0, count: 1024)
    private var triples = [UInt64](repeating: 0, count: 1024)
    private var slots = [UInt16](repeating: 0, count: (1 << Int(slotBits)) + 1)

    /// Makes a matcher; phrases are in lower case and begin with a letter, a digit or a character beyond US-ASCII.
    init(_ table: [(mark: Mark, phrases: [StaticString])]) {
        var unsorted: [Entry] = []
        for (mark, texts) in table {
            for text in texts {
                let start = phrases.count
                phrases.append(text)
                let last = phrases[phrases.count - 1]
                let pair = Self.pair(phrases[start], phrases[start + 1])
                pairs[pair >> 6] |= 1 << UInt64(pair & 63)
                // Behind a phrase of two octets anything may stand.
                for third in phrases.count - start > 2 ? phrases[start + 2]...phrases[start + 2] : 0...0xFF {
                    let triple = Self.triple(pair, third)
                    triples[triple >> 6] |= 1 << UInt64(triple & 63)
                }
                unsorted.append(
                    Entry(
                        head: Self.head(phrases.span, at: start, to: phrases.count),
                        mark: mark,
                        endsWord: last < 0x80 && ASCII.isLetterOrDigit(last),
                        start: Int32(start),
                        end: Int32(phrases.count)
                    )
                )
            }
        }
        entries = unsorted.sorted { Self.slot($0.head) < Self.slot($1.head) }
        for entry in entries { slots[Self.slot(entry.head) + 1] += 1 }
        for index in 1..<slots.count { slots[index] += slots[index - 1] }
    }

    /// What is found in a part of a text, in order of their beginnings.
    func hits(in text: Span<UInt8>, _ range: ByteRange) -> [PhraseHit] {
        var hits: [PhraseHit] = []
        let end = Int(range.end)
        var offset = Int(range.start)
        var isInWord = false
        while offset < end {
            let byte = text[offset]
            let isWord = byte < 0x80 && ASCII.isLetterOrDigit(byte)
            if isWord ? !isInWord : byte >= 0xC0, offset + 1 < end,
                canBegin(byte, text[offset + 1], offset + 2 < end ? text[offset + 2] : ASCII.space)
            {
                lookUp(text, at: offset, to: end, &hits)
            }
            isInWord = isWord
            offset += 1
        }
        return hits
    }

    /// Whether anything is found in a part of a text.
    func occurs(in text: Span<UInt8>, _ range: ByteRange) -> Bool { !hits(in: text, range).isEmpty }

    /// Whether a phrase may begin with three octets: most words cost no more than this.
    @inline(__always)
    private func canBegin(_ first: UInt8, _ second: UInt8, _ third: UInt8) -> Bool {
        let pair = Self.pair(first, second)
        guard pairs[pair >> 6] >> UInt64(pair & 63) & 1 == 1 else { return false }
        let triple = Self.triple(pair, Self.isSpace(third) ? ASCII.space : ASCII.lowered(third))
        return triples[triple >> 6] >> UInt64(triple & 63) & 1 == 1
    }

    @inline(__always)
    private static func pair(_ first: UInt8, _ second: UInt8) -> Int {
        Int(ASCII.lowered(first)) << 8 | Int(ASCII.lowered(second))
    }

    /// 16 bits of three octets: some triples share a number.
    @inline(__always)
    private static func triple(_ pair: Int, _ third: UInt8) -> Int {
        (pair &* 31 &+ Int(third) &* 0x9E5) & 0xFFFF
    }

    private func lookUp(_ text: Span<UInt8>, at offset: Int, to end: Int, _ hits: inout [PhraseHit]) {
        let head = Self.head(text, at: offset, to: end)
        let slot = Self.slot(head)
        var index = Int(slots[slot])
        let last = Int(slots[slot + 1])
        while index < last {
            let entry = entries[index]
            if entry.head == head, let behind = match(entry, text, at: offset, to: end) {
                hits.append(PhraseHit(mark: entry.mark, start: Int32(offset), end: Int32(behind)))
            }
            index += 1
        }
    }

    private func match(_ entry: Entry, _ text: Span<UInt8>, at start: Int, to end: Int) -> Int? {
        var offset = start
        var index = Int(entry.start)
        while index < Int(entry.end) {
            guard offset < end else { return nil }
            if phrases[index] == ASCII.space {
                guard Self.isSpace(text[offset]) else { return nil }
                while offset < end, Self.isSpace(text[offset]) { offset += 1 }
            } else {
                guard ASCII.lowered(text[offset]) == phrases[index] else { return nil }
                offset += 1
            }
            index += 1
        }
        if entry.endsWord, offset < end, ASCII.isLetterOrDigit(text[offset]) { return nil }
        return offset
    }

    private static func isSpace(_ byte: UInt8) -> Bool { ASCII.isBlank(byte) || byte == ASCII.lineFeed }

    /// The first four octets of a word in lower case, zero behind its end.
    private static func head(_ text: Span<UInt8>, at start: Int, to end: Int) -> UInt32 {
        var head: UInt32 = 0
        var shift: UInt32 = 0
        var offset = start
        while shift < 32, offset < end, !isSpace(text[offset]) {
            head |= UInt32(ASCII.lowered(text[offset])) << shift
            shift += 8
            offset += 1
        }
        return head
    }

    private static func slot(_ head: UInt32) -> Int { Int((head &* 0x9E37_79B1) >> (32 - slotBits)) }
}

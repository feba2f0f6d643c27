import MailFormat

/// Finds all phrases of a table in one pass.
///
/// A text is looked at where a word begins: two bits for its first four octets rule most words out, and its first eight
/// choose a slot, nearly always an empty one; so does its first word, for phrases that are shorter.
/// Phrases are found in any case of ASCII letters; a blank in a phrase stands for any run of blanks and line ends,
/// since notices are wrapped anywhere.
struct PhraseMatcher: Sendable {
    private struct Entry: Sendable {
        /// Its first eight octets, or the head of its first word when it is shorter: to find it by.
        let key: UInt64
        /// Its next octets, eight at most, and which octets these are: many phrases begin alike.
        let next: UInt64
        let mask: UInt64
        let mark: Mark
        /// The phrase ends with a letter or digit, which must not go on.
        let endsWord: Bool
        let start: Int32
        let end: Int32
    }

    /// How many octets the shortest phrase has, and from how many on one is long.
    private static let (shortest, long) = (3, 8)
    /// A few hundred beginnings are spread over forty times as many places, which lie in the nearest cache.
    private static let quadBits = 14
    /// A power of two well above the number of phrases.
    private static let slotBits: UInt64 = 12

    private var phrases: [UInt8] = []
    private var entries: [Entry] = []
    /// Two bits for the first four octets of each phrase, which others may share: whether a long one begins so, and
    /// whether a short one does.
    private var beginnings = [UInt64](repeating: 0, count: 1 << (quadBits - 5))
    private var slots = [UInt16](repeating: 0, count: (1 << Int(slotBits)) + 1)

    /// Makes a matcher; phrases are in lower case, have three octets or more, and begin with a letter, a digit or a
    /// character beyond US-ASCII.
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
        precondition(phrase.count >= Self.shortest, "a phrase has at least three octets")
        let start = phrases.count
        phrases.append(contentsOf: phrase)
        let last = phrases[phrases.count - 1]
        let beginning = Self.beginning(phrases.span, at: start, to: phrases.count).octets
        // Whatever may follow one of three octets is its fourth.
        for fourth in phrase.count > Self.shortest ? 0...0 : 0...UInt64(UInt8.max) {
            let (word, shift) = Self.place(beginning | fourth << 24)
            beginnings[word] |= (phrase.count < Self.long ? Kinds.short : Kinds.long).rawValue << shift
        }
        let left = min(max(0, phrase.count - Self.long), 8)
        unsorted.append(
            Entry(
                key: phrase.count < Self.long
                    ? Self.head(phrases.span, at: start, to: phrases.count)
                    : beginning,
                next: Octets.load(
                    phrase.span,
                    at: min(phrase.count, Self.long),
                    to: min(phrase.count, Self.long + left)
                ),
                mask: left == 0 ? 0 : UInt64.max >> UInt64(64 - 8 * left),
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
        hits.reserveCapacity(Self.usualHits + range.count / 64)
        visit(text, range) { hits.append($0) }
        return hits
    }

    /// Whether anything is found in a part of a text.
    func occurs(in text: Span<UInt8>, _ range: ByteRange) -> Bool {
        var isFound = false
        visit(text, range) { _ in isFound = true }
        return isFound
    }

    /// Gives what is found in a part of a text, in order of their beginnings.
    func visit(_ text: Span<UInt8>, _ range: ByteRange, _ take: (PhraseHit) -> Void) {
        let end = Int(range.end)
        var starts = WordStarts(range)
        while let offset = starts.next(text), offset + 1 < end {
            let octets = Octets.lowered(Octets.load(text, at: offset, to: end))
            let irregular = Self.irregular(octets)
            // Line ends and runs of blanks within the first four octets: such words are looked at octet by octet.
            let kinds = irregular & 0xFFFF_FFFF == 0 ? kinds(octets) : .both
            if kinds.rawValue != 0 { lookUp(text, octets, kinds, irregular != 0, at: offset, to: end, take) }
        }
    }

    /// What kinds of phrases may begin with the same four octets.
    private struct Kinds: OptionSet {
        let rawValue: UInt64

        static let long = Self(rawValue: 1)
        static let short = Self(rawValue: 2)
        static let both: Self = [.long, .short]
    }

    @inline(__always)
    private func kinds(_ octets: UInt64) -> Kinds {
        let (word, shift) = Self.place(octets)
        return Kinds(rawValue: beginnings[word] >> shift & 3)
    }

    /// Where the two bits for the first four octets stand.
    @inline(__always)
    private static func place(_ octets: UInt64) -> (word: Int, shift: UInt64) {
        let place = (UInt32(truncatingIfNeeded: octets) &* 0x9E37_79B1) >> UInt32(32 - quadBits)
        return (Int(place >> 5), UInt64(place & 31) << 1)
    }

    /// The top bits of octets that are no plain text: controls, and blanks behind blanks.
    @inline(__always)
    private static func irregular(_ octets: UInt64) -> UInt64 {
        let blanks = Octets.within(octets, ASCII.space, ASCII.space)
        return blanks & blanks << 8 | Octets.within(octets, 0, 0x1F)
    }

    private func lookUp(
        _ text: Span<UInt8>,
        _ octets: UInt64,
        _ kinds: Kinds,
        _ isIrregular: Bool,
        at offset: Int,
        to end: Int,
        _ found: (PhraseHit) -> Void
    ) {
        if kinds.contains(.long) {
            // A blank at the end may be the first of several.
            let isPlain = !isIrregular && octets >> 56 != UInt64(ASCII.space)
            let (key, behind) = isPlain ? (octets, offset + 8) : Self.beginning(text, at: offset, to: end)
            // Where fewer octets are left the last is zero, and the key could be that of a short phrase.
            if key >> 56 != 0 {
                let next = Octets.lowered(Octets.load(text, at: behind, to: end))
                let isComparable = Self.irregular(next) == 0
                for index in slot(key) where entries[index].key == key {
                    if isComparable, next & entries[index].mask != entries[index].next { continue }
                    take(entries[index], text, at: offset, matched: 8, upTo: behind, to: end, found)
                }
            }
        }
        if kinds.contains(.short) {
            let head = Self.head(text, at: offset, to: end)
            lookUp(short: head, text, at: offset, to: end, found)
            // A word of three letters that some other sign follows: `mta@example.net`.
            let fourth = UInt8(truncatingIfNeeded: head >> 24)
            if fourth != 0, !ASCII.isLetterOrDigit(fourth) {
                lookUp(short: head & 0xFF_FFFF, text, at: offset, to: end, found)
            }
        }
    }

    /// How many hits the shortest text may well have: an array that grows is made anew each time.
    private static let usualHits = 4

    private func lookUp(
        short head: UInt64,
        _ text: Span<UInt8>,
        at offset: Int,
        to end: Int,
        _ found: (PhraseHit) -> Void
    ) {
        for index in slot(head) where entries[index].key == head {
            take(entries[index], text, at: offset, matched: 0, upTo: offset, to: end, found)
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
        _ found: (PhraseHit) -> Void
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
        found(PhraseHit(mark: entry.mark, start: Int32(start), end: Int32(offset)))
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

/// What the words of a text are given to, one after the other.
protocol WordSink {
    /// A word, as the hash of its octets in lower case.
    mutating func word(_ hash: UInt64)
    /// The end of a sentence: no phrase goes on behind it.
    mutating func pause()
    /// Whether a host's or domain's name in a part of a text is one that phrases may speak of; its words come next.
    func knows(_ name: Range<Int>, in text: Span<UInt8>) -> Bool
    /// The end of such a name.
    mutating func endName()
}

/// The words of a reply's text.
///
/// A word is a run of letters, digits and octets above 127; an apostrophe inside is left out ("doesn't" is `doesnt`),
/// everything else divides words. What names somebody or something is no word: an address, whatever stands alone in
/// angle brackets, a reply code and an enhanced code, which begin the lines of a reply and come to stand between words
/// where a report has joined its lines. So `user <bob@example.net> unknown` reads `user unknown`. Chinese, Japanese and
/// Korean put no spaces where a word ends, or not always: each of their characters is a word.
enum ReplyWords {
    /// Gives the words of a text to a sink, in one pass and without an allocation.
    static func read(_ text: Span<UInt8>, into sink: inout some WordSink) {
        var index = 0
        while index < text.count {
            guard !TextFeatures.isSpace(text[index]) else {
                index += 1
                continue
            }
            var end = index
            var at: Int?
            var dot: Int?
            while end < text.count, !TextFeatures.isSpace(text[end]) {
                if text[end] == UInt8(ascii: "@") { at = end }
                if text[end] == UInt8(ascii: ".") { dot = end }
                end += 1
            }
            if at == nil, let dot, let name = HostNames.name(text, from: index, dot: dot, to: end),
                sink.knows(name, in: text)
            {
                readRun(text, from: index, to: end, at: nil, into: &sink)
                sink.endName()
            } else {
                readRun(text, from: index, to: end, at: at, into: &sink)
            }
            index = end
        }
    }

    /// The hash of a word's octets so far (FNV-1a): cheap by the octet, and good enough to tell some thousand words apart.
    struct Hash {
        private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

        mutating func add(_ octet: UInt8) { value = (value ^ UInt64(octet)) &* 0x0000_0100_0000_01B3 }
    }

    private static func readRun(
        _ text: Span<UInt8>,
        from first: Int,
        to end: Int,
        at: Int?,
        into sink: inout some WordSink
    ) {
        let start = afterCodes(text, from: first, to: end)
        guard start < end else { return }
        if let at {
            let address = address(in: text, around: at, from: start, to: end)
            readWords(text, from: start, to: address.lowerBound, into: &sink)
            readWords(text, from: address.upperBound, to: end, into: &sink)
        } else if !isBracketed(text, from: start, to: end) {
            readWords(text, from: start, to: end, into: &sink)
            if endsSentence(text[end - 1]) { sink.pause() }
        }
    }

    /// Behind `550`, `550-` and `5.1.1`.
    private static func afterCodes(_ text: Span<UInt8>, from first: Int, to end: Int) -> Int {
        var start = first
        guard EnhancedStatusCode.isDigit(text[start]) else { return start }
        if end - start >= 3, ReplyCode(leading: text, at: start) != nil {
            if end - start == 3 { return end }
            if text[start + 3] == UInt8(ascii: "-") { start += 4 }
        }
        if let code = EnhancedStatusCode.scan(text, at: start), code.end <= end { return code.end }
        return start
    }

    /// Where the address ends on both sides of its `@`: at brackets, quotes, colons and commas.
    private static func address(in text: Span<UInt8>, around at: Int, from start: Int, to end: Int) -> Range<Int> {
        var lower = at
        while lower > start, !bounds(text[lower - 1]) { lower -= 1 }
        var upper = at + 1
        while upper < end, !bounds(text[upper]) { upper += 1 }
        return lower..<upper
    }

    private static func bounds(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "["),
            UInt8(ascii: "]"), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "\""), UInt8(ascii: ":"),
            UInt8(ascii: ";"), UInt8(ascii: ","):
            true
        default: false
        }
    }

    /// Whether a run is one name in angle brackets, which may be followed by punctuation; an address of the web is not.
    private static func isBracketed(_ text: Span<UInt8>, from start: Int, to end: Int) -> Bool {
        guard text[start] == UInt8(ascii: "<") else { return false }
        var index = start + 1
        while index < end, text[index] != UInt8(ascii: ">") {
            if text[index] == UInt8(ascii: "/") { return false }
            index += 1
        }
        guard index < end else { return false }
        while index < end {
            if TextFeatures.isWord(text[index]) { return false }
            index += 1
        }
        return true
    }

    private static func endsSentence(_ octet: UInt8) -> Bool {
        octet == UInt8(ascii: ".") || octet == UInt8(ascii: "!") || octet == UInt8(ascii: "?")
            || octet == UInt8(ascii: ";")
    }

    private static func readWords(_ text: Span<UInt8>, from start: Int, to end: Int, into sink: inout some WordSink) {
        var hash = Hash()
        var isInside = false
        var index = start
        while index < end {
            let octet = text[index]
            if octet >= 0xC3, index + 1 < end {
                if isInside, isIdeograph(octet) {
                    sink.word(hash.value)
                    hash = Hash()
                }
                let behind = addCharacter(text, at: index, to: end, &hash)
                isInside = !isIdeograph(octet)
                if !isInside {
                    sink.word(hash.value)
                    hash = Hash()
                }
                index = behind
                continue
            }
            if TextFeatures.isWord(octet) {
                hash.add(TextFeatures.lowercased(octet))
                isInside = true
            } else if isInside, !isApostrophe(octet, text, at: index, end) {
                sink.word(hash.value)
                hash = Hash()
                isInside = false
            }
            index += 1
        }
        if isInside { sink.word(hash.value) }
    }

    /// Whether an octet begins a character of Han, kana or Hangul: U+3000 to U+D7FF.
    private static func isIdeograph(_ octet: UInt8) -> Bool { octet >= 0xE3 && octet <= 0xED }

    /// Adds one character beyond US-ASCII in lower case, and gives the offset behind it; Latin and Cyrillic letters of
    /// most of Europe have their small ones 32 further on.
    private static func addCharacter(_ text: Span<UInt8>, at start: Int, to end: Int, _ hash: inout Hash) -> Int {
        let (first, second) = (text[start], text[start + 1])
        switch (first, second) {
        case (0xC3, 0x80...0x9E) where second != 0x97, (0xD0, 0x90...0x9F):
            hash.add(first)
            hash.add(second + 0x20)
            return start + 2
        case (0xD0, 0xA0...0xAF):
            hash.add(0xD1)
            hash.add(second - 0x20)
            return start + 2
        default:
            hash.add(first)
            var index = start + 1
            while index < end, text[index] & 0xC0 == 0x80 {
                hash.add(text[index])
                index += 1
            }
            return index
        }
    }

    private static func isApostrophe(_ octet: UInt8, _ text: Span<UInt8>, at index: Int, _ end: Int) -> Bool {
        octet == UInt8(ascii: "'") && index + 1 < end && TextFeatures.isWord(text[index + 1])
    }
}

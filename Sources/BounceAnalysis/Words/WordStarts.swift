import MailFormat

/// Where words begin in a text, sixty-four octets at a time: most octets of a text begin none, and are never looked at
/// alone.
///
/// A word is of letters and digits of US-ASCII; every character beyond US-ASCII begins one, too.
struct WordStarts {
    /// The offset of the octets that are looked at, and a bit for each that begins a word.
    private var block: Int
    private var starts: UInt64 = 0
    private let end: Int
    /// 1 when the octet before these belongs to a word.
    private var isInWord: UInt64 = 0

    /// Begins at the start of a range.
    init(_ range: ByteRange) {
        block = Int(range.start) - ByteScan.block
        end = Int(range.end)
    }

    /// The offset of the next word; nil at the end.
    @inline(__always)
    mutating func next(_ text: Span<UInt8>) -> Int? {
        while starts == 0 {
            block += ByteScan.block
            guard block < end else { return nil }
            let (words, characters) = ByteScan.words(text, from: block, to: end)
            starts = words & ~(words << 1 | isInWord) | characters
            isInWord = words >> 63
        }
        let offset = block + starts.trailingZeroBitCount
        starts &= starts - 1
        return offset
    }
}

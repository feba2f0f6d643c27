import MailFormat

/// Where words begin in a text, eight octets at a time: most octets of a text begin none, and are never looked at alone.
///
/// A word is of letters and digits of US-ASCII; every character beyond US-ASCII begins one, too.
struct WordStarts {
    /// The offset of the octets that are looked at, and a bit at the top of each that begins a word.
    private var block: Int
    private var starts: UInt64 = 0
    private let end: Int
    /// The octet before these belongs to a word.
    private var isInWord = false

    /// Begins at the start of a range.
    init(_ range: ByteRange) {
        block = Int(range.start) - 8
        end = Int(range.end)
    }

    /// The offset of the next word; nil at the end.
    @inline(__always)
    mutating func next(_ text: Span<UInt8>) -> Int? {
        while starts == 0 {
            block += 8
            guard block < end else { return nil }
            look(at: Octets.load(text, at: block, to: end))
        }
        let offset = block + starts.trailingZeroBitCount >> 3
        starts &= starts - 1
        return offset
    }

    @inline(__always)
    private mutating func look(at octets: UInt64) {
        let letters = Octets.within(octets | Octets.all(0x20), UInt8(ascii: "a"), UInt8(ascii: "z"))
        let words = letters | Octets.within(octets, UInt8(ascii: "0"), UInt8(ascii: "9"))
        // The first octet of a longer character has its two top bits set.
        let characters = octets & octets << 1 & Octets.tops
        starts = words & ~(words << 8 | (isInWord ? 0x80 : 0)) | characters
        isInWord = words >> 63 == 1
    }
}

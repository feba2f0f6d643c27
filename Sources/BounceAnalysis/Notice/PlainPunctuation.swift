import MailFormat

/// Punctuation of other scripts, and of typographers, as that of US-ASCII.
///
/// Mail systems write `don’t` and `don't`, `Grund :` with a no-break space, `宛先：` and `宛先:`. Whoever reads a notice
/// needs to know one of each: colons announce, brackets stand around an address, dots end a sentence.
enum PlainPunctuation {
    /// Replaces such characters; letters, of whatever script, stay.
    static func apply(to text: inout [UInt8]) {
        if let plain = plain(text.span) { text = plain }
    }

    private struct Replacement {
        let text: StaticString
        /// Scripts without spaces need one behind it.
        var isSpaced = false
    }

    /// The text with such characters replaced; nil when it has none.
    private static func plain(_ text: Span<UInt8>) -> [UInt8]? {
        var plain: [UInt8] = []
        var copied = 0
        var offset = 0
        while true {
            // Many octets of US-ASCII are passed at once, others come in rows.
            if offset < text.count, text[offset] < 0x80 {
                offset = ByteScan.first(text, 0x80, but: 0x7F, from: offset, to: text.count)
            }
            guard offset < text.count else { break }
            guard text[offset] >= 0xC2, let (found, length) = replacement(text, at: offset) else {
                offset += 1
                continue
            }
            plain.append(text, ByteRange(copied, offset))
            plain.append(found.text)
            offset += length
            copied = offset
            if found.isSpaced, offset < text.count, text[offset] > ASCII.space { plain.append(ASCII.space) }
        }
        guard copied > 0 else { return nil }
        plain.append(text, ByteRange(copied, text.count))
        return plain
    }

    private static func replacement(_ text: Span<UInt8>, at offset: Int) -> (Replacement, length: Int)? {
        switch text[offset] {
        case 0xC2:
            guard offset + 1 < text.count else { return nil }
            return latin(text[offset + 1]).map { ($0, 2) }
        case 0xE2, 0xE3, 0xEF:
            guard offset + 2 < text.count else { return nil }
            let last = text[offset + 2]
            let found: Replacement? =
                switch (text[offset], text[offset + 1]) {
                case (0xE2, 0x80): general(last)
                case (0xE3, 0x80): ideographic(last)
                case (0xEF, 0xBC): fullWidth(last)
                case (0xEF, 0xBD): last == 0xA1 ? Replacement(text: ".", isSpaced: true) : nil
                default: nil
                }
            return found.map { ($0, 3) }
        default: return nil
        }
    }

    /// U+00A0, and the quotation marks of French.
    private static func latin(_ last: UInt8) -> Replacement? {
        switch last {
        case 0xA0: Replacement(text: " ")
        case 0xAB, 0xBB: Replacement(text: "\"")
        default: nil
        }
    }

    /// U+2000 to U+203F: spaces, dashes, quotation marks.
    private static func general(_ last: UInt8) -> Replacement? {
        switch last {
        case 0x80...0x8A, 0xAF: Replacement(text: " ")
        // They have no width.
        case 0x8B...0x8F: Replacement(text: "")
        case 0x90...0x95: Replacement(text: "-")
        case 0x98...0x9B: Replacement(text: "'")
        case 0x9C...0x9F, 0xB9, 0xBA: Replacement(text: "\"")
        case 0xA6: Replacement(text: "...")
        default: nil
        }
    }

    /// U+3000 to U+3011: the space, the comma, the full stop and the brackets of Chinese and Japanese.
    private static func ideographic(_ last: UInt8) -> Replacement? {
        switch last {
        case 0x80: Replacement(text: " ")
        case 0x81: Replacement(text: ",", isSpaced: true)
        case 0x82: Replacement(text: ".", isSpaced: true)
        case 0x88...0x8F: Replacement(text: "\"")
        case 0x90: Replacement(text: "[")
        case 0x91: Replacement(text: "]")
        default: nil
        }
    }

    /// U+FF01 to U+FF20: what Chinese and Japanese write as wide as their letters.
    private static func fullWidth(_ last: UInt8) -> Replacement? {
        switch last {
        case 0x81: Replacement(text: "!", isSpaced: true)
        case 0x88: Replacement(text: "(")
        case 0x89: Replacement(text: ")")
        case 0x8C: Replacement(text: ",", isSpaced: true)
        case 0x8E: Replacement(text: ".", isSpaced: true)
        case 0x9A: Replacement(text: ":", isSpaced: true)
        case 0x9B: Replacement(text: ";", isSpaced: true)
        case 0x9C: Replacement(text: "<")
        case 0x9E: Replacement(text: ">")
        case 0x9F: Replacement(text: "?", isSpaced: true)
        case 0xA0: Replacement(text: "@")
        default: nil
        }
    }
}

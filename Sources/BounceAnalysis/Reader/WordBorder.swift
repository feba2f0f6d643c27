import MailFormat

/// Where a word of a script that has no spaces ends and one of US-ASCII begins, or the other way round.
enum WordBorder {
    /// Whether one stands before an offset: `宛先bob@example.jpへ`.
    static func stands(_ text: Span<UInt8>, before offset: Int) -> Bool {
        let (last, next) = (text[offset - 1], text[offset])
        if next >= 0xE0 { return ASCII.isLetterOrDigit(last) }
        guard last >= 0x80, ASCII.isLetterOrDigit(next) else { return false }
        // The first octet of the character before: it has three or more in all such scripts.
        var first = offset - 1
        while first > 0, offset - first < 4, text[first] & 0xC0 == 0x80 { first -= 1 }
        return text[first] >= 0xE0
    }
}

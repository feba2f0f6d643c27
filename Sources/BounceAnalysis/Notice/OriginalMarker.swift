import MailFormat

/// Finds the line by which a notice announces the original message.
enum OriginalMarker {
    /// How long such a line may be: an announcement, not a paragraph.
    private static let longestLine = 120
    /// How far behind the announcement the header may begin, in lines.
    private static let farthest = 6

    /// The first line that announces the original: one that is drawn like a heading, or that consists of the phrase.
    static func first(_ text: Span<UInt8>, _ lines: [Notice.Line], _ hits: [PhraseHit]) -> Int? {
        var index = 0
        for hit in hits where hit.mark == .original {
            while index + 1 < lines.count, lines[index].end < hit.start { index += 1 }
            guard index < lines.count else { return nil }
            let line = lines[index]
            if line.range.count <= longestLine, isHeading(text, line, hit) { return index }
        }
        for (index, line) in lines.enumerated() where text.matches("content-type: message/rfc822", at: Int(line.start))
        {
            return index
        }
        return nil
    }

    private static func isHeading(_ text: Span<UInt8>, _ line: Notice.Line, _ hit: PhraseHit) -> Bool {
        if isDrawn(text, line) { return true }
        guard hit.end <= line.end else { return false }
        // Nothing behind the phrase but a word that closes the announcement.
        let rest = StructuredText.trimmed(text, ByteRange(Int(hit.end), Int(line.end)))
        for offset in rest.offsets where ASCII.isLetterOrDigit(text[offset]) && !isClosing(text, rest) { return false }
        if hit.start == line.start { return true }
        // Within a sentence it announces something only at the end, before a colon, or with such a word.
        guard hit.start - line.start <= 40 else { return false }
        return text[Int(line.end) - 1] == UInt8(ascii: ":") || text[Int(hit.end) - 1] == UInt8(ascii: ":")
            || rest.count > 1
    }

    /// Words that close an announcement: `follows`, `is following`, `attached`.
    private static func isClosing(_ text: Span<UInt8>, _ rest: ByteRange) -> Bool {
        let start = Int(rest.start)
        return text.matches("follow", at: start) || text.matches("is following", at: start)
            || text.matches("are following", at: start) || text.matches("attached", at: start)
            || text.matches("is attached", at: start) || text.matches("the message", at: start)
            || text.matches("as follows", at: start) || text.matches("follows", at: start)
            || text.matches("is as follows", at: start) || text.matches("below", at: start)
    }

    /// `--- text`, `=== text`, `|--- text`.
    private static func isDrawn(_ text: Span<UInt8>, _ line: Notice.Line) -> Bool {
        guard line.end - line.start > 3 else { return false }
        var start = Int(line.start)
        if text[start] == UInt8(ascii: "|") { start += 1 }
        let first = text[start]
        guard
            first == UInt8(ascii: "-") || first == UInt8(ascii: "=") || first == UInt8(ascii: "*")
                || first == UInt8(ascii: "#") || first == UInt8(ascii: "_")
        else { return false }
        return text[start + 1] == first
    }

    /// Where the header begins behind an announcement, also an indented one; nil when there is none.
    static func header(_ text: Span<UInt8>, _ lines: [Notice.Line], behind marker: Int) -> Int? {
        for index in marker + 1..<max(marker + 1, min(lines.count, marker + farthest)) {
            if QuotedHeader.isKnown(text, lines[index].range) {
                return Int(lines[index].end) - lineLength(lines, index)
            }
        }
        return nil
    }

    private static func lineLength(_ lines: [Notice.Line], _ index: Int) -> Int {
        Int(lines[index].end - lines[index].start + lines[index].indent)
    }
}

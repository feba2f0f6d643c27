import MailFormat

/// The part for people of a mail that may be a report: its text, its lines, and what they say.
struct Notice {
    /// One line, without its line end.
    struct Line {
        /// Where its first character that is no blank stands; its end when it has none.
        let start: Int32
        /// Where it ends.
        let end: Int32
        /// How far it is indented.
        let indent: Int32
        /// What it says.
        var marks: Marks = []

        /// Whether it has no text.
        var isBlank: Bool { start == end }
        /// Its text.
        var range: ByteRange { ByteRange(Int(start), Int(end)) }
    }

    /// Everything that was taken for the notice, with what comes behind it.
    var text: [UInt8] = []
    /// The lines before the original message.
    var lines: [Line] = []
    /// The phrases in these lines.
    var hits: [PhraseHit] = []
    /// Where the header of the original message stands in `text`; nil when it is not quoted there.
    var original: Int?
    /// Whether the mail has more text than was taken.
    var isCut = false
    /// Where the notice ends in `text`.
    var end = 0
    /// What all lines say.
    var marks: Marks = []

    /// Finds the lines, where the original begins, and the phrases before it.
    mutating func read() {
        lines = Self.lines(text.span)
        let block = QuotedHeader.first(text.span, lines)
        end = block.map { Int(lines[$0].start) } ?? text.count
        original = block.map { Int(lines[$0].start) }
        hits = NoticePhrases.matcher.hits(in: text.span, ByteRange(0, end))
        if let marker = OriginalMarker.first(text.span, lines, hits) {
            let behind = Int(lines[marker].end)
            end = Int(lines[marker].start)
            original = original ?? OriginalMarker.header(text.span, lines, behind: marker)
            hits.removeAll { Int($0.start) >= behind }
        }
        lines.removeAll { Int($0.start) >= end && !($0.isBlank && Int($0.end) < end) }
        markLines()
    }

    /// Finds lines and phrases of a text that is all notice, as a diagnostic is.
    mutating func readAsDiagnostic() {
        lines = Self.lines(text.span)
        end = text.count
        hits = NoticePhrases.matcher.hits(in: text.span, ByteRange(0, end))
        markLines()
    }

    private static func lines(_ text: Span<UInt8>) -> [Line] {
        var lines: [Line] = []
        // Lines of notices have some forty octets.
        lines.reserveCapacity(4 + text.count / 32)
        var offset = 0
        while offset < text.count {
            let end = ByteScan.lineEnd(text, from: offset)
            var start = offset
            while start < end, ASCII.isBlank(text[start]) { start += 1 }
            lines.append(Line(start: Int32(start), end: Int32(end), indent: Int32(start - offset)))
            offset = end + 1
        }
        return lines
    }

    private mutating func markLines() {
        var index = 0
        for hit in hits {
            while index + 1 < lines.count, lines[index].end < hit.start { index += 1 }
            guard index < lines.count else { break }
            lines[index].marks.insert(hit.mark)
            marks.insert(hit.mark)
        }
    }
}

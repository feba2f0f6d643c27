import MailFormat

/// A notice that a person forwarded, each line behind a `>`.
enum ForwardedNotice {
    /// The part of the lines, in tenths, that must be quoted.
    private static let tenths = 6

    /// Removes one level of quotation marks when nearly all lines have one.
    static func unquote(_ notice: inout Notice) {
        guard notice.text.contains(UInt8(ascii: ">")) else { return }
        guard isQuoted(notice.text.span) else { return }
        var plain: [UInt8] = []
        plain.reserveCapacity(notice.text.count)
        var skipsBlank = false
        var isStart = true
        for byte in notice.text {
            if isStart, byte == UInt8(ascii: ">") {
                skipsBlank = true
            } else if skipsBlank, byte == ASCII.space {
                skipsBlank = false
            } else {
                skipsBlank = false
                plain.append(byte)
            }
            isStart = byte == ASCII.lineFeed
        }
        notice.text = withoutHeader(plain)
    }

    private static func isQuoted(_ text: Span<UInt8>) -> Bool {
        var lines = 0
        var quoted = 0
        var start = 0
        while start < text.count {
            if text[start] != ASCII.lineFeed { lines += 1 }
            if text[start] == UInt8(ascii: ">") { quoted += 1 }
            start = ByteScan.lineFeed(text, from: start) + 1
        }
        return quoted > 5 && quoted * 10 >= lines * tenths
    }

    /// The text behind the forwarded mail's own header, which stands within the first lines.
    private static func withoutHeader(_ plain: [UInt8]) -> [UInt8] {
        let span = plain.span
        var offset = 0
        var fields = 0
        for _ in 0..<24 where offset < span.count {
            let line = HeaderReader.lineEnd(span, from: offset)
            let range = ByteRange(offset, line.text)
            if QuotedHeader.isKnown(span, range) { fields += 1 }
            if line.text == offset, fields >= 2 { return Array(plain[line.next...]) }
            offset = line.next
        }
        return plain
    }
}

import MailFormat

/// Text as notices are looked at: UTF-8 where the character set is known, lines that end in LF.
enum PlainTextCopy {
    /// Appends the text of a part that has been decoded.
    static func append(_ content: [UInt8], charset: [UInt8]?, to text: inout [UInt8]) {
        let name = charset ?? []
        let span = name.span
        if span.matches("utf-16", at: 0) {
            lines(utf16(content).span, to: &text)
        } else if span.matches("iso-2022", at: 0) || (content.contains(escape) && name.count < 9) {
            lines(withoutShifts(content.span).span, to: &text)
        } else if let known = Charset(span, ByteRange(0, name.count)), known != .utf8 {
            guard content.contains(where: { $0 >= 0x80 }) else { return lines(content.span, to: &text) }
            var utf8: [UInt8] = []
            known.append(content, to: &utf8)
            lines(utf8.span, to: &text)
        } else {
            lines(content.span, to: &text)
        }
    }

    private static let escape: UInt8 = 0x1B

    /// Copies lines without their CR; a CR within a line becomes a blank.
    static func lines(_ content: Span<UInt8>, to text: inout [UInt8]) {
        var start = 0
        while start < content.count {
            let end = ByteScan.lineEnd(content, from: start)
            text.append(content, ByteRange(start, end))
            guard end < content.count else { break }
            // CR LF, and CR CR LF: a line end that was converted twice.
            var behind = end
            while behind < content.count, content[behind] == ASCII.carriageReturn { behind += 1 }
            if behind < content.count, content[behind] == ASCII.lineFeed {
                text.append(ASCII.lineFeed)
                start = behind + 1
            } else {
                text.append(ASCII.space)
                start = behind
            }
        }
        if text.last != ASCII.lineFeed { text.append(ASCII.lineFeed) }
    }

    /// ISO-2022 text with a question mark for each run of characters beyond US-ASCII (RFC 1468): their bytes look like
    /// ASCII, and no address is among them.
    static func withoutShifts(_ content: Span<UInt8>) -> [UInt8] {
        var plain: [UInt8] = []
        plain.reserveCapacity(content.count)
        var isShifted = false
        var offset = 0
        while offset < content.count {
            let byte = content[offset]
            if byte == escape, offset + 2 < content.count {
                let isASCII = content[offset + 1] == UInt8(ascii: "(")
                if !isASCII, !isShifted { plain.append(UInt8(ascii: "?")) }
                isShifted = !isASCII
                offset += content[offset + 1] == UInt8(ascii: "$") && content[offset + 2] == UInt8(ascii: "(") ? 4 : 3
                continue
            }
            // RFC 1468: a line ends in US-ASCII, also where the writer forgot to say so.
            if byte == ASCII.lineFeed { isShifted = false }
            if !isShifted { plain.append(byte) }
            offset += 1
        }
        return plain
    }

    private static func utf16(_ content: [UInt8]) -> [UInt8] {
        let isLittle = content.starts(with: [0xFF, 0xFE]) || (content.count > 1 && content[1] == 0 && content[0] != 0)
        var units: [UInt16] = []
        units.reserveCapacity(content.count / 2)
        for offset in stride(from: 0, to: content.count - 1, by: 2) {
            let (first, second) = (UInt16(content[offset]), UInt16(content[offset + 1]))
            units.append(isLittle ? second << 8 | first : first << 8 | second)
        }
        return Array(String(decoding: units, as: UTF16.self).utf8)
    }
}

import MailFormat

/// Text as notices are looked at: UTF-8 where the character set is known, lines that end in LF.
enum PlainTextCopy {
    /// Appends the text of a part that has been decoded.
    static func append(_ content: Span<UInt8>, charset: [UInt8]?, to text: inout [UInt8]) {
        let seen = Seen(content)
        guard let charset = Self.charset(charset ?? [], seen), charset != .utf8, !charset.keepsASCII || !seen.isASCII
        else {
            return seen.hasReturns ? lines(content, to: &text) : copy(content, to: &text)
        }
        var utf8: [UInt8] = []
        charset.append(content, to: &utf8)
        lines(utf8.span, to: &text)
    }

    /// What octets a text has.
    private struct Seen {
        let isASCII: Bool
        let hasEscapes: Bool
        let hasReturns: Bool

        init(_ content: Span<UInt8>) {
            let seen = ByteScan.survey(content, for: PlainTextCopy.escape)
            (isASCII, hasEscapes, hasReturns) = (seen.union < 0x80, seen.hasOctet, seen.hasReturn)
        }
    }

    /// The character set that a part names; one with escape sequences that names none, or US-ASCII, is Japanese.
    private static func charset(_ name: [UInt8], _ seen: Seen) -> Charset? {
        let known = Charset(name.span, ByteRange(0, name.count))
        guard known == nil || known == .utf8, seen.hasEscapes else { return known }
        return .iso2022JP
    }

    private static let escape: UInt8 = 0x1B

    /// Copies lines that have none of these already.
    private static func copy(_ content: Span<UInt8>, to text: inout [UInt8]) {
        text.append(content, ByteRange(0, content.count))
        if text.last != ASCII.lineFeed { text.append(ASCII.lineFeed) }
    }

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
}

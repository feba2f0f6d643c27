import MailFormat
import StatusCodes

/// The words of a reply as they were before a notice wrapped them.
enum ReplyText {
    /// The reply that a notice quotes, its lines told apart.
    static func printed(_ text: Span<UInt8>, _ reply: FoundReply) -> PrintedReply {
        var lines: [UInt8] = []
        guard let code = reply.code else {
            appendUnfolded(text, reply.start, reply.end, to: &lines)
            var printed = PrintedReply(parsing: lines.span)
            printed.code = nil
            printed.status = reply.status
            return printed
        }
        let hasMore = reply.start + 3 < reply.end && text[reply.start + 3] == UInt8(ascii: "-")
        appendLines(text, reply.start, reply.end, hasMore ? code : nil, to: &lines)
        var printed = PrintedReply(parsing: lines.span)
        printed.code = code
        printed.status = reply.status ?? printed.status
        if let words = reply.words { printed.text = "\(sentence(text, words..<reply.start))\n\(printed.text)" }
        return printed
    }

    /// A sentence on one line: runs of blanks and line ends become one blank.
    static func sentence(_ text: Span<UInt8>, _ range: Range<Int>) -> String {
        var line: [UInt8] = []
        appendUnfolded(text, range.lowerBound, range.upperBound, to: &line)
        return PrintedReply(parsing: line.span).text
    }

    private static func appendUnfolded(_ text: Span<UInt8>, _ start: Int, _ end: Int, to line: inout [UInt8]) {
        appendLines(text, start, end, nil, to: &line)
    }

    /// Joins lines; where a reply has several, a new one begins at its code.
    private static func appendLines(
        _ text: Span<UInt8>,
        _ start: Int,
        _ end: Int,
        _ code: ReplyCode?,
        to lines: inout [UInt8]
    ) {
        lines.reserveCapacity(lines.count + end - start)
        var offset = start
        var isGap = false
        while offset < end {
            let byte = text[offset]
            if ASCII.isBlank(byte) || byte == ASCII.lineFeed {
                if byte == ASCII.lineFeed, text.matches("<<< ", at: offset + 1) { offset += 4 }
                isGap = true
                offset += 1
                continue
            }
            if isGap, !lines.isEmpty {
                let isNext =
                    code != nil && ReplyCode.parsed(text, at: offset) == code && offset + 3 < end
                    && (text[offset + 3] == UInt8(ascii: "-") || ASCII.isBlank(text[offset + 3]))
                lines.append(isNext ? ASCII.lineFeed : ASCII.space)
            }
            isGap = false
            lines.append(byte)
            offset += 1
        }
    }
}

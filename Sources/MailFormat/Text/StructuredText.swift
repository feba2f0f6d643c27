/// The lexical tokens of structured header fields (RFC 5322 §3.2).
package enum StructuredText {
    /// How deep comments may be nested before the rest of the value counts as comment.
    static let deepestComment = 16

    /// The offset behind the comment whose `(` is at `start`; `end` when it is not closed.
    package static func endOfComment(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> Int {
        var depth = 0
        var offset = start
        while offset < end {
            switch bytes[offset] {
            case UInt8(ascii: "("):
                depth += 1
                if depth > deepestComment { return end }
            case UInt8(ascii: ")"):
                depth -= 1
                if depth == 0 { return offset + 1 }
            case UInt8(ascii: "\\"): offset += 1
            default: break
            }
            offset += 1
        }
        return end
    }

    /// The offset behind blanks, line ends and comments (RFC 5322 §3.2.2, `CFWS`).
    package static func skipCommentsAndSpace(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> Int {
        var offset = start
        while offset < end {
            let byte = bytes[offset]
            if byte == UInt8(ascii: "(") {
                offset = endOfComment(bytes, from: offset, to: end)
            } else if ASCII.isBlank(byte) || byte == ASCII.carriageReturn || byte == ASCII.lineFeed {
                offset += 1
            } else {
                break
            }
        }
        return offset
    }

    /// A range without the blanks and line ends around it.
    package static func trimmed(_ bytes: Span<UInt8>, _ range: ByteRange) -> ByteRange {
        var start = Int(range.start)
        var end = Int(range.end)
        while start < end, isSpace(bytes[start]) { start += 1 }
        while end > start, isSpace(bytes[end - 1]) { end -= 1 }
        return ByteRange(start, end)
    }

    static func isSpace(_ byte: UInt8) -> Bool {
        ASCII.isBlank(byte) || byte == ASCII.carriageReturn || byte == ASCII.lineFeed
    }
}

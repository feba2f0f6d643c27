/// Quoted-printable (RFC 2045 §6.7).
public enum QuotedPrintable {
    /// The longest encoded line, its line end not counted (RFC 2045 §6.7 (5)).
    static let longestLine = 76

    /// Appends text encoded.
    ///
    /// CRLF and LF are line ends and stay such (as CRLF); a bare CR is encoded.
    public static func encode(_ bytes: Span<UInt8>, to encoded: inout [UInt8]) {
        var column = 0
        var offset = 0
        while offset < bytes.count {
            let byte = bytes[offset]
            let isReturn =
                byte == ASCII.carriageReturn && offset + 1 < bytes.count
                && bytes[offset + 1] == ASCII.lineFeed
            if byte == ASCII.lineFeed || isReturn {
                encoded.append("\r\n")
                column = 0
                offset += isReturn ? 2 : 1
                continue
            }
            var isLiteral = isPlain(byte, bytes, offset, column)
            // One column is kept for the "=" of a soft line break.
            if column + (isLiteral ? 1 : 3) > longestLine - 1 {
                encoded.append("=\r\n")
                column = 0
                // A line that the text does not have must not look like a boundary (RFC 2046 §5.1.1).
                isLiteral = byte != UInt8(ascii: "-") && isPlain(byte, bytes, offset, column)
            }
            if isLiteral {
                encoded.append(byte)
                column += 1
            } else {
                encoded.append(UInt8(ascii: "="))
                encoded.append(ASCII.hexDigit(byte >> 4))
                encoded.append(ASCII.hexDigit(byte & 15))
                column += 3
            }
            offset += 1
        }
    }

    private static func isPlain(_ byte: UInt8, _ bytes: Span<UInt8>, _ offset: Int, _ column: Int) -> Bool {
        if ASCII.isBlank(byte) {
            // RFC 2045 §6.7 (3): a blank never ends a line.
            guard offset + 1 < bytes.count else { return false }
            return bytes[offset + 1] != ASCII.carriageReturn && bytes[offset + 1] != ASCII.lineFeed
        }
        // A dot at the start of a line would be doubled on the wire, and "From " is changed by mbox files.
        if column == 0, byte == UInt8(ascii: ".") || byte == UInt8(ascii: "F") { return false }
        return ASCII.isVisible(byte) && byte != UInt8(ascii: "=")
    }

    /// Appends the decoded bytes of a range; true when it was well-formed.
    ///
    /// What is not well-formed is taken literally (RFC 2045 §6.7). Blanks at the ends of lines are removed, line ends
    /// stay as they are.
    @discardableResult
    public static func decode(_ bytes: Span<UInt8>, _ range: ByteRange, to decoded: inout [UInt8]) -> Bool {
        decoded.reserveCapacity(decoded.count + range.count)
        var offset = Int(range.start)
        let end = Int(range.end)
        var isClean = true
        // Where the trailing blanks of the current line begin in `decoded`.
        var keep = decoded.count
        while offset < end {
            let byte = bytes[offset]
            if byte == UInt8(ascii: "=") {
                if offset + 2 < end, let high = ASCII.hexValue(bytes[offset + 1]),
                    let low = ASCII.hexValue(bytes[offset + 2])
                {
                    decoded.append(high << 4 | low)
                    offset += 3
                } else if let next = softBreak(bytes, from: offset + 1, to: end) {
                    offset = next
                } else {
                    decoded.append(byte)
                    isClean = false
                    offset += 1
                }
                keep = decoded.count
            } else if byte == ASCII.carriageReturn || byte == ASCII.lineFeed {
                decoded.removeLast(decoded.count - keep)
                decoded.append(byte)
                keep = decoded.count
                offset += 1
            } else {
                let stop = min(ByteScan.lineEnd(bytes, or: UInt8(ascii: "="), from: offset), end)
                decoded.append(bytes, ByteRange(offset, stop))
                var last = stop
                while last > offset, ASCII.isBlank(bytes[last - 1]) { last -= 1 }
                if last > offset { keep = decoded.count - (stop - last) }
                offset = stop
            }
        }
        decoded.removeLast(decoded.count - keep)
        return isClean
    }

    /// Where the next line begins when only blanks and a line end, or nothing at all, stand behind an `=`.
    private static func softBreak(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> Int? {
        var offset = start
        while offset < end, ASCII.isBlank(bytes[offset]) { offset += 1 }
        if offset < end, bytes[offset] == ASCII.carriageReturn { offset += 1 }
        guard offset < end else { return end }
        return bytes[offset] == ASCII.lineFeed ? offset + 1 : nil
    }
}

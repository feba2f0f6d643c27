import MailFormat
import StatusCodes

/// The small rules that several commands share.
enum Keyword {
    /// Passes `FROM:` or `TO:` and returns where its path begins.
    static func path(
        _ word: StaticString,
        _ line: Span<UInt8>,
        _ length: Int,
        from start: Int,
        or condition: Condition
    ) throws(CommandSyntaxError) -> Int {
        var position = start
        while position < length, ASCII.isBlank(line[position]) { position += 1 }
        let end = position + word.utf8CodeUnitCount
        guard end <= length, line.matches(word, at: position) else { throw CommandSyntaxError(.badArgument) }
        position = end
        while position < length, ASCII.isBlank(line[position]) { position += 1 }
        guard position < length else { throw CommandSyntaxError(condition) }
        return position
    }

    /// A value that is xtext of bounded length.
    static func xtext(
        _ value: ByteRange?,
        _ line: Span<UInt8>,
        atMost limit: Int
    ) throws(CommandSyntaxError) -> ByteRange {
        guard let value, value.count <= limit, isXText(line, value, allowsUTF8: false) else {
            throw CommandSyntaxError(.badArgument)
        }
        return value
    }

    /// Whether a range is xtext that hides no control character.
    ///
    /// ```text
    /// xtext   = *( xchar / hexchar )
    /// xchar   = any ASCII CHAR between "!" (33) and "~" (126) inclusive, except for "+" and "="
    /// hexchar = ASCII "+" immediately followed by two upper case hexadecimal digits
    /// ```
    /// RFC 3461 §4.2, §4.4 want what is encoded to be printable ASCII: CR and LF must not come in by this door.
    static func isXText(_ line: Span<UInt8>, _ range: ByteRange, allowsUTF8: Bool) -> Bool {
        var offset = Int(range.start)
        while offset < Int(range.end) {
            let byte = line[offset]
            if byte == UInt8(ascii: "+") {
                guard offset + 2 < Int(range.end), let high = ASCII.hexValue(line[offset + 1]),
                    let low = ASCII.hexValue(line[offset + 2]), !ASCII.isControl(high << 4 | low)
                else { return false }
                offset += 3
            } else {
                guard ASCII.isVisible(byte) || byte >= 0x80, byte != UInt8(ascii: "=") else { return false }
                offset += 1
            }
        }
        let isASCII = UTF8Form.isASCII(line, range)
        return isASCII || (allowsUTF8 && UTF8Form.isWellFormed(line, range))
    }
}

/// Decimal numbers.
enum Decimal {
    /// Reads a range that is digits and nothing else; a number too large to keep reads as `Int.max`.
    static func read(_ line: Span<UInt8>, _ range: ByteRange) -> Int? {
        guard !range.isEmpty else { return nil }
        var number = 0
        for offset in range.offsets {
            guard ASCII.isDigit(line[offset]) else { return nil }
            let (tens, overflow) = number.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(Int(line[offset] - 0x30))
            number = overflow || carry ? .max : sum
        }
        return number
    }
}

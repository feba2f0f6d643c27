import MailFormat
import StatusCodes

/// BDAT, read (RFC 3030 §2, examples in §4.1).
package struct ChunkCommand: Hashable, Sendable {
    /// Octets that follow the line.
    package var size: Int
    /// Whether the message ends with them.
    package var isLast: Bool
    /// Whether nothing but LAST stood behind the size; a chunk of known size is passed over, never parsed.
    package var isWellFormed: Bool

    /// The largest size kept; more cannot be honest.
    private static let maximumDigits = 15

    /// Reads what follows the verb.
    ///
    /// ```text
    /// bdat-cmd   = "BDAT" SP chunk-size [ SP end-marker ] CR LF
    /// chunk-size = 1*DIGIT
    /// end-marker = "LAST"
    /// ```
    ///
    /// It throws when the size cannot be read: then nothing behind the line can be framed.
    package static func read(
        _ line: Span<UInt8>,
        _ length: Int,
        from start: Int
    ) throws(CommandSyntaxError) -> Self {
        let word = Words.next(line, length, from: start)
        guard word.count <= maximumDigits, let size = Decimal.read(line, word) else {
            throw CommandSyntaxError(.bdatMalformed)
        }
        let marker = Words.next(line, length, from: Int(word.end))
        let isLast = line.equals("last", in: marker)
        let rest = Words.next(line, length, from: Int(marker.end))
        return Self(size: size, isLast: isLast, isWellFormed: rest.isEmpty && (isLast || marker.isEmpty))
    }
}

/// Words between spaces.
enum Words {
    /// The next word at or behind `start`; an empty range at the end of the line when there is none.
    static func next(_ line: Span<UInt8>, _ length: Int, from start: Int) -> ByteRange {
        var first = start
        while first < length, ASCII.isBlank(line[first]) { first += 1 }
        var end = first
        while end < length, !ASCII.isBlank(line[end]) { end += 1 }
        return ByteRange(first, end)
    }

    /// Everything behind `start` without white space at either end.
    static func rest(_ line: Span<UInt8>, _ length: Int, from start: Int) -> ByteRange {
        var first = start
        while first < length, ASCII.isBlank(line[first]) { first += 1 }
        var end = length
        while end > first, ASCII.isBlank(line[end - 1]) { end -= 1 }
        return ByteRange(first, end)
    }
}

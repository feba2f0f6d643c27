/// What kind of bytes a content has, which decides how it may travel (RFC 2045 §2.7, §2.8, §2.9).
public struct ByteClasses: Hashable, Sendable {
    /// A byte above 127 occurs.
    public var hasHighBytes = false
    /// NUL, a bare CR or a bare LF occurs: only BINARYMIME may carry it.
    public var hasBinary = false
    /// A line is longer than 998 octets.
    public var hasLongLines = false

    /// Looks at a range.
    public init(_ bytes: Span<UInt8>, _ range: ByteRange) {
        var previous: UInt8 = 0x20
        var column = 0
        for offset in range.offsets {
            let byte = bytes[offset]
            if byte >= 0x80 { hasHighBytes = true }
            if byte == 0 || (byte == ASCII.lineFeed) != (previous == ASCII.carriageReturn) { hasBinary = true }
            column = byte == ASCII.lineFeed ? 0 : column + 1
            // The CR of the line end is counted with the line while it is read.
            if column > 999 || (column == 999 && byte != ASCII.carriageReturn) { hasLongLines = true }
            previous = byte
        }
        if previous == ASCII.carriageReturn { hasBinary = true }
    }
}

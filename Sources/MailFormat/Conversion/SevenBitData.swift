/// 7bit data (RFC 2045 §2.7), but for the length of its lines.
enum SevenBitData {
    /// The offset of the first octet that is none: above 127, NUL, or half a line end; nil when all are.
    static func firstForeign(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        var previous: UInt8 = 0x20
        for offset in range {
            let byte = bytes[offset]
            if byte >= 0x80 || byte == 0 || (byte == ASCII.lineFeed) != (previous == ASCII.carriageReturn) {
                return offset
            }
            previous = byte
        }
        return previous == ASCII.carriageReturn ? range.upperBound - 1 : nil
    }
}

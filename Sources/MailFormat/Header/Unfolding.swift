/// Values of header fields without the line ends of folding (RFC 5322 §2.2.3).
public enum Unfolding {
    /// Appends a value on one line: line ends are removed, the blanks behind them stay.
    public static func append(_ bytes: Span<UInt8>, _ value: ByteRange, to unfolded: inout [UInt8]) {
        for offset in value.offsets {
            let byte = bytes[offset]
            if byte != ASCII.carriageReturn, byte != ASCII.lineFeed { unfolded.append(byte) }
        }
    }

    /// A value on one line, as a text; what is not UTF-8 shows as U+FFFD.
    public static func text(_ bytes: Span<UInt8>, _ value: ByteRange) -> String {
        var unfolded: [UInt8] = []
        append(bytes, value, to: &unfolded)
        return String(decoding: unfolded, as: UTF8.self)
    }
}

/// Values of header fields without the line ends of folding (RFC 5322 §2.2.3).
public enum Unfolding {
    /// Appends a value on one line: line ends are removed, the blanks behind them stay.
    public static func append(_ bytes: Span<UInt8>, _ value: ByteRange, to unfolded: inout [UInt8]) {
        for offset in value.offsets {
            let byte = bytes[offset]
            if byte != ASCII.carriageReturn, byte != ASCII.lineFeed { unfolded.append(byte) }
        }
    }

    /// Whether a value has line ends.
    package static func isFolded(_ bytes: Span<UInt8>, _ value: ByteRange) -> Bool {
        ByteScan.lineEnd(bytes.extracting(value.offsets), from: 0) < value.count
    }

    /// A value on one line, as a text; what is not UTF-8 shows as U+FFFD.
    public static func text(_ bytes: Span<UInt8>, _ value: ByteRange) -> String {
        guard isFolded(bytes, value) else { return String(decoding: bytes, value) }
        var unfolded: [UInt8] = []
        append(bytes, value, to: &unfolded)
        return String(decoding: unfolded, as: UTF8.self)
    }
}

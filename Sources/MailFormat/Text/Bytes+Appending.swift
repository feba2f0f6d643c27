extension [UInt8] {
    /// Appends a part of a span.
    package mutating func append(_ bytes: Span<UInt8>, _ range: ByteRange) {
        // The pointer is used within this call only, for as many bytes as it covers.
        unsafe bytes.extracting(range.offsets).withUnsafeBufferPointer { part in unsafe append(contentsOf: part) }
    }

    /// Appends the bytes of a literal.
    package mutating func append(_ text: StaticString) {
        // A StaticString's bytes live as long as the program.
        text.withUTF8Buffer { buffer in unsafe append(contentsOf: buffer) }
    }

    /// Appends the UTF-8 of a text.
    package mutating func append(_ text: String) { append(contentsOf: text.utf8) }

    /// Appends a number in decimal with zeros before it up to a width.
    package mutating func append(decimal number: Int, width: Int) {
        var threshold: UInt = 10
        for _ in 1..<width {
            if number.magnitude < threshold { append(0x30) }
            threshold *= 10
        }
        append(decimal: number)
    }

    /// Appends a number in decimal.
    package mutating func append(decimal number: Int) {
        if number < 0 { append(UInt8(ascii: "-")) }
        var unit: UInt = 1
        while number.magnitude / unit >= 10 { unit *= 10 }
        while unit > 0 {
            append(0x30 + UInt8(number.magnitude / unit % 10))
            unit /= 10
        }
    }
}

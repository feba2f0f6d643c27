/// Well-formed UTF-8 (RFC 3629 §4): no overlong forms, no surrogates, nothing above U+10FFFF.
package enum UTF8Form {
    /// The length of the well-formed character at `offset`, 1…4; 0 when there is none.
    package static func characterLength(_ bytes: Span<UInt8>, at offset: Int, limit: Int) -> Int {
        guard offset < limit else { return 0 }
        let first = bytes[offset]
        if first < 0x80 { return 1 }
        let (length, secondRange): (Int, ClosedRange<UInt8>) =
            switch first {
            case 0xC2...0xDF: (2, 0x80...0xBF)
            case 0xE0: (3, 0xA0...0xBF)
            case 0xE1...0xEC, 0xEE...0xEF: (3, 0x80...0xBF)
            case 0xED: (3, 0x80...0x9F)
            case 0xF0: (4, 0x90...0xBF)
            case 0xF1...0xF3: (4, 0x80...0xBF)
            case 0xF4: (4, 0x80...0x8F)
            default: (0, 0...0)
            }
        guard length > 0, offset + length <= limit, secondRange.contains(bytes[offset + 1]) else { return 0 }
        for index in (offset + 2)..<(offset + max(length, 2)) where bytes[index] & 0xC0 != 0x80 { return 0 }
        return length
    }

    /// Whether every byte of the range belongs to a well-formed character.
    package static func isWellFormed(_ bytes: Span<UInt8>, _ range: ByteRange) -> Bool {
        var offset = Int(range.start)
        let limit = Int(range.end)
        while offset < limit {
            if bytes[offset] < 0x80 {
                offset += 1
                continue
            }
            let length = characterLength(bytes, at: offset, limit: limit)
            guard length > 0 else { return false }
            offset += length
        }
        return true
    }

    /// Whether no byte of the range is above 127.
    package static func isASCII(_ bytes: Span<UInt8>, _ range: ByteRange) -> Bool {
        for offset in range.offsets where bytes[offset] >= 0x80 { return false }
        return true
    }
}

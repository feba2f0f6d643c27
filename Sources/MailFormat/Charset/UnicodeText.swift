/// UTF-16, with or without a byte order mark.
enum UTF16Text {
    /// Appends a text; where neither its name nor a mark tells, a first octet without its second half does.
    static func append(_ bytes: Span<UInt8>, isLittle: Bool?, to utf8: inout [UInt8]) {
        guard bytes.count > 1 else { return }
        var start = 0
        var isLittle = isLittle ?? (bytes[1] == 0 && bytes[0] != 0)
        let mark = UInt16(bytes[0]) << 8 | UInt16(bytes[1])
        if mark == 0xFEFF || mark == 0xFFFE {
            start = 2
            isLittle = mark == 0xFFFE
        }
        var units: [UInt16] = []
        units.reserveCapacity(bytes.count / 2)
        for offset in stride(from: start, to: bytes.count - 1, by: 2) {
            let (first, second) = (UInt16(bytes[offset]), UInt16(bytes[offset + 1]))
            units.append(isLittle ? second << 8 | first : first << 8 | second)
        }
        utf8.append(contentsOf: String(decoding: units, as: UTF16.self).utf8)
    }
}

/// UTF-7 (RFC 2152), which old mail systems of Microsoft wrote.
enum UTF7 {
    static func append(_ bytes: Span<UInt8>, to utf8: inout [UInt8]) {
        var offset = 0
        while offset < bytes.count {
            guard bytes[offset] == UInt8(ascii: "+") else {
                utf8.append(scalar: bytes[offset] < 0x80 ? UInt32(bytes[offset]) : replacementCharacter)
                offset += 1
                continue
            }
            let start = offset
            offset += 1
            var units: [UInt16] = []
            var (bits, count): (UInt32, Int) = (0, 0)
            while offset < bytes.count, let value = value(bytes[offset]) {
                bits = (bits << 6 | UInt32(value)) & 0x3F_FFFF
                count += 6
                if count >= 16 {
                    count -= 16
                    units.append(UInt16(truncatingIfNeeded: bits >> UInt32(count)))
                }
                offset += 1
            }
            if offset == start + 1 || units.isEmpty {
                // `+-` is a plus sign; so is one that begins nothing, as in an address.
                utf8.append(bytes, ByteRange(start, offset))
            } else {
                utf8.append(contentsOf: String(decoding: units, as: UTF16.self).utf8)
            }
            if offset < bytes.count, bytes[offset] == UInt8(ascii: "-"), offset == start + 1 || !units.isEmpty {
                offset += 1
            }
        }
    }

    private static func value(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}

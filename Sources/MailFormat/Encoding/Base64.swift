/// Base64 (RFC 4648 §4, RFC 2045 §6.8).
public enum Base64 {
    private static let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

    /// Appends bytes encoded, on one line, padded.
    public static func encode(_ bytes: Span<UInt8>, to encoded: inout [UInt8]) {
        encode(bytes, ByteRange(0, bytes.count), to: &encoded)
    }

    /// Appends bytes encoded in lines of 76 characters that end with CRLF (RFC 2045 §6.8).
    public static func encodeLines(_ bytes: Span<UInt8>, to encoded: inout [UInt8]) {
        encoded.reserveCapacity(encoded.count + bytes.count * 4 / 3 + bytes.count / 28 + 8)
        var offset = 0
        while offset < bytes.count {
            let end = min(offset + 57, bytes.count)
            encode(bytes, ByteRange(offset, end), to: &encoded)
            encoded.append("\r\n")
            offset = end
        }
    }

    private static func encode(_ bytes: Span<UInt8>, _ range: ByteRange, to encoded: inout [UInt8]) {
        alphabet.withUTF8Buffer { letters in
            // Six bits are below the 64 letters.
            func letter(_ bits: UInt32) -> UInt8 { unsafe letters[Int(bits & 63)] }
            var offset = Int(range.start)
            let end = Int(range.end)
            while offset < end {
                let left = end - offset
                let first = UInt32(bytes[offset]) << 16
                let second = left > 1 ? UInt32(bytes[offset + 1]) << 8 : 0
                let third = left > 2 ? UInt32(bytes[offset + 2]) : 0
                let group = first | second | third
                encoded.append(letter(group >> 18))
                encoded.append(letter(group >> 12))
                encoded.append(left > 1 ? letter(group >> 6) : UInt8(ascii: "="))
                encoded.append(left > 2 ? letter(group) : UInt8(ascii: "="))
                offset += 3
            }
        }
    }

    /// Appends the decoded bytes of a range; true when every character was as it should be.
    ///
    /// Line ends and blanks are passed over, as RFC 2045 §6.8 wants; so are other foreign characters, but then the
    /// result is false. Decoding ends at padding.
    @discardableResult
    public static func decode(_ bytes: Span<UInt8>, _ range: ByteRange, to decoded: inout [UInt8]) -> Bool {
        decoded.reserveCapacity(decoded.count + range.count / 4 * 3 + 3)
        var group: UInt32 = 0
        var letters = 0
        var padding = 0
        var isClean = true
        for offset in range.offsets {
            let byte = bytes[offset]
            if let bits = value(byte) {
                guard padding == 0 else {
                    isClean = false
                    break
                }
                group = group << 6 | UInt32(bits)
                letters += 1
                if letters == 4 {
                    decoded.append(UInt8(truncatingIfNeeded: group >> 16))
                    decoded.append(UInt8(truncatingIfNeeded: group >> 8))
                    decoded.append(UInt8(truncatingIfNeeded: group))
                    (group, letters) = (0, 0)
                }
            } else if byte == UInt8(ascii: "=") {
                padding += 1
            } else if !ASCII.isBlank(byte), byte != ASCII.carriageReturn, byte != ASCII.lineFeed {
                isClean = false
            }
        }
        switch letters {
        case 0: return isClean && padding == 0
        case 2:
            decoded.append(UInt8(truncatingIfNeeded: group >> 4))
            return isClean && padding == 2 && group & 15 == 0
        case 3:
            decoded.append(UInt8(truncatingIfNeeded: group >> 10))
            decoded.append(UInt8(truncatingIfNeeded: group >> 2))
            return isClean && padding == 1 && group & 3 == 0
        default: return false
        }
    }

    @inline(__always)
    private static func value(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x41...0x5A: byte - 0x41
        case 0x61...0x7A: byte - 0x47
        case 0x30...0x39: byte + 4
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}

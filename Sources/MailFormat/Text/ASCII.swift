/// Byte constants and classes of US-ASCII that the grammars share.
@usableFromInline
package enum ASCII {
    /// HTAB.
    @inlinable
    package static var tab: UInt8 { 0x09 }
    /// LF.
    @inlinable
    package static var lineFeed: UInt8 { 0x0A }
    /// CR.
    @inlinable
    package static var carriageReturn: UInt8 { 0x0D }
    /// SP.
    @inlinable
    package static var space: UInt8 { 0x20 }

    /// A letter of either case.
    @inlinable
    @inline(__always)
    package static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }
    /// A decimal digit.
    @inlinable
    @inline(__always)
    package static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
    /// A letter or a digit (RFC 5321 §4.1.2, `Let-dig`).
    @inlinable
    @inline(__always)
    package static func isLetterOrDigit(_ byte: UInt8) -> Bool { isLetter(byte) || isDigit(byte) }
    /// A space or a tab (RFC 5234, `WSP`).
    @inlinable
    @inline(__always)
    package static func isBlank(_ byte: UInt8) -> Bool { byte == space || byte == tab }
    /// 33…126 (RFC 5234, `VCHAR`).
    @inlinable
    @inline(__always)
    package static func isVisible(_ byte: UInt8) -> Bool { byte &- 0x21 < 0x5E }
    /// Below 32, or DEL.
    @inlinable
    @inline(__always)
    package static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7F }

    /// The byte with A…Z folded to a…z.
    @inlinable
    @inline(__always)
    package static func lowered(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

    /// The value of a hexadecimal digit of either case; nil for another byte.
    @inlinable
    @inline(__always)
    package static func hexValue(_ byte: UInt8) -> UInt8? {
        if isDigit(byte) { return byte &- 0x30 }
        let letter = (byte | 0x20) &- 0x61
        return letter < 6 ? letter &+ 10 : nil
    }

    /// The upper-case hexadecimal digit of 0…15.
    @inlinable
    @inline(__always)
    package static func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 &+ value : 0x37 &+ value }

    /// One of the characters of `atext` (RFC 5322 §3.2.3).
    @inlinable
    @inline(__always)
    package static func isAtomText(_ byte: UInt8) -> Bool {
        // One bit a character: digits and !#$%&'*+-/=? in the first word, letters and ^_`{|}~ in the second.
        let word: UInt64 = byte < 64 ? 0xA3FFACFA00000000 : byte < 128 ? 0x7FFFFFFFC7FFFFFE : 0
        return word >> UInt64(byte & 63) & 1 == 1
    }
}

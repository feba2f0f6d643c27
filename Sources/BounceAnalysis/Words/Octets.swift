import MailFormat

/// Eight octets of a text in a word of the machine, the first in its lowest, and what can be said of all at once.
enum Octets {
    /// The top bit of each.
    static let tops: UInt64 = 0x8080_8080_8080_8080

    /// The octets at an offset; zeros behind the end.
    @inline(__always)
    static func load(_ text: Span<UInt8>, at start: Int, to end: Int) -> UInt64 {
        if start + 8 <= end, end <= text.count {
            // Eight octets are there.
            let octets = unsafe text.withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: start, as: UInt64.self) }
            return UInt64(littleEndian: octets)
        }
        var octets: UInt64 = 0
        for offset in start..<end { octets |= UInt64(text[offset]) << UInt64((offset - start) * 8) }
        return octets
    }

    /// An octet in every place.
    @inline(__always)
    static func all(_ octet: UInt8) -> UInt64 { UInt64(octet) * 0x0101_0101_0101_0101 }

    /// The top bit of each octet of US-ASCII that lies between two, these included.
    @inline(__always)
    static func within(_ octets: UInt64, _ first: UInt8, _ last: UInt8) -> UInt64 {
        // No sum carries into the next octet: both sides have seven bits.
        let low = octets & ~tops
        return (low + all(0x80 - first)) & ~(low + all(0x7F - last)) & ~octets & tops
    }

    /// A…Z folded to a…z.
    @inline(__always)
    static func lowered(_ octets: UInt64) -> UInt64 {
        octets | within(octets, UInt8(ascii: "A"), UInt8(ascii: "Z")) >> 2
    }
}

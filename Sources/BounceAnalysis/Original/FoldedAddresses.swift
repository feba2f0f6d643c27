import MailFormat

/// A few addresses in lower case, to compare others with; one array holds them all.
struct FoldedAddresses {
    /// How many there are, most often, and how many octets they have together.
    private static let (usual, usualOctets) = (4, 128)

    private var octets: [UInt8] = []
    private var ranges: [ByteRange] = []

    /// Whether it has none.
    var isEmpty: Bool { ranges.isEmpty }

    /// Adds an address of a text.
    mutating func insert(_ text: Span<UInt8>, _ range: ByteRange) {
        let start = octets.count
        if start == 0 {
            octets.reserveCapacity(Self.usualOctets)
            ranges.reserveCapacity(Self.usual)
        }
        for offset in range.offsets { octets.append(ASCII.lowered(text[offset])) }
        ranges.append(ByteRange(start, octets.count))
    }

    /// Adds an address.
    mutating func insert(_ address: String) {
        let utf8 = address.utf8
        insert(utf8.span, ByteRange(0, utf8.count))
    }

    /// Removes an address.
    mutating func remove(_ address: String) {
        let utf8 = address.utf8
        let bytes = utf8.span
        let whole = ByteRange(0, bytes.count)
        for index in ranges.indices.reversed() where Self.isSame(octets.span, ranges[index], bytes, whole) {
            ranges.remove(at: index)
        }
    }

    /// Whether an address of a text is among them, in any case of letters.
    func contains(_ text: Span<UInt8>, _ range: ByteRange) -> Bool {
        for own in ranges where Self.isSame(octets.span, own, text, range) { return true }
        return false
    }

    /// Whether two addresses are the same, in any case of letters.
    static func isSame(_ left: Span<UInt8>, _ first: ByteRange, _ right: Span<UInt8>, _ second: ByteRange) -> Bool {
        guard first.count == second.count else { return false }
        let (start, other) = (Int(first.start), Int(second.start))
        for offset in 0..<first.count
        where ASCII.lowered(left[start + offset]) != ASCII.lowered(right[other + offset]) {
            return false
        }
        return true
    }
}

/// An address literal (RFC 5321 §4.1.3) by its value.
public enum AddressLiteral: Hashable, Sendable {
    /// `[192.0.2.1]` as a number in host order.
    case ipv4(UInt32)
    /// `[IPv6:…]` as the two halves of the number.
    case ipv6(high: UInt64, low: UInt64)
    /// `[tag:content]` with a tag that nobody has registered.
    case general

    /// Reads the inside of the brackets; nil when it is no address literal.
    ///
    /// `address-literal = "[" ( IPv4-address-literal / IPv6-address-literal / General-address-literal ) "]"`
    public init?(_ bytes: Span<UInt8>, _ range: ByteRange) {
        let start = Int(range.start)
        let end = Int(range.end)
        if Self.hasIPv6Tag(bytes, start, end) {
            guard let (high, low) = Self.ipv6(bytes, start + 5, end) else { return nil }
            self = .ipv6(high: high, low: low)
        } else if let number = Self.ipv4(bytes, start, end) {
            self = .ipv4(number)
        } else if Self.isGeneral(bytes, start, end) {
            self = .general
        } else {
            return nil
        }
    }

    private static func hasIPv6Tag(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        guard end - start >= 5, bytes[start + 3] == UInt8(ascii: "6"), bytes[start + 4] == UInt8(ascii: ":") else {
            return false
        }
        return ASCII.lowered(bytes[start]) == UInt8(ascii: "i") && ASCII.lowered(bytes[start + 1]) == UInt8(ascii: "p")
            && ASCII.lowered(bytes[start + 2]) == UInt8(ascii: "v")
    }

    /// Reads an IPv4 address.
    ///
    /// `IPv4-address-literal = Snum 3("." Snum)`, `Snum = 1*3DIGIT` up to 255.
    package static func ipv4(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> UInt32? {
        var value: UInt32 = 0
        var part: UInt32 = 0
        var digits = 0
        var parts = 0
        for offset in start..<max(start, end) {
            let byte = bytes[offset]
            if ASCII.isDigit(byte) {
                part = part * 10 + UInt32(byte - 0x30)
                digits += 1
                guard digits <= 3, part <= 255 else { return nil }
            } else if byte == UInt8(ascii: "."), digits > 0, parts < 3 {
                value = value << 8 | part
                (part, digits, parts) = (0, 0, parts + 1)
            } else {
                return nil
            }
        }
        return parts == 3 && digits > 0 ? value << 8 | part : nil
    }

    /// Reads an IPv6 address.
    ///
    /// `IPv6-addr = IPv6-full / IPv6-comp / IPv6v4-full / IPv6v4-comp`
    package static func ipv6(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> (high: UInt64, low: UInt64)? {
        var groups = IPv6Groups()
        var offset = start
        if end - start >= 2, bytes[start] == UInt8(ascii: ":"), bytes[start + 1] == UInt8(ascii: ":") {
            groups.compress()
            offset += 2
        }
        while offset < end {
            var group: UInt16 = 0
            var cursor = offset
            while cursor < end, let digit = ASCII.hexValue(bytes[cursor]) {
                guard cursor - offset < 4 else { return nil }
                group = group << 4 | UInt16(digit)
                cursor += 1
            }
            if cursor < end, bytes[cursor] == UInt8(ascii: ".") {
                guard let tail = ipv4(bytes, offset, end) else { return nil }
                guard groups.append(UInt16(tail >> 16)), groups.append(UInt16(tail & 0xFFFF)) else { return nil }
                return groups.value
            }
            guard cursor > offset, groups.append(group) else { return nil }
            if cursor == end { break }
            guard bytes[cursor] == UInt8(ascii: ":"), cursor + 1 < end else { return nil }
            offset = cursor + 1
            if bytes[offset] == UInt8(ascii: ":") {
                guard groups.compress() else { return nil }
                offset += 1
            }
        }
        return groups.value
    }

    /// Whether it is a literal of another kind.
    ///
    /// `General-address-literal = Standardized-tag ":" 1*dcontent`, `Standardized-tag = Ldh-str`
    private static func isGeneral(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        var offset = start
        while offset < end, ASCII.isLetterOrDigit(bytes[offset]) || bytes[offset] == UInt8(ascii: "-") { offset += 1 }
        guard offset > start, ASCII.isLetterOrDigit(bytes[offset - 1]) else { return false }
        guard offset < end, bytes[offset] == UInt8(ascii: ":"), offset + 1 < end else { return false }
        // dcontent = %d33-90 / %d94-126: visible, but not "[", "\", "]".
        for index in (offset + 1)..<end where !ASCII.isVisible(bytes[index]) || (0x5B...0x5D).contains(bytes[index]) {
            return false
        }
        return true
    }
}

/// The groups of an IPv6 address while it is read, with the place of `::`.
private struct IPv6Groups {
    private var before: (high: UInt64, low: UInt64) = (0, 0)
    private var count = 0
    private var compressedAt: Int?

    /// Notes `::`; false when there was one.
    @discardableResult
    mutating func compress() -> Bool {
        guard compressedAt == nil else { return false }
        compressedAt = count
        return true
    }

    mutating func append(_ group: UInt16) -> Bool {
        guard count < 8 else { return false }
        before = (before.high << 16 | before.low >> 48, before.low << 16 | UInt64(group))
        count += 1
        return true
    }

    /// The whole number; nil when groups are missing, or `::` stands for nothing.
    var value: (high: UInt64, low: UInt64)? {
        guard let compressedAt else { return count == 8 ? before : nil }
        // RFC 5321 §4.1.3: "::" represents at least two 16-bit groups of zeros; RFC 5952 §4.2.2 says that others may
        // write it for one, so one is read, and none is refused.
        guard count < 8 else { return nil }
        let tailCount = count - compressedAt
        let all = UInt128(before.high) << 64 | UInt128(before.low)
        let tailBits = UInt128(tailCount * 16)
        let tail = tailCount == 0 ? 0 : all & ((1 << tailBits) - 1)
        let head = compressedAt == 0 ? 0 : (all >> tailBits) << UInt128(16 * (8 - compressedAt))
        let joined = head | tail
        return (UInt64(joined >> 64), UInt64(truncatingIfNeeded: joined))
    }
}

/// An Internet address without a zone: 32 bits of IPv4 or 128 bits of IPv6.
public enum IPAddress: Hashable, Sendable {
    /// An IPv4 address, first octet in the highest bits.
    case v4(UInt32)
    /// An IPv6 address, first octet in the highest bits of `high`.
    case v6(high: UInt64, low: UInt64)

    /// 127.0.0.1.
    public static let loopbackV4 = Self.v4(0x7F00_0001)
    /// ::1.
    public static let loopbackV6 = Self.v6(high: 0, low: 1)

    /// Whether it is an IPv6 address, IPv4-mapped ones included.
    public var isV6: Bool {
        switch self {
        case .v4: false
        case .v6: true
        }
    }

    /// The IPv4 address inside an IPv4-mapped one (`::ffff:192.0.2.1`); every other address unchanged.
    ///
    /// A dual-stack socket shows IPv4 peers as mapped addresses; rules about networks mean the peer.
    public var unmapped: Self {
        switch self {
        case .v4: self
        case .v6(let high, let low): high == 0 && low >> 32 == 0xFFFF ? .v4(UInt32(truncatingIfNeeded: low)) : self
        }
    }

    /// What kind of address it is, as far as a mail relay cares.
    public enum Scope: Hashable, Sendable {
        /// Reachable from everywhere, as far as the number tells.
        ///
        /// Documentation addresses count as global.
        case global
        /// Private or link-local: RFC 1918, 3927, 6598, 4193, 4291 §2.5.6, deprecated site-local.
        case `private`
        /// This machine.
        case loopback
        /// `0.0.0.0/8` ("this network", RFC 1122 §3.2.1.3) and `::`.
        case unspecified
        /// Multicast.
        case multicast
        /// Reserved: `240.0.0.0/4` with broadcast, `100::/64` (RFC 6666), IPv4-compatible IPv6 (RFC 4291 §2.5.5.1).
        case reserved
    }

    /// What kind of address it is; IPv6 addresses that carry an IPv4 address have its kind.
    public var scope: Scope {
        switch self {
        case .v4(let bits): Self.scope(v4: bits)
        case .v6(let high, let low): Self.scope(high: high, low: low)
        }
    }

    private static func scope(v4 bits: UInt32) -> Scope {
        switch bits >> 24 {
        case 0: .unspecified
        case 127: .loopback
        case 10: .private
        case 224...239: .multicast
        case 240...: .reserved
        case 100 where bits >> 22 == 0x6440_0000 >> 22: .private  // 100.64.0.0/10, RFC 6598
        case 169 where bits >> 16 == 0xA9FE: .private  // 169.254.0.0/16, RFC 3927
        case 172 where bits >> 20 == 0xAC1: .private  // 172.16.0.0/12, RFC 1918
        case 192 where bits >> 16 == 0xC0A8: .private  // 192.168.0.0/16, RFC 1918
        default: .global
        }
    }

    private static func scope(high: UInt64, low: UInt64) -> Scope {
        switch high >> 48 {
        case 0 where high == 0 && low == 0: .unspecified
        case 0 where high == 0 && low == 1: .loopback
        case 0 where high == 0 && low >> 32 == 0xFFFF: scope(v4: UInt32(truncatingIfNeeded: low))
        case 0 where high == 0 && low >> 32 == 0: .reserved
        case 0x0064 where high == 0x0064_FF9B_0000_0000 && low >> 32 == 0:  // RFC 6052 §2.1: NAT64
            scope(v4: UInt32(truncatingIfNeeded: low))
        case 0x0100 where high == 0x0100_0000_0000_0000: .reserved
        case 0x2002: scope(v4: UInt32(truncatingIfNeeded: high >> 16))  // RFC 3056 §2: 6to4
        case 0xFE80...0xFEFF: .private
        case 0xFC00...0xFDFF: .private
        case 0xFF00...0xFFFF: .multicast
        default: .global
        }
    }
}

extension IPAddress {
    /// Reads an IPv4 or IPv6 address as it is written by people; nil for anything else.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count <= 45 else { return nil }
        let bytes = Array(text.utf8)
        self.init(bytes.span)
    }

    /// Reads an IPv4 or IPv6 address from bytes; nil for anything else.
    ///
    /// IPv4 numbers with leading zeros are refused: half of the world reads them as octal.
    public init?(_ text: Span<UInt8>) {
        if let bits = Self.readV4(text) {
            self = .v4(bits)
        } else if text.count <= 45, let (high, low) = AddressLiteral.ipv6(text, 0, text.count) {
            self = .v6(high: high, low: low)
        } else {
            return nil
        }
    }

    private static func readV4(_ text: Span<UInt8>) -> UInt32? {
        guard text.count >= 7, text.count <= 15 else { return nil }
        var bits: UInt32 = 0
        var number: UInt32 = 0
        var digits = 0
        var dots = 0
        for index in 0..<text.count {
            let byte = text[index]
            if byte == UInt8(ascii: ".") {
                guard digits > 0, dots < 3 else { return nil }
                bits = bits << 8 | number
                (number, digits, dots) = (0, 0, dots + 1)
            } else {
                guard byte >= 0x30, byte <= 0x39, !(digits > 0 && number == 0) else { return nil }
                number = number * 10 + UInt32(byte - 0x30)
                digits += 1
                guard number <= 255 else { return nil }
            }
        }
        guard dots == 3, digits > 0 else { return nil }
        return bits << 8 | number
    }
}

extension IPAddress {
    /// Makes an address from 4 or 16 octets in network order; nil for any other count.
    public init?(octets: Span<UInt8>) {
        switch octets.count {
        case 4:
            self = .v4(UInt32(truncatingIfNeeded: Self.number(octets, 0..<4)))
        case 16:
            self = .v6(high: Self.number(octets, 0..<8), low: Self.number(octets, 8..<16))
        default:
            return nil
        }
    }

    private static func number(_ octets: Span<UInt8>, _ range: Range<Int>) -> UInt64 {
        var value: UInt64 = 0
        for index in range { value = value << 8 | UInt64(octets[index]) }
        return value
    }

    /// Its 4 or 16 octets in network order.
    public var octets: [UInt8] {
        switch self {
        case .v4(let bits): (0..<4).map { UInt8(truncatingIfNeeded: bits >> (24 - 8 * UInt32($0))) }
        case .v6(let high, let low):
            [high, low].flatMap { part in (0..<8).map { UInt8(truncatingIfNeeded: part >> (56 - 8 * UInt64($0))) } }
        }
    }
}

extension IPAddress: CustomStringConvertible {
    /// The address as people write it; IPv6 as in RFC 5952.
    public var description: String {
        switch self {
        case .v4(let bits): "\(bits >> 24).\(bits >> 16 & 255).\(bits >> 8 & 255).\(bits & 255)"
        case .v6(let high, let low): Self.describe(high: high, low: low)
        }
    }

    private static func describe(high: UInt64, low: UInt64) -> String {
        // RFC 5952 §5: the mapped form shows the IPv4 address.
        if high == 0, low >> 32 == 0xFFFF { return "::ffff:\(Self.v4(UInt32(truncatingIfNeeded: low)))" }
        let groups = (0..<8).map { index in
            UInt16(truncatingIfNeeded: (index < 4 ? high : low) >> (48 - 16 * UInt64(index & 3)))
        }
        let hex = groups.map { String($0, radix: 16) }
        guard let gap = longestZeroRun(groups) else { return hex.joined(separator: ":") }
        return hex[..<gap.lowerBound].joined(separator: ":") + "::" + hex[gap.upperBound...].joined(separator: ":")
    }

    /// RFC 5952 §4.2: the longest run of at least two zero groups, the first of equals.
    private static func longestZeroRun(_ groups: [UInt16]) -> Range<Int>? {
        var best: Range<Int>?
        var start = 0
        while start < groups.count {
            var end = start
            while end < groups.count, groups[end] == 0 { end += 1 }
            if end - start >= 2, end - start > best?.count ?? 0 { best = start..<end }
            start = max(end, start + 1)
        }
        return best
    }
}

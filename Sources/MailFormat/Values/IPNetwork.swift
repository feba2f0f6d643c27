/// A block of addresses, `192.0.2.0/24` or `2001:db8::/32`; a single address is a block of one.
public struct IPNetwork: Hashable, Sendable, CustomStringConvertible {
    /// Its first address.
    public let address: IPAddress
    /// How many leading bits its addresses share.
    public let prefixLength: Int

    /// Makes a block; nil when the length does not fit the family or bits beyond it are set in the address.
    ///
    /// A set host bit is refused instead of dropped: `10.0.0.1/8` is more often a slip than a wish.
    public init?(_ address: IPAddress, prefixLength: Int) {
        guard (0...(address.isV6 ? 128 : 32)).contains(prefixLength),
            Self.masked(address, prefixLength) == address
        else { return nil }
        self.address = address
        self.prefixLength = prefixLength
    }

    /// The block of one address.
    public init(_ address: IPAddress) {
        self.address = address
        self.prefixLength = address.isV6 ? 128 : 32
    }

    /// Reads `ADDRESS` or `ADDRESS/LENGTH`.
    public init?(_ text: some StringProtocol) {
        guard let slash = text.utf8.firstIndex(of: UInt8(ascii: "/")) else {
            guard let address = IPAddress(text) else { return nil }
            self.init(address)
            return
        }
        let digits = text[text.index(after: slash)...]
        guard let address = IPAddress(text[..<slash]), (1...3).contains(digits.utf8.count),
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(digits)
        else { return nil }
        self.init(address, prefixLength: length)
    }

    /// Whether an address lies in the block; an IPv4-mapped address counts as the IPv4 address inside it.
    public func contains(_ candidate: IPAddress) -> Bool {
        let candidate = address.isV6 ? candidate : candidate.unmapped
        guard candidate.isV6 == address.isV6 else { return false }
        return Self.masked(candidate, prefixLength) == address
    }

    private static func masked(_ address: IPAddress, _ length: Int) -> IPAddress {
        switch address {
        case .v4(let bits): .v4(bits & (UInt32.max << UInt32(32 - length)))
        case .v6(let high, let low):
            .v6(
                high: high & (UInt64.max << UInt64(64 - min(length, 64))),
                low: low & (UInt64.max << UInt64(64 - max(length - 64, 0)))
            )
        }
    }

    /// The block as `ADDRESS/LENGTH`.
    public var description: String { "\(address)/\(prefixLength)" }
}

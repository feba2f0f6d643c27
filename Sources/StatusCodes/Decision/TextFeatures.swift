/// What a reply's text speaks of, one bit a feature (`Registry/phrases.csv`): heuristic evidence, never a status.
struct TextFeatures: OptionSet, Hashable, Sendable {
    let rawValue: UInt128

    init(rawValue: UInt128) { self.rawValue = rawValue }

    /// How many features the built-in phrases may have; the bits behind are for the phrases of an operator's rules.
    static let builtInLimit = 96
    /// How many features there may be.
    static let limit = 128

    /// The feature with a number.
    static func number(_ bit: Int) -> Self { Self(rawValue: 1 << UInt128(bit)) }

    static func isSpace(_ octet: UInt8) -> Bool { octet == 0x20 || octet == 0x09 || octet == 0x0A || octet == 0x0D }

    static func isWord(_ octet: UInt8) -> Bool {
        let folded = octet | 0x20
        return (folded >= 0x61 && folded <= 0x7A) || (octet >= 0x30 && octet <= 0x39) || octet >= 0x80
    }

    static func lowercased(_ octet: UInt8) -> UInt8 { octet >= 0x41 && octet <= 0x5A ? octet | 0x20 : octet }
}

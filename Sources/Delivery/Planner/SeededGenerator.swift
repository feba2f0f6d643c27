/// Reproducible randomness for jitter and spread (SplitMix64).
///
/// Not for secrets.
struct SeededGenerator: Sendable {
    private var state: UInt64

    init(seed: UInt64) { self.state = seed }

    /// The next 64 bits.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    /// A number in 0...bound, 0 for a bound that is not positive.
    mutating func upTo(_ bound: Int64) -> Int64 {
        guard bound > 0 else { return 0 }
        return Int64(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound) + 1).high)
    }

    /// A number moved by up to so many percent either way.
    mutating func jittered(_ value: Int64, percent: Int) -> Int64 {
        let reach = value / 100 * Int64(percent)
        return value - reach + upTo(2 * reach)
    }
}

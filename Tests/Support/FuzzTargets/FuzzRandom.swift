/// Numbers that look random and are the same on every run: Marsaglia's xorshift32, enough to vary lengths and places.
package struct FuzzRandom: RandomNumberGenerator {
    private var state: UInt32

    /// Begins a sequence.
    package init(seed: UInt32) { state = max(seed, 1) }

    /// The next 32 bits.
    package mutating func step() -> UInt32 {
        state ^= state << 13
        state ^= state >> 17
        state ^= state << 5
        return state
    }

    /// The next 64 bits.
    package mutating func next() -> UInt64 { UInt64(step()) << 32 | UInt64(step()) }
}

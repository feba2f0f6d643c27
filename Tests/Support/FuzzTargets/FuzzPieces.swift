/// Cuts an input the way a network does: the input itself says where.
///
/// The first byte seeds a small generator, so that every cut is found again from the same input.
struct FuzzPieces {
    private let bytes: ArraySlice<UInt8>
    private var state: UInt32

    init(_ input: [UInt8]) {
        state = UInt32(input.first ?? 0) &+ 1
        bytes = input.dropFirst()
    }

    /// Everything but the seed.
    var payload: [UInt8] { Array(bytes) }

    /// The payload in pieces of one to thirty-two bytes, sometimes more.
    mutating func pieces() -> [[UInt8]] {
        var rest = bytes
        var pieces: [[UInt8]] = []
        while !rest.isEmpty {
            // Marsaglia's xorshift32: enough to vary lengths.
            state ^= state << 13
            state ^= state >> 17
            state ^= state << 5
            let longest: UInt32 = state & 0x700 == 0 ? 4096 : 32
            pieces.append(Array(rest.prefix(Int(state % longest) + 1)))
            rest = rest.dropFirst(Int(state % longest) + 1)
        }
        return pieces
    }
}

/// Cuts an input the way a network does: the input itself says where.
///
/// The first byte seeds a small generator, so that every cut is found again from the same input.
struct FuzzPieces {
    private let bytes: ArraySlice<UInt8>
    private var random: FuzzRandom

    init(_ input: [UInt8]) {
        random = FuzzRandom(seed: UInt32(input.first ?? 0) &+ 1)
        bytes = input.dropFirst()
    }

    /// Everything but the seed.
    var payload: [UInt8] { Array(bytes) }

    /// The payload in pieces of one to thirty-two bytes, sometimes more.
    mutating func pieces() -> [[UInt8]] {
        var rest = bytes
        var pieces: [[UInt8]] = []
        while !rest.isEmpty {
            let number = random.step()
            let longest: UInt32 = number & 0x700 == 0 ? 4096 : 32
            pieces.append(Array(rest.prefix(Int(number % longest) + 1)))
            rest = rest.dropFirst(Int(number % longest) + 1)
        }
        return pieces
    }
}

/// The side under test as the runner sees it: octets in, octets out, and a few things that happen around them.
///
/// A pure machine and a socket both are one; the same fixture runs on either.
package protocol DialogueWire: AnyObject {
    /// Whether `receive` can tell that nothing more will come (`quiet`), as a machine can and a socket cannot.
    var knowsSilence: Bool { get }
    /// Gives octets of the other side to the side under test.
    func send(_ bytes: [UInt8]) async throws
    /// The next octets that the side under test said.
    func receive() async throws -> WireEvent
    /// Time passes.
    func advance(by duration: Duration) async throws
    /// Both sides complete the TLS handshake.
    func secure() async throws
    /// The side under test is told to stop.
    func drain() async throws
    /// The other side closes.
    func close() async throws
    /// What the side under test says of its state: word and value; a socket may leave words out.
    func state() async throws -> [String: String]
}

extension DialogueWire {
    /// Only servers are drained.
    package func drain() async throws {}
}

/// What came from the side under test.
package enum WireEvent: Sendable, Equatable {
    /// Octets.
    case bytes([UInt8])
    /// It has closed.
    case closed
    /// Nothing more will come before something else happens; a socket cannot know and never says so.
    case quiet
}

/// How octets reach the side under test.
package enum WireDelivery: Sendable, CustomStringConvertible {
    /// Everything that is said without a pause in one piece.
    case whole
    /// One octet at a time.
    case byteByByte
    /// In pieces of random lengths.
    case split(seed: UInt64)

    /// Its name in a failure.
    package var description: String {
        switch self {
        case .whole: "whole"
        case .byteByByte: "byte by byte"
        case .split(let seed): "random splits, seed \(seed)"
        }
    }

    /// Cuts octets into pieces.
    package func pieces(_ bytes: [UInt8], _ random: inout SplitMix) -> [[UInt8]] {
        switch self {
        case .whole: return [bytes]
        case .byteByByte: return bytes.map { [$0] }
        case .split:
            var pieces: [[UInt8]] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                let length = 1 + Int(random.next() % UInt64(min(rest.count, 97)))
                pieces.append(Array(rest.prefix(length)))
                rest = rest.dropFirst(length)
            }
            return pieces
        }
    }

    var seed: UInt64 {
        if case .split(let seed) = self { seed } else { 0 }
    }
}

/// A small reproducible generator (SplitMix64).
package struct SplitMix: RandomNumberGenerator {
    private var state: UInt64
    /// Starts from a seed.
    package init(seed: UInt64) { self.state = seed }
    /// The next number.
    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

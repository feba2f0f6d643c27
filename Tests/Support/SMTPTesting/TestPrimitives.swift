import SMTPProtocol

/// SHA-256 and what stands on it, written for the tests alone, so that machines are checked against the vectors of the
/// RFCs without the library that the product uses.
package struct TestPrimitives: AuthenticationPrimitives {
    /// The nonce that is always drawn.
    package var fixedNonce: String

    /// Primitives that always draw the same nonce.
    package init(fixedNonce: String = "fixednonce") { self.fixedNonce = fixedNonce }

    /// SHA-256 of a message.
    package func sha256(_ message: [UInt8]) -> [UInt8] { SHA256.hash(message) }

    /// HMAC with SHA-256.
    package func hmacSHA256(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
        let short = key.count > 64 ? SHA256.hash(key) : key
        let block = short + [UInt8](repeating: 0, count: 64 - short.count)
        return SHA256.hash(block.map { $0 ^ 0x5C } + SHA256.hash(block.map { $0 ^ 0x36 } + message))
    }

    /// PBKDF2 with HMAC-SHA-256.
    package func pbkdf2SHA256(password: [UInt8], salt: [UInt8], iterations: Int) -> [UInt8] {
        var block = hmacSHA256(key: password, salt + [0, 0, 0, 1])
        var result = block
        for _ in 1..<iterations {
            block = hmacSHA256(key: password, block)
            for index in result.indices { result[index] ^= block[index] }
        }
        return result
    }

    /// Whether two secrets are equal.
    package func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool { left == right }

    /// The fixed nonce.
    package func nonce() -> [UInt8] { Array(fixedNonce.utf8) }

    /// ASCII without controls, as RFC 4013 treats it; `é` stands for what is mapped.
    package func prepare(_ text: [UInt8]) -> [UInt8]? {
        if text == Array("e\u{301}".utf8) { return Array("\u{e9}".utf8) }
        return text.contains { $0 < 0x20 || $0 == 0x7F } ? nil : text
    }
}

/// RFC 6234.
private enum SHA256 {
    static func hash(_ message: [UInt8]) -> [UInt8] {
        var padded = message
        padded.append(0x80)
        while padded.count % 64 != 56 { padded.append(0) }
        let bits = UInt64(message.count) * 8
        padded += (0..<8).map { UInt8(truncatingIfNeeded: bits >> (56 - 8 * UInt64($0))) }
        var state = start
        var words = [UInt32](repeating: 0, count: 64)
        for block in stride(from: 0, to: padded.count, by: 64) { mix(&state, &words, padded, block) }
        return state.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * UInt32($0))) } }
    }

    private static func mix(_ state: inout [UInt32], _ words: inout [UInt32], _ bytes: [UInt8], _ block: Int) {
        for index in 0..<16 {
            words[index] = (0..<4).reduce(0) { $0 << 8 | UInt32(bytes[block + 4 * index + $1]) }
        }
        for index in 16..<64 {
            let (early, late) = (words[index - 15], words[index - 2])
            let first = turn(early, 7) ^ turn(early, 18) ^ early >> 3
            let second = turn(late, 17) ^ turn(late, 19) ^ late >> 10
            words[index] = words[index - 16] &+ first &+ words[index - 7] &+ second
        }
        var (a, b, c, d, e, f, g, h) = (
            state[0], state[1], state[2], state[3], state[4], state[5], state[6], state[7]
        )
        for index in 0..<64 {
            let choice = (e & f) ^ (~e & g)
            let first = h &+ (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) &+ choice &+ rounds[index] &+ words[index]
            let majority = (a & b) ^ (a & c) ^ (b & c)
            let second = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) &+ majority
            (h, g, f, e, d, c, b, a) = (g, f, e, d &+ first, c, b, a, first &+ second)
        }
        for (index, word) in [a, b, c, d, e, f, g, h].enumerated() { state[index] &+= word }
    }

    private static func turn(_ word: UInt32, _ count: UInt32) -> UInt32 { word >> count | word << (32 - count) }

    private static let start: [UInt32] = primes(8).map { fraction($0, root: 2) }
    private static let rounds: [UInt32] = primes(64).map { fraction($0, root: 3) }

    private static func primes(_ count: Int) -> [UInt64] {
        var found: [UInt64] = []
        var candidate: UInt64 = 2
        while found.count < count {
            if found.allSatisfy({ candidate % $0 != 0 }) { found.append(candidate) }
            candidate += 1
        }
        return found
    }

    /// The first 32 bits behind the point of a root of a prime: the largest n with n^root ≤ prime · 2^(32·root).
    private static func fraction(_ prime: UInt64, root: Int) -> UInt32 {
        var low: UInt64 = 0
        var high: UInt64 = 1 << 37
        let bound = UInt128(prime) << UInt128(32 * root)
        while low + 1 < high {
            let middle = (low + high) / 2
            let power = (0..<root).reduce(UInt128(1)) { product, _ in product * UInt128(middle) }
            if power <= bound { low = middle } else { high = middle }
        }
        return UInt32(truncatingIfNeeded: low)
    }
}

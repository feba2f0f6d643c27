import SMTPProtocol

/// Cheap and weak: the fuzzer is after the parsing, not after the mathematics.
struct ToyPrimitives: AuthenticationPrimitives {
    func sha256(_ message: [UInt8]) -> [UInt8] { mixed(message, 1) }
    func hmacSHA256(key: [UInt8], _ message: [UInt8]) -> [UInt8] { mixed(key + message, 2) }
    func pbkdf2SHA256(password: [UInt8], salt: [UInt8], iterations: Int) -> [UInt8] { mixed(password + salt, 3) }
    func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool { left == right }
    func nonce() -> [UInt8] { Array("fuzzfuzzfuzzfuzz".utf8) }
    func prepare(_ text: [UInt8]) -> [UInt8]? { text.contains(0) ? nil : text }

    private func mixed(_ bytes: [UInt8], _ start: UInt8) -> [UInt8] {
        var digest = [UInt8](repeating: start, count: 32)
        for (index, byte) in bytes.enumerated() { digest[index % 32] = digest[index % 32] &* 31 &+ byte }
        return digest
    }
}

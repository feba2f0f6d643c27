/// A character set whose every octet is a character: US-ASCII, and 128 of its own.
struct SingleByteSet: Sendable {
    /// What the octets from 0x80 stand for.
    private let characters: [UInt16]

    /// All of them, in the order of their names.
    static let all: [Self] = tables.split(separator: "\n").map { line in
        let digits = line.utf8.map { UInt16(ASCII.hexValue($0) ?? 0) }
        return Self(
            characters: stride(from: 0, to: digits.count, by: 4).map { start in
                digits[start..<start + 4].reduce(0) { $0 << 4 | $1 }
            }
        )
    }

    func append(_ bytes: Span<UInt8>, to utf8: inout [UInt8]) {
        var offset = 0
        while offset < bytes.count {
            if bytes[offset] < 0x80 {
                offset = utf8.append(asciiOf: bytes, from: offset)
            } else {
                utf8.append(scalar: UInt32(characters[Int(bytes[offset] - 0x80)]))
                offset += 1
            }
        }
    }
}

/// A line of a dialogue: literal text with `{name}` where any text may stand.
package struct Pattern: Sendable, CustomStringConvertible {
    /// The line as the fixture has it.
    package let description: String
    private let pieces: [Piece]

    private enum Piece: Sendable {
        case literal([UInt8])
        case anything
    }

    /// Reads a line of a fixture.
    package init(_ text: String) {
        self.description = text
        var pieces: [Piece] = []
        var literal: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.first {
            if byte == UInt8(ascii: "{"), let close = rest.firstIndex(of: UInt8(ascii: "}")),
                Self.isName(rest[(rest.startIndex + 1)..<close])
            {
                pieces.append(.literal(literal))
                pieces.append(.anything)
                literal = []
                rest = rest[(close + 1)...]
            } else {
                literal.append(byte)
                rest = rest.dropFirst()
            }
        }
        pieces.append(.literal(literal))
        self.pieces = pieces
    }

    /// The bytes of a line without placeholders; nil when it has some.
    package var literal: [UInt8]? {
        guard pieces.count == 1, case .literal(let bytes) = pieces[0] else { return nil }
        return bytes
    }

    /// Whether a line (without CRLF) fits.
    package func matches(_ line: [UInt8]) -> Bool { Self.matches(line[...], pieces[...]) }

    private static func matches(_ line: ArraySlice<UInt8>, _ pieces: ArraySlice<Piece>) -> Bool {
        guard let piece = pieces.first else { return line.isEmpty }
        switch piece {
        case .literal(let bytes):
            guard line.starts(with: bytes) else { return false }
            return matches(line.dropFirst(bytes.count), pieces.dropFirst())
        case .anything:
            // A placeholder takes at least one octet.
            var rest = line.dropFirst()
            guard rest.count < line.count else { return false }
            while true {
                if matches(rest, pieces.dropFirst()) { return true }
                guard !rest.isEmpty else { return false }
                rest = rest.dropFirst()
            }
        }
    }

    private static func isName(_ bytes: ArraySlice<UInt8>) -> Bool {
        !bytes.isEmpty && bytes.allSatisfy { ($0 | 0x20) &- 0x61 < 26 || $0 &- 0x30 < 10 || $0 == UInt8(ascii: "-") }
    }
}

/// The characters of a set that takes two octets for each, in the order of its cells.
struct DoubleByteTable: Sendable {
    private let characters: [UInt16]

    /// Reads a table as it is generated: its lines have no meaning, U+FFFD stands for an empty cell.
    init(_ text: String) {
        characters = text.unicodeScalars.compactMap { $0 == "\n" ? nil : UInt16(truncatingIfNeeded: $0.value) }
    }

    /// The character in a cell; U+FFFD where none is.
    subscript(cell: Int) -> UInt32 {
        characters.indices.contains(cell) ? UInt32(characters[cell]) : replacementCharacter
    }

    /// Whether any cell holds a character.
    func contains(_ character: UInt16) -> Bool { characters.contains(character) }
}

/// What stands at an offset: a character, and how many octets it takes.
struct ReadCharacter {
    let scalar: UInt32
    let length: Int

    init(_ scalar: UInt32, _ length: Int) {
        self.scalar = scalar
        self.length = length
    }

    /// An octet that begins no character.
    static let malformed = Self(replacementCharacter, 1)
}

/// Sets whose characters take one octet or several, without a state between them.
enum MultiByte {
    /// Appends a text; `character` is asked where an octet beyond US-ASCII stands.
    static func append(
        _ bytes: Span<UInt8>,
        _ character: (Span<UInt8>, Int) -> ReadCharacter,
        to utf8: inout [UInt8]
    ) {
        var offset = 0
        while offset < bytes.count {
            if bytes[offset] < 0x80 {
                offset = utf8.append(asciiOf: bytes, from: offset)
                continue
            }
            let read = character(bytes, offset)
            utf8.append(scalar: read.scalar)
            offset += read.length
        }
    }

    /// Half a character: when its second octet may be one of US-ASCII, that is read once more.
    static func cell(_ table: DoubleByteTable, _ cell: Int, second: UInt8) -> ReadCharacter {
        let scalar = table[cell]
        return scalar == replacementCharacter && second < 0x80 ? .malformed : ReadCharacter(scalar, 2)
    }
}

/// Shift_JIS with the extensions of windows-31j.
enum ShiftJIS {
    static func character(_ bytes: Span<UInt8>, _ offset: Int) -> ReadCharacter {
        let first = bytes[offset]
        // Katakana of half the width have an octet of their own.
        if (0xA1...0xDF).contains(first) { return ReadCharacter(0xFF61 + UInt32(first - 0xA1), 1) }
        guard first != 0x80, first != 0xA0, first <= 0xFC, offset + 1 < bytes.count else { return .malformed }
        let second = bytes[offset + 1]
        guard second >= 0x40, second != 0x7F, second <= 0xFC else { return .malformed }
        let lead = Int(first) - (first < 0xA0 ? 0x81 : 0xC1)
        return MultiByte.cell(.japanese, lead * 188 + Int(second) - (second < 0x7F ? 0x40 : 0x41), second: second)
    }
}

/// EUC-JP.
enum EUCJP {
    static func character(_ bytes: Span<UInt8>, _ offset: Int) -> ReadCharacter {
        let first = bytes[offset]
        guard offset + 1 < bytes.count, bytes[offset + 1] >= 0xA1, bytes[offset + 1] <= 0xFE else { return .malformed }
        let second = bytes[offset + 1]
        if first == 0x8E { return second <= 0xDF ? ReadCharacter(0xFF61 + UInt32(second - 0xA1), 2) : .malformed }
        // JIS X 0212: rare characters that no table here has.
        if first == 0x8F {
            return offset + 2 < bytes.count && bytes[offset + 2] >= 0xA1
                ? ReadCharacter(replacementCharacter, 3) : .malformed
        }
        guard first >= 0xA1, first <= 0xFE else { return .malformed }
        return ReadCharacter(CodedSet.japanese.character(first & 0x7F, second & 0x7F), 2)
    }
}

/// EUC-KR with the extension of windows-949: the syllables that KS X 1001 lacks, in the order of Unicode.
enum EUCKR {
    static func character(_ bytes: Span<UInt8>, _ offset: Int) -> ReadCharacter {
        let first = bytes[offset]
        guard first >= 0x81, first <= 0xFE, offset + 1 < bytes.count else { return .malformed }
        let second = bytes[offset + 1]
        if first >= 0xA1, second >= 0xA1, second <= 0xFE {
            return ReadCharacter(CodedSet.korean.character(first & 0x7F, second & 0x7F), 2)
        }
        guard let place = place(second, isShort: first >= 0xA1), first <= 0xC6 else { return .malformed }
        let row = Int(first) - 0x81
        let index = min(row, 0x20) * 178 + max(0, row - 0x20) * 84 + place
        return syllables.indices.contains(index) ? ReadCharacter(UInt32(syllables[index]), 2) : .malformed
    }

    /// The place of a second octet in its row, which ends early where the octets of KS X 1001 begin.
    private static func place(_ second: UInt8, isShort: Bool) -> Int? {
        switch second {
        case 0x41...0x5A: Int(second) - 0x41
        case 0x61...0x7A: Int(second) - 0x61 + 26
        case 0x81...(isShort ? 0xA0 : 0xFE): Int(second) - 0x81 + 52
        default: nil
        }
    }

    private static let syllables: [UInt16] = {
        let hasOwn = Set((0..<94 * 94).map { UInt16(truncatingIfNeeded: DoubleByteTable.korean[$0]) })
        return (0xAC00...0xD7A3).filter { !hasOwn.contains($0) }
    }()
}

/// GB 18030, and GBK and GB 2312 as its parts.
enum GB18030 {
    static func character(_ bytes: Span<UInt8>, _ offset: Int) -> ReadCharacter {
        let first = bytes[offset]
        guard first >= 0x81, first <= 0xFE, offset + 1 < bytes.count else { return .malformed }
        let second = bytes[offset + 1]
        if (0x30...0x39).contains(second) { return ofFour(bytes, offset) }
        guard second >= 0x40, second != 0x7F, second <= 0xFE else { return .malformed }
        let cell = (Int(first) - 0x81) * 190 + Int(second) - (second < 0x7F ? 0x40 : 0x41)
        return MultiByte.cell(.simplifiedChinese, cell, second: second)
    }

    /// Four octets count through Unicode; those below U+10000, which GBK lacks, are not told apart.
    private static func ofFour(_ bytes: Span<UInt8>, _ offset: Int) -> ReadCharacter {
        guard offset + 3 < bytes.count, bytes[offset + 2] >= 0x81, bytes[offset + 2] <= 0xFE,
            (0x30...0x39).contains(bytes[offset + 3])
        else { return .malformed }
        let high = (UInt32(bytes[offset]) - 0x81) * 10 + UInt32(bytes[offset + 1]) - 0x30
        let low = (UInt32(bytes[offset + 2]) - 0x81) * 10 + UInt32(bytes[offset + 3]) - 0x30
        let linear = high * 1260 + low
        return ReadCharacter(linear >= 189_000 ? 0x10000 + linear - 189_000 : replacementCharacter, 4)
    }
}

/// Big5 as windows-950 has it.
enum Big5 {
    static func character(_ bytes: Span<UInt8>, _ offset: Int) -> ReadCharacter {
        let first = bytes[offset]
        guard first >= 0x81, first <= 0xFE, offset + 1 < bytes.count else { return .malformed }
        let second = bytes[offset + 1]
        guard (0x40...0x7E).contains(second) || (0xA1...0xFE).contains(second) else { return .malformed }
        let cell = (Int(first) - 0xA1) * 157 + Int(second) - (second < 0x7F ? 0x40 : 0x62)
        return MultiByte.cell(.traditionalChinese, cell, second: second)
    }
}

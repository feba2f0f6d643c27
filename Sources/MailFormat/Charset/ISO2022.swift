/// A set of 94 times 94 characters that ISO 2022 switches to.
enum CodedSet: Hashable, Sendable {
    case japanese
    case korean
    case simplifiedChinese

    /// The character of two octets of 7 bits; U+FFFD where none is.
    func character(_ first: UInt8, _ second: UInt8) -> UInt32 {
        guard first >= 0x21, first <= 0x7E, second >= 0x21, second <= 0x7E else { return replacementCharacter }
        let row = Int(first) - 0x21
        let cell = Int(second) - 0x21
        return switch self {
        case .japanese: DoubleByteTable.japanese[row * 94 + cell]
        case .korean: DoubleByteTable.korean[row * 94 + cell]
        // GB 2312 lies in GBK where both octets are from 0xA1.
        case .simplifiedChinese: DoubleByteTable.simplifiedChinese[(row + 32) * 190 + cell + 96]
        }
    }
}

/// ISO 2022 in 7 bits as mail has it (RFC 1468, RFC 1557, RFC 1922): escape sequences name the set that follows.
struct ISO2022 {
    private enum Active: Equatable {
        case ascii
        case katakana
        case double(CodedSet)
        /// Two octets of a set that is not known here.
        case unknown
    }

    /// The set behind SO, and of octets beyond 7 bits, which are none of these forms but are written all the same.
    private var high: CodedSet
    private var active = Active.ascii
    private var isShifted = false

    init(high: CodedSet) { self.high = high }

    mutating func append(_ bytes: Span<UInt8>, to utf8: inout [UInt8]) {
        var offset = 0
        while offset < bytes.count {
            let byte = bytes[offset]
            if active == .ascii, !isShifted, Self.isText(byte) {
                let start = offset
                repeat { offset += 1 } while offset < bytes.count && Self.isText(bytes[offset])
                utf8.append(bytes, ByteRange(start, offset))
                continue
            }
            switch byte {
            case 0x1B where designate(bytes, &offset): continue
            case 0x0E: isShifted = true
            case 0x0F: isShifted = false
            // RFC 1468: a line ends in US-ASCII, also where the writer forgot to say so.
            case ASCII.lineFeed, ASCII.carriageReturn:
                active = .ascii
                isShifted = false
                utf8.append(byte)
            case 0x21...0x7E where isShifted || active != .ascii:
                offset += appendShifted(bytes, offset, to: &utf8)
                continue
            case 0x80...:
                let second = offset + 1 < bytes.count ? bytes[offset + 1] : 0
                if byte >= 0xA1, second >= 0xA1 {
                    utf8.append(scalar: high.character(byte & 0x7F, second & 0x7F))
                    offset += 1
                } else {
                    utf8.append(scalar: replacementCharacter)
                }
            default: utf8.append(byte)
            }
            offset += 1
        }
    }

    /// Text of US-ASCII, with its line ends: nothing that switches to another set.
    private static func isText(_ byte: UInt8) -> Bool {
        (byte >= ASCII.space && byte < 0x7F) || byte == ASCII.lineFeed || byte == ASCII.carriageReturn
    }

    private func appendShifted(_ bytes: Span<UInt8>, _ offset: Int, to utf8: inout [UInt8]) -> Int {
        let first = bytes[offset]
        if active == .katakana, !isShifted {
            utf8.append(scalar: first <= 0x5F ? 0xFF61 + UInt32(first - 0x21) : replacementCharacter)
            return 1
        }
        guard offset + 1 < bytes.count, (0x21...0x7E).contains(bytes[offset + 1]) else {
            utf8.append(scalar: replacementCharacter)
            return 1
        }
        let scalar =
            switch active {
            case .double(let set) where !isShifted: set.character(first, bytes[offset + 1])
            case .unknown where !isShifted: replacementCharacter
            default: high.character(first, bytes[offset + 1])
            }
        utf8.append(scalar: scalar)
        return 2
    }

    /// Reads an escape sequence; false when none that is known begins here.
    private mutating func designate(_ bytes: Span<UInt8>, _ offset: inout Int) -> Bool {
        func octet(_ distance: Int) -> UInt8 { offset + distance < bytes.count ? bytes[offset + distance] : 0 }
        switch (octet(1), octet(2)) {
        case (UInt8(ascii: "("), 0): return false
        case (UInt8(ascii: "("), let final):
            // Else US-ASCII, or the Roman set of JIS X 0201, which differs in two characters.
            active = final == UInt8(ascii: "I") ? .katakana : .ascii
            offset += 3
        case (UInt8(ascii: "$"), UInt8(ascii: "(")):
            active = Self.set(octet(3)).map(Active.double) ?? .unknown
            offset += 4
        case (UInt8(ascii: "$"), UInt8(ascii: ")")):
            high = Self.set(octet(3)) ?? high
            offset += 4
        case (UInt8(ascii: "$"), let final):
            guard let set = Self.set(final) else { return false }
            active = .double(set)
            offset += 3
        default: return false
        }
        offset = min(offset, bytes.count)
        return true
    }

    /// The set that the last octet of an escape sequence names.
    private static func set(_ final: UInt8) -> CodedSet? {
        switch final {
        case UInt8(ascii: "B"), UInt8(ascii: "@"): .japanese
        case UInt8(ascii: "C"): .korean
        case UInt8(ascii: "A"): .simplifiedChinese
        default: nil
        }
    }
}

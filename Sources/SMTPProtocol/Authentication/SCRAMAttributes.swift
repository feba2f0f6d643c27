/// The attributes of a SCRAM message, `a=value` separated by commas (RFC 5802 §5, §7).
struct SCRAMAttributes {
    /// Names and values in order.
    let list: [(name: UInt8, value: ArraySlice<UInt8>)]

    /// Reads a message or the rest of one; nil when it is malformed or beyond the bounds.
    init?(_ text: ArraySlice<UInt8>) {
        guard !text.isEmpty, text.count <= AuthenticationLimits.scramMessage else { return nil }
        let parts = text.split(
            separator: UInt8(ascii: ","),
            maxSplits: AuthenticationLimits.scramAttributes,
            omittingEmptySubsequences: false
        )
        guard parts.count <= AuthenticationLimits.scramAttributes else { return nil }
        var list: [(name: UInt8, value: ArraySlice<UInt8>)] = []
        for part in parts {
            // attr-val = ALPHA "=" value; value = 1*value-char, anything but NUL, "=" and ","; "=" occurs in base64.
            guard let name = part.first, Self.isLetter(name), part.count > 2,
                part[part.startIndex + 1] == UInt8(ascii: "="), !part.contains(0)
            else { return nil }
            list.append((name, part[(part.startIndex + 2)...]))
        }
        self.list = list
    }

    /// The value at a place, if it has this name.
    func value(at index: Int, named name: Character) -> ArraySlice<UInt8>? {
        guard index < list.count, list[index].name == name.asciiValue else { return nil }
        return list[index].value
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    /// Whether bytes can be a nonce: `1*(%x21-2B / %x2D-7E)`, printable and no comma.
    static func isNonce(_ bytes: ArraySlice<UInt8>) -> Bool {
        (1...AuthenticationLimits.nonce).contains(bytes.count)
            && bytes.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ",") }
    }

    /// Reads a name: `=2C` is a comma, `=3D` an equals sign, any other `=` an error (RFC 5802 §5.1).
    static func unescape(_ name: ArraySlice<UInt8>) -> [UInt8]? {
        var plain: [UInt8] = []
        var index = name.startIndex
        while index < name.endIndex {
            guard name[index] == UInt8(ascii: "=") else {
                plain.append(name[index])
                index += 1
                continue
            }
            guard index + 2 < name.endIndex else { return nil }
            switch (name[index + 1], name[index + 2]) {
            case (UInt8(ascii: "2"), UInt8(ascii: "C")): plain.append(UInt8(ascii: ","))
            case (UInt8(ascii: "3"), UInt8(ascii: "D")): plain.append(UInt8(ascii: "="))
            default: return nil
            }
            index += 3
        }
        return plain
    }

    /// Writes a name as `unescape` reads it.
    static func escape(_ name: [UInt8]) -> [UInt8] {
        name.flatMap { byte in
            switch byte {
            case UInt8(ascii: ","): Array("=2C".utf8)
            case UInt8(ascii: "="): Array("=3D".utf8)
            default: [byte]
            }
        }
    }

    /// Reads a number: `posit-number`, no leading zero, at most six digits, which holds every count we would take.
    static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard (1...6).contains(digits.count), digits.first != UInt8(ascii: "0") else { return nil }
        var value = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            value = value * 10 + Int(digit - 0x30)
        }
        return value
    }
}

/// Display names (RFC 5322 §3.2.5, `phrase`).
public enum Phrase {
    /// The name as atoms, as a quoted string where it has other characters, or as encoded words.
    public static func encode(_ name: String) -> [UInt8] {
        let bytes = Array(name.utf8)
        // A name that looks like an encoded word would be read as one, also within quotation marks.
        guard bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }), !name.contains("=?") else {
            return EncodedWord.encode(name, prefixLength: 6)
        }
        if bytes.allSatisfy({ ASCII.isAtomText($0) || $0 == ASCII.space }) { return bytes }
        var quoted: [UInt8] = [UInt8(ascii: "\"")]
        for byte in bytes {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { quoted.append(UInt8(ascii: "\\")) }
            quoted.append(byte)
        }
        quoted.append(UInt8(ascii: "\""))
        return quoted
    }
}

/// A domain name as the mail system uses it: ASCII, lower case, no trailing dot; the root is empty.
///
/// Letters, digits, hyphen and underscore only. DNS itself allows any octet (RFC 2181 §11); a mail exchanger or mail
/// domain with others is never legitimate, and such a name would be trouble in every log that prints it.
public struct DNSName: Hashable, Sendable, CustomStringConvertible {
    /// The name.
    public let text: String

    /// The root, which a null MX names (RFC 7505 §3).
    public static let root = Self(unchecked: "")

    private init(unchecked text: String) { self.text = text }

    /// Reads a name; nil when it is empty, too long or has other characters.
    ///
    /// RFC 1035 §2.3.4: 63 octets a label, 253 in all without the final dot. One trailing dot is dropped, upper case is
    /// folded.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count <= 254 else { return nil }
        let bytes = Array(text.utf8)
        self.init(bytes.span)
    }

    /// Reads a name from bytes by the same rules.
    public init?(_ text: Span<UInt8>) {
        var count = text.count
        guard count > 0, count <= 254 else { return nil }
        if text[count - 1] == UInt8(ascii: ".") { count -= 1 }
        guard count > 0, count <= 253 else { return nil }
        var folded: [UInt8] = []
        folded.reserveCapacity(count)
        var labelLength = 0
        for index in 0..<count {
            let byte = text[index]
            if byte == UInt8(ascii: ".") {
                guard labelLength > 0 else { return nil }
                labelLength = 0
                folded.append(byte)
            } else {
                guard let lower = Self.fold(byte), labelLength < 63 else { return nil }
                labelLength += 1
                folded.append(lower)
            }
        }
        guard labelLength > 0 else { return nil }
        self.text = String(decoding: folded, as: UTF8.self)
    }

    /// Reads an uncompressed name in wire format (RFC 1035 §3.1) that fills `wire` exactly.
    public init?(wire: Span<UInt8>) {
        guard wire.count >= 1, wire.count <= 255 else { return nil }
        var folded: [UInt8] = []
        folded.reserveCapacity(wire.count)
        var index = 0
        while index < wire.count {
            let length = Int(wire[index])
            index += 1
            if length == 0 { break }
            guard length <= 63, index + length < wire.count else { return nil }
            if !folded.isEmpty { folded.append(UInt8(ascii: ".")) }
            for offset in 0..<length {
                guard let lower = Self.fold(wire[index + offset]) else { return nil }
                folded.append(lower)
            }
            index += length
        }
        guard index == wire.count else { return nil }
        self.text = String(decoding: folded, as: UTF8.self)
    }

    private static func fold(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x61...0x7A, 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "_"): byte
        case 0x41...0x5A: byte | 0x20
        default: nil
        }
    }

    /// The name without its first label; nil at the root.
    public var parent: Self? {
        guard !text.isEmpty else { return nil }
        guard let dot = text.utf8.firstIndex(of: UInt8(ascii: ".")) else { return .root }
        return Self(unchecked: String(text[text.utf8.index(after: dot)...]))
    }

    /// The name; `.` for the root.
    public var description: String { text.isEmpty ? "." : text }
}

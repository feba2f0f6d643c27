import MailFormat

/// What a client called itself, made fit for logs and trace fields.
enum ClientName {
    /// A domain has at most 255 octets (RFC 5321 §4.5.3.1.2).
    private static let maximum = 255

    /// The name with whatever could end a field or a line replaced by `?`.
    static func sanitised(_ line: Span<UInt8>, _ range: ByteRange) -> String {
        var name: [UInt8] = []
        name.reserveCapacity(min(range.count, maximum))
        for offset in range.offsets.prefix(maximum) {
            let byte = line[offset]
            let isPlain = ASCII.isLetterOrDigit(byte) || isPunctuation(byte) || byte >= 0x80
            name.append(isPlain ? byte : UInt8(ascii: "?"))
        }
        return String(decoding: name, as: UTF8.self)
    }

    /// What domains and address literals are written with, and the underscore of many Windows machines.
    private static func isPunctuation(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

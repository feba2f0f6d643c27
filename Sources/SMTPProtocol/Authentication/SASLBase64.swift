/// Base64 as SASL wants it (RFC 4648 §4 as RFC 4954 §4 cites it): no line breaks, padding demanded, spare bits zero.
package enum SASLBase64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Encodes octets.
    package static func encode(_ octets: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity((octets.count + 2) / 3 * 4)
        var index = 0
        while index < octets.count {
            let left = octets.count - index
            let second = left > 1 ? octets[index + 1] : 0
            let third = left > 2 ? octets[index + 2] : 0
            let group = UInt32(octets[index]) << 16 | UInt32(second) << 8 | UInt32(third)
            text.append(alphabet[Int(group >> 18)])
            text.append(alphabet[Int(group >> 12 & 63)])
            text.append(left > 1 ? alphabet[Int(group >> 6 & 63)] : UInt8(ascii: "="))
            text.append(left > 2 ? alphabet[Int(group & 63)] : UInt8(ascii: "="))
            index += 3
        }
        return text
    }

    /// Decodes text; nil when it is no base64.
    ///
    /// The result is never longer than the text, so the bound on the line bounds it too.
    package static func decode(_ text: Span<UInt8>) -> [UInt8]? {
        guard text.count.isMultiple(of: 4) else { return nil }
        guard text.count > 0 else { return [] }
        let padding = text[text.count - 1] != equals ? 0 : text[text.count - 2] != equals ? 1 : 2
        var octets: [UInt8] = []
        octets.reserveCapacity(text.count / 4 * 3)
        var group: UInt32 = 0
        for index in 0..<text.count - padding {
            guard let value = value(of: text[index]) else { return nil }
            group = group << 6 | UInt32(value)
            guard index & 3 == 3 else { continue }
            octets.append(UInt8(group >> 16))
            octets.append(UInt8(group >> 8 & 255))
            octets.append(UInt8(group & 255))
            group = 0
        }
        // RFC 4648 §3.5: spare bits that are not zero mean that one secret could be written in several ways.
        switch padding {
        case 1:
            guard group & 3 == 0 else { return nil }
            octets.append(UInt8(group >> 10))
            octets.append(UInt8(group >> 2 & 255))
        case 2:
            guard group & 15 == 0 else { return nil }
            octets.append(UInt8(group >> 4))
        default: break
        }
        return octets
    }

    private static let equals = UInt8(ascii: "=")

    private static func value(of byte: UInt8) -> UInt8? {
        switch byte {
        case 0x41...0x5A: byte - 0x41
        case 0x61...0x7A: byte - 0x61 + 26
        case 0x30...0x39: byte - 0x30 + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}

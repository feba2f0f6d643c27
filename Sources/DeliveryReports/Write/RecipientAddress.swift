import MailFormat

/// An address with its type, as ORCPT and the recipient fields carry it (RFC 3461 §4.2, RFC 3464 §2.3.1, RFC 6533 §3).
struct RecipientAddress: Hashable {
    /// The type in lower case, such as `rfc822` or `utf-8`.
    let type: String
    /// The address, all escapes of the type `utf-8` resolved.
    let address: String

    /// Reads `type;address`; nil when there is no semicolon.
    init?(_ typed: String) {
        let utf8 = typed.utf8
        guard let semicolon = utf8.firstIndex(of: UInt8(ascii: ";")) else { return nil }
        let bytes = utf8.span
        let end = utf8.distance(from: utf8.startIndex, to: semicolon)
        type = String(lowering: bytes, StructuredText.trimmed(bytes, ByteRange(0, end)))
        let raw = String(typed[utf8.index(after: semicolon)...].drop { $0 == " " })
        address = type == "utf-8" ? UTF8Address.decode(raw) ?? raw : raw
        guard !type.isEmpty else { return nil }
    }

    /// The address in a field, as it is where it has no type; some reporters put angle brackets around it.
    static func lenient(_ text: String) -> String {
        let address = Self(text)?.address ?? text
        guard address.utf8.count >= 2, address.hasPrefix("<"), address.hasSuffix(">") else { return address }
        return String(address.dropFirst().dropLast())
    }

    /// The address of a mailbox in a message: of type `utf-8` when it needs that.
    init(mailbox: String) {
        address = mailbox
        type = mailbox.utf8.allSatisfy { $0 < 0x80 } ? "rfc822" : "utf-8"
    }

    /// Whether it has characters beyond US-ASCII.
    var isInternationalized: Bool { !address.utf8.allSatisfy { $0 < 0x80 } }

    /// The value of a recipient field; in US-ASCII where the status part must be.
    func fieldValue(isGlobal: Bool) -> [UInt8] {
        var value = Array(type.utf8)
        value += Array("; ".utf8)
        if type == "utf-8" || isInternationalized {
            // RFC 6533 §3: utf-8-address in a global status part, utf-8-addr-xtext in any other.
            if isGlobal {
                value += Array(address.utf8)
            } else {
                UTF8Address.encodeXText(address, to: &value)
            }
        } else {
            value += Array(address.utf8)
        }
        return value
    }
}

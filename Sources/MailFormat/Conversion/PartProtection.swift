/// What others have done to a part so that no octet of it may change.
enum PartProtection {
    case signed, encrypted

    /// Why a part under this protection is not converted.
    var refusal: ConversionRefusal.Code {
        switch self {
        case .signed: .signed
        case .encrypted: .encrypted
        }
    }

    /// What a part's type says (RFC 1847 §2, RFC 8551 §3.2, RFC 3156 §4, §5); nil for an ordinary type.
    init?(_ type: ContentType) {
        switch (type.type, type.subtype) {
        case ("multipart", "signed"), ("application", "pkcs7-signature"), ("application", "x-pkcs7-signature"),
            ("application", "pgp-signature"):
            self = .signed
        case ("application", "pkcs7-mime"), ("application", "x-pkcs7-mime"):
            self = type.text("smime-type")?.lowercased() == "signed-data" ? .signed : .encrypted
        case ("multipart", "encrypted"), ("application", "pgp-encrypted"), ("application", "pgp"): self = .encrypted
        default: return nil
        }
    }

    /// What lies within a text (RFC 9580 §6.2.1, §7): armour that begins at the beginning of a line; nil where is none.
    init?(_ bytes: Span<UInt8>, _ body: Range<Int>) {
        var isLineStart = true
        for offset in body {
            if isLineStart, bytes[offset] == UInt8(ascii: "-") {
                if bytes.matches("-----begin pgp signed message-----", at: offset) {
                    self = .signed
                    return
                }
                if bytes.matches("-----begin pgp message-----", at: offset) {
                    self = .encrypted
                    return
                }
            }
            isLineStart = bytes[offset] == ASCII.lineFeed
        }
        return nil
    }
}

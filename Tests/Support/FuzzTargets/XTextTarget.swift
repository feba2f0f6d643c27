import MailFormat

/// Decodes xtext and the forms of UTF-8 addresses; what was encoded comes back.
func fuzzXText(_ bytes: [UInt8]) {
    let whole = ByteRange(0, bytes.count)
    for allowsUTF8 in [false, true] {
        var decoded: [UInt8] = [0x41]
        if XText.decode(bytes.span, whole, allowsUTF8: allowsUTF8, to: &decoded) {
            mustHold(decoded.count <= bytes.count + 1, "xtext never grows by decoding")
        } else {
            mustHold(decoded == [0x41], "what is no xtext leaves nothing behind")
        }
    }
    var encoded: [UInt8] = []
    XText.encode(bytes.span, to: &encoded)
    mustHold(encoded.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "xtext is visible US-ASCII")
    var decoded: [UInt8] = []
    mustHold(XText.decode(encoded.span, ByteRange(0, encoded.count), to: &decoded), "xtext reads what it wrote")
    mustHold(decoded == bytes, "xtext comes back")

    let text = String(decoding: bytes, as: UTF8.self)
    _ = UTF8Address.decode(text)
    for encode in [UTF8Address.encodeXText, UTF8Address.encodeUnitext] {
        var address: [UInt8] = []
        encode(text, &address)
        mustHold(UTF8Address.decode(String(decoding: address, as: UTF8.self)) == text, "a UTF-8 address comes back")
    }
}

import MailFormat

/// Decodes the bytes by every encoding, and encodes them so that they come back.
func fuzzEncodings(_ bytes: [UInt8]) {
    let whole = ByteRange(0, bytes.count)
    var decoded: [UInt8] = []
    _ = Base64.decode(bytes.span, whole, to: &decoded)
    mustHold(decoded.count <= bytes.count, "base64 never grows by decoding")
    decoded = []
    _ = QuotedPrintable.decode(bytes.span, whole, to: &decoded)
    mustHold(decoded.count <= bytes.count, "quoted-printable never grows by decoding")
    decoded = []
    EncodedWord.decode(bytes.span, whole, to: &decoded)
    _ = EncodedWord.text(bytes.span, whole)
    if let charset = Charset(bytes.span, ByteRange(0, min(bytes.count, 16))) {
        var text: [UInt8] = []
        charset.append(bytes, to: &text)
        mustHold(text.count <= 4 * bytes.count, "a charset's text is bounded by its bytes")
    }

    var encoded: [UInt8] = []
    Base64.encode(bytes.span, to: &encoded)
    decoded = []
    mustHold(Base64.decode(encoded.span, ByteRange(0, encoded.count), to: &decoded), "base64 reads what it wrote")
    mustHold(decoded == bytes, "base64 comes back")
    let words = EncodedWord.encode(String(decoding: bytes, as: UTF8.self), prefixLength: 9)
    mustHold(words.allSatisfy { $0 < 0x80 }, "encoded words are US-ASCII")
}

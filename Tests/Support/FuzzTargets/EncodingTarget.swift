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
    // Of what one word holds an octet may become a character of three, and U+FFFD has three as well.
    mustHold(decoded.count <= 3 * bytes.count, "encoded words are bounded by their bytes")
    _ = Charset(bytes.span, ByteRange(0, min(bytes.count, 16)))
    fuzzCharset(bytes)

    var encoded: [UInt8] = []
    Base64.encode(bytes.span, to: &encoded)
    decoded = []
    mustHold(Base64.decode(encoded.span, ByteRange(0, encoded.count), to: &decoded), "base64 reads what it wrote")
    mustHold(decoded == bytes, "base64 comes back")
    encoded = []
    Base64.encodeLines(bytes.span, to: &encoded)
    checkEncodedLines(encoded)
    decoded = []
    mustHold(Base64.decode(encoded.span, ByteRange(0, encoded.count), to: &decoded), "base64 reads its lines")
    mustHold(decoded == bytes, "base64 in lines comes back")
    fuzzQuotedPrintable(bytes)
    fuzzEncodedWords(String(decoding: bytes, as: UTF8.self))
}

/// The first byte names the character set of the others.
private func fuzzCharset(_ bytes: [UInt8]) {
    guard let first = bytes.first else { return }
    let charset = Charset.all[Int(first) % Charset.all.count]
    var text: [UInt8] = []
    charset.append(bytes.span.extracting(1...), to: &text)
    mustHold(text.count <= 3 * bytes.count, "a charset's text is bounded by its bytes")
    mustHold(String(validating: text, as: UTF8.self) != nil, "a charset's text is UTF-8")
}

private func fuzzQuotedPrintable(_ bytes: [UInt8]) {
    var encoded: [UInt8] = []
    QuotedPrintable.encode(bytes.span, to: &encoded)
    checkEncodedLines(encoded)
    var decoded: [UInt8] = []
    let isClean = QuotedPrintable.decode(encoded.span, ByteRange(0, encoded.count), to: &decoded)
    mustHold(isClean, "quoted-printable reads what it wrote")
    // A bare LF is a line end to it, and becomes CRLF.
    var expected: [UInt8] = []
    for byte in bytes {
        if byte == 0x0A, expected.last != 0x0D { expected.append(0x0D) }
        expected.append(byte)
    }
    mustHold(decoded == expected, "quoted-printable comes back")
}

/// RFC 2045 §6.7 (5), §6.8: lines of at most 76 characters, all of them visible or blank.
private func checkEncodedLines(_ encoded: [UInt8]) {
    mustHold(!hasBareLineEnd(encoded), "only CRLF ends an encoded line")
    for line in encoded.split(separator: 0x0A, omittingEmptySubsequences: false) {
        let text = line.last == 0x0D ? line.dropLast() : line
        mustHold(text.count <= 76, "encoded lines are short")
        mustHold(text.allSatisfy { (0x20..<0x7F).contains($0) || $0 == 0x09 }, "encoded lines are US-ASCII")
        mustHold(text.last != 0x20 && text.last != 0x09, "no encoded line ends with a blank")
    }
}

private func fuzzEncodedWords(_ text: String) {
    let words = EncodedWord.encode(text, prefixLength: 9)
    mustHold(words.allSatisfy { (0x20..<0x7F).contains($0) }, "encoded words are visible US-ASCII")
    let isPlain = words == Array(text.utf8)
    if !isPlain {
        for word in words.split(separator: 0x20) { mustHold(word.count <= 75, "an encoded word is short") }
        let read = EncodedWord.text(words.span, ByteRange(0, words.count))
        mustHold(Array(read.utf8) == Array(text.utf8), "encoded words come back")
    }
}

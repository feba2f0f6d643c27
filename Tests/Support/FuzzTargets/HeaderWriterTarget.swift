import MailFormat

/// Writes the input as the value of fields: each stays one field, in lines of bounded length, and says the same.
func fuzzHeaderWriter(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    var writer = HeaderWriter()
    writer.field("X-Bytes", bytes: bytes)
    writer.field("X-Lines", lines: bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init))
    writer.unstructured("Subject", text)
    writer.field("From", bytes: Phrase.encode(text) + Array(" <a@b>".utf8))
    let header = writer.finished()
    checkLines(of: header)
    let block = HeaderBlock(header.span)
    mustHold(block.fields.count == 4 && block.ending == .blankLine, "each value stays one field")
    mustHold(block.bodyStart == header.count, "no value ends the header")
    for field in block.fields[0...1] {
        mustHold(words(header[field.value.offsets]) == words(bytes[...]), "a value keeps its words")
    }
    let subject = Array(EncodedWord.text(header.span, block.fields[2].value).utf8)
    mustHold(words(subject[...]) == words(Array(text.utf8)[...]), "a text keeps its words")
}

private func checkLines(of header: [UInt8]) {
    mustHold(!hasBareLineEnd(header), "only CRLF ends a line")
    var length = 0
    var hasWord = false
    for byte in header where byte != 0x0D {
        if byte == 0x0A {
            mustHold(hasWord || length == 0, "no folded line is blank")
            (length, hasWord) = (0, false)
        } else {
            length += 1
            if byte != 0x20 { hasWord = true }
        }
        mustHold(length <= HeaderWriter.hardLength, "no line is longer than the RFC permits")
        mustHold(byte >= 0x20 && byte != 0x7F || byte == 0x0A, "no control character is written")
    }
}

/// What is no blank and no control character: folding and cutting may add blanks and must not touch the rest.
private func words(_ bytes: ArraySlice<UInt8>) -> [UInt8] { bytes.filter { $0 > 0x20 && $0 != 0x7F } }

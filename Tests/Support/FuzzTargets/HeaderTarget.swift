import MailFormat

/// Reads a header and everything that a field may hold.
func fuzzHeader(_ bytes: [UInt8]) {
    var reader = HeaderReader()
    var position = 0
    while let field = reader.next(bytes.span) {
        mustHold(field.whole.start >= position && field.whole.end > field.whole.start, "fields follow one another")
        mustHold(field.whole.end <= bytes.count, "a field lies inside the bytes")
        mustHold(
            !field.name.isEmpty && field.name.start == field.whole.start && field.value.end <= field.whole.end,
            "name and value lie inside their field"
        )
        position = Int(field.whole.end)
        read(field, bytes)
    }
    mustHold(reader.ending != nil && reader.position <= bytes.count, "a header ends somewhere, for a reason")
    let block = HeaderBlock(bytes.span)
    mustHold(block.bodyStart == reader.position && block.ending == reader.ending, "a block is the same header")
}

private func read(_ field: HeaderField, _ bytes: [UInt8]) {
    let type = ContentType(bytes.span, field.value)
    mustHold(type.parameters.count <= field.value.count, "no more parameters than octets")
    _ = MailDate.read(bytes.span, field.value)
    _ = EncodedWord.text(bytes.span, field.value)
    let unfolded = Unfolding.text(bytes.span, field.value)
    mustHold(!unfolded.utf8.contains(0x0A) || !bytes.contains(0x0A), "an unfolded value is one line")
}

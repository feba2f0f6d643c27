import SMTPProtocol

/// Reads replies from the whole input, and again byte by byte: both must see the same.
func fuzzReplies(_ bytes: [UInt8]) {
    var whole = ReplyParser()
    let atOnce = whole.parse(bytes.span)
    var grown = ReplyParser()
    var inPieces = ReplyParser.Result.needMore
    for count in 0...bytes.count {
        inPieces = grown.parse(bytes.span.extracting(0..<count))
        if inPieces != .needMore { break }
    }
    switch (atOnce, inPieces) {
    case (.reply(let found), .reply(let other)):
        mustHold(found == other, "a reply in pieces is the same reply")
        mustHold(found.byteCount <= bytes.count && found.lineCount > 0, "a reply lies inside the bytes")
    case (.invalid, .invalid), (.needMore, .needMore): break
    default: mustHold(false, "bytes in pieces mean what they mean at once")
    }
}

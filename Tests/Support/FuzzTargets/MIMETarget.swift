import MailFormat

/// Reads the input as a message with parts, whole and in pieces, within the usual limits and within narrow ones.
func fuzzMIME(_ input: [UInt8]) {
    var cut = FuzzPieces(input)
    let bytes = cut.payload
    let pieces = cut.pieces()
    var narrow = MIMELimits()
    (narrow.depth, narrow.parts, narrow.header) = (2, 4, 48)
    for limits in [MIMELimits(), narrow] {
        let whole = MIMEStructure(bytes.span, limits: limits)
        var scanner = MIMEScanner(limits: limits)
        for piece in pieces { scanner.consume(piece.span) }
        mustHold(scanner.finish() == whole, "a message in pieces has the same parts")
        checkNesting(of: whole, in: bytes, limits)
        for part in whole.parts { checkDecoding(of: part, in: bytes) }
    }
}

/// Parts lie in the message, in one another and behind one another, and are no more and no deeper than permitted.
func checkNesting(of structure: MIMEStructure, in bytes: [UInt8], _ limits: MIMELimits) {
    let parts = structure.parts
    mustHold(!parts.isEmpty && parts.count <= limits.parts, "the message itself is a part, and parts are bounded")
    mustHold(parts[0].parent == nil && parts[0].depth == 0, "the first part is the message")
    mustHold(parts[0].header.lowerBound == 0 && parts[0].body.upperBound == bytes.count, "the message is everything")
    var ends = [Int](repeating: 0, count: parts.count)
    for (index, part) in parts.enumerated() {
        mustHold(part.header.upperBound <= part.body.lowerBound, "a body comes behind its header")
        mustHold(part.header.count <= bytes.count && part.body.upperBound <= bytes.count, "a part lies in the message")
        ends[index] = part.body.lowerBound
        guard let parent = part.parent else {
            mustHold(index == 0, "every part but the message lies in another")
            continue
        }
        mustHold(parent < index, "a part comes behind what holds it")
        let outer = parts[parent]
        mustHold(part.depth == outer.depth + 1 && part.depth <= limits.depth, "depth counts what holds a part")
        mustHold(outer.encoding == .identity, "nothing lies in an encoded part")
        mustHold(["multipart", "message"].contains(outer.contentType.type), "only composites hold parts")
        mustHold(part.header.lowerBound >= ends[parent], "a part begins behind the one before it")
        mustHold(part.body.upperBound <= outer.body.upperBound, "a part lies in the part that holds it")
        ends[parent] = part.body.upperBound
    }
}

/// No more is decoded than was asked for, and all of it when that is enough.
private func checkDecoding(of part: MIMEPart, in bytes: [UInt8]) {
    var all: [UInt8] = []
    mustHold(part.encoding.decode(bytes.span, part.body, limit: .max, to: &all), "without a limit all is decoded")
    mustHold(all.count <= part.body.count, "decoding never makes more than it reads")
    for limit in [0, 1, 7, 100] {
        var content: [UInt8] = [1]
        let isAll = part.encoding.decode(bytes.span, part.body, limit: limit, to: &content)
        mustHold(content.count <= limit + 1 && content.first == 1, "no more is decoded than was asked for")
        mustHold(!isAll || content.dropFirst() == all[...], "what was decoded to its end is all of it")
    }
}

import SMTPProtocol

/// Sends content by DATA in pieces: what leaves must be the content again for any reader, and end where we end it.
func fuzzContent(_ input: [UInt8]) {
    var cut = FuzzPieces(input)
    let content = cut.payload
    let pieces = cut.pieces()
    let whole = stuffed([content])
    mustHold(stuffed(pieces) == whole, "content in pieces leaves as the same bytes")
    mustHold(isPermitted(pieces) == isPermitted([content]), "a guard judges pieces as it judges the whole")
    mustHold((whole != nil) == isPermitted([content]), "stuffer and guard agree about bare line ends")
    mustHold(isPermitted([content]) == !hasBareLineEnd(content), "exactly bare line ends are refused")
    guard let wire = whole else { return }
    mustHold(!hasBareLineEnd(wire), "no bare CR or LF leaves")
    let read = readAsPeer(wire)
    mustHold(read.isWhole, "the first final dot is ours")
    let lineEnd: [UInt8] = content.isEmpty || content.suffix(2) == [0x0D, 0x0A] ? [] : [0x0D, 0x0A]
    mustHold(read.content == content + lineEnd, "a peer reads what was written")
}

/// The bytes that go out, terminator included; nil when the content is refused.
private func stuffed(_ pieces: [[UInt8]]) -> [UInt8]? {
    var stuffer = DotStuffer()
    var wire: [UInt8] = []
    for piece in pieces {
        var start = 0
        while start < piece.count {
            switch stuffer.next(in: piece.span, from: start) {
            case .run(let end, let thenDot):
                mustHold(end >= start && end <= piece.count, "a run lies inside its piece")
                mustHold(end > start || thenDot, "every step takes something")
                wire += piece[start..<end]
                if thenDot { wire.append(0x2E) }
                start = end
            case .bareLineEnd: return nil
            }
        }
    }
    guard let terminator = stuffer.terminator else { return nil }
    return wire + Array(terminator.description.utf8)
}

private func isPermitted(_ pieces: [[UInt8]]) -> Bool {
    var lineEnds = LineEndGuard()
    for piece in pieces where !lineEnds.permits(piece.span) { return false }
    return lineEnds.permitsEnd
}

/// Whether a CR stands without LF or an LF without CR.
func hasBareLineEnd(_ bytes: [UInt8]) -> Bool {
    for (index, byte) in bytes.enumerated() {
        if byte == 0x0D, index + 1 == bytes.count || bytes[index + 1] != 0x0A { return true }
        if byte == 0x0A, index == 0 || bytes[index - 1] != 0x0D { return true }
    }
    return false
}

/// The plainest reader there is (RFC 5321 §4.5.2): lines, one dot taken off, ended by the first line that is a dot.
private func readAsPeer(_ wire: [UInt8]) -> (content: [UInt8], isWhole: Bool) {
    var content: [UInt8] = []
    var start = 0
    for index in wire.indices where wire[index] == 0x0A && index > 0 && wire[index - 1] == 0x0D {
        let line = wire[start...index]
        start = index + 1
        if line == [0x2E, 0x0D, 0x0A] { return (content, start == wire.count) }
        content += line.first == 0x2E ? line.dropFirst() : line
    }
    return (content, false)
}

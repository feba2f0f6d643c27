import SMTPProtocol

/// Reads a PROXY header from the whole input, and again byte by byte: both must see the same.
func fuzzProxy(_ bytes: [UInt8]) {
    let whole = ProxyHeader.read(bytes.span)
    // No header is longer than 16 octets and 1,024 of payload; a reader never waits for more.
    let longest = 1040
    if case .incomplete = whole { mustHold(bytes.count < longest, "a header is complete or refused within its bound") }
    for count in 0...min(bytes.count, longest) {
        switch ProxyHeader.read(bytes.span.extracting(0..<count)) {
        case .incomplete: continue
        case .malformed:
            mustHold(whole == .malformed, "what can be no header never becomes one")
            return
        case .header(let header, let byteCount):
            mustHold(whole == .header(header, byteCount: byteCount), "a header in pieces is the same header")
            mustHold(byteCount == count, "a header is known with its last octet, and takes no octet of the session")
            return
        }
    }
    mustHold(whole == .incomplete || bytes.count > longest, "a header of the whole is one of its pieces too")
}

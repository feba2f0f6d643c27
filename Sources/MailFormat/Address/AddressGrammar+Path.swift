extension AddressGrammar {
    /// Reads the argument of MAIL FROM.
    ///
    /// `Reverse-path = Path / "<>"`
    public func reversePath(_ bytes: Span<UInt8>, at position: inout Int) throws(AddressError) -> ReversePath {
        let start = position
        let inside = try openBracket(bytes, at: start)
        if inside < bytes.count, bytes[inside] == UInt8(ascii: ">") {
            position = inside + 1
            return .null
        }
        var cursor = try sourceRoute(bytes, from: inside)
        let mailbox = try mailbox(bytes, at: &cursor)
        position = try closeBracket(bytes, from: start, at: cursor)
        return .mailbox(mailbox)
    }

    /// Reads the argument of RCPT TO.
    ///
    /// `Forward-path = Path`, or `"<Postmaster>"` (RFC 5321 §4.1.1.3)
    public func forwardPath(_ bytes: Span<UInt8>, at position: inout Int) throws(AddressError) -> ForwardPath {
        let start = position
        let inside = try openBracket(bytes, at: start)
        if let mailbox = Self.barePostmaster(bytes, from: inside) {
            position = Int(mailbox.address.end) + 1
            return .postmaster(mailbox)
        }
        var cursor = try sourceRoute(bytes, from: inside)
        let mailbox = try mailbox(bytes, at: &cursor)
        position = try closeBracket(bytes, from: start, at: cursor)
        return .mailbox(mailbox)
    }

    private func openBracket(_ bytes: Span<UInt8>, at start: Int) throws(AddressError) -> Int {
        guard start < bytes.count, bytes[start] == UInt8(ascii: "<") else {
            throw AddressError(.missingBracket, at: start)
        }
        return start + 1
    }

    private func closeBracket(_ bytes: Span<UInt8>, from start: Int, at end: Int) throws(AddressError) -> Int {
        guard end < bytes.count, bytes[end] == UInt8(ascii: ">") else { throw AddressError(.syntax, at: end) }
        guard end + 1 - start <= limits.path else { throw AddressError(.pathTooLong, at: start) }
        return end + 1
    }

    /// Passes a source route and returns where the mailbox begins.
    ///
    /// `A-d-l = At-domain *( "," At-domain )`, then `":"`
    ///
    /// RFC 5321 §4.1.2: MUST be accepted, SHOULD NOT be generated, and SHOULD be ignored.
    private func sourceRoute(_ bytes: Span<UInt8>, from start: Int) throws(AddressError) -> Int {
        var offset = start
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: "@") else { return start }
        while true {
            guard offset < bytes.count, bytes[offset] == UInt8(ascii: "@") else {
                throw AddressError(.syntax, at: offset)
            }
            offset = try domain(bytes, from: offset + 1).end
            guard offset < bytes.count else { throw AddressError(.syntax, at: offset) }
            switch bytes[offset] {
            case UInt8(ascii: ","): offset += 1
            case UInt8(ascii: ":"): return offset + 1
            default: throw AddressError(.syntax, at: offset)
            }
        }
    }

    private static func barePostmaster(_ bytes: Span<UInt8>, from start: Int) -> Mailbox? {
        let word: StaticString = "postmaster"
        let end = start + word.utf8CodeUnitCount
        guard end < bytes.count, bytes[end] == UInt8(ascii: ">"), bytes.matches(word, at: start) else { return nil }
        return Mailbox(
            address: ByteRange(start, end),
            localPart: ByteRange(start, end),
            domain: ByteRange(end, end),
            localPartForm: .dotString,
            domainForm: .none,
            isInternationalized: false
        )
    }
}

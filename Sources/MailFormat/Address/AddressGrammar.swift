/// The grammar of addresses in commands (RFC 5321 §4.1.2, RFC 6531 §3.3) over bytes.
///
/// Every function reads at `position` and moves it behind what it took; when it throws, `position` is untouched. Results
/// are offsets into the bytes. Nothing is allocated.
public struct AddressGrammar: Sendable {
    /// Whether UTF-8 may occur.
    public var characters: AddressCharacters
    /// The sizes enforced.
    public var limits: AddressLimits

    /// Makes a grammar.
    public init(_ characters: AddressCharacters = .ascii, limits: AddressLimits = AddressLimits()) {
        self.characters = characters
        self.limits = limits
    }

    /// Reads bytes that are one mailbox and nothing else.
    public func wholeMailbox(_ bytes: Span<UInt8>) throws(AddressError) -> Mailbox {
        var position = 0
        let mailbox = try mailbox(bytes, at: &position)
        guard position == bytes.count else { throw AddressError(.syntax, at: position) }
        return mailbox
    }

    /// Reads a mailbox.
    ///
    /// `Mailbox = Local-part "@" ( Domain / address-literal )`
    public func mailbox(_ bytes: Span<UInt8>, at position: inout Int) throws(AddressError) -> Mailbox {
        let start = position
        let (localEnd, form) = try localPart(bytes, from: start)
        guard localEnd < bytes.count, bytes[localEnd] == UInt8(ascii: "@") else {
            throw AddressError(.domainMissing, at: localEnd)
        }
        let (end, domainForm) = try domain(bytes, from: localEnd + 1)
        position = end
        return Mailbox(
            address: ByteRange(start, end),
            localPart: ByteRange(start, localEnd),
            domain: ByteRange(localEnd + 1, end),
            localPartForm: form,
            domainForm: domainForm,
            isInternationalized: !UTF8Form.isASCII(bytes, ByteRange(start, end))
        )
    }

    /// Reads a local part.
    ///
    /// `Local-part = Dot-string / Quoted-string`
    func localPart(
        _ bytes: Span<UInt8>,
        from start: Int
    ) throws(AddressError) -> (end: Int, form: Mailbox.LocalPartForm) {
        guard start < bytes.count else { throw AddressError(.syntax, at: start) }
        let isQuoted = bytes[start] == UInt8(ascii: "\"")
        let end = isQuoted ? try quotedString(bytes, from: start) : try dotString(bytes, from: start)
        guard end - start <= limits.localPart else { throw AddressError(.localPartTooLong, at: start) }
        return (end, isQuoted ? .quotedString : .dotString)
    }

    /// Reads atoms with dots between them.
    ///
    /// `Dot-string = Atom *("." Atom)`, `atext =/ UTF8-non-ascii` (RFC 6531 §3.3)
    private func dotString(_ bytes: Span<UInt8>, from start: Int) throws(AddressError) -> Int {
        var offset = start
        while true {
            let atom = offset
            while offset < bytes.count {
                if ASCII.isAtomText(bytes[offset]) {
                    offset += 1
                } else if bytes[offset] >= 0x80 {
                    offset += try nonASCII(bytes, at: offset)
                } else {
                    break
                }
            }
            guard offset > atom else { throw AddressError(.syntax, at: offset) }
            guard offset < bytes.count, bytes[offset] == UInt8(ascii: ".") else { return offset }
            offset += 1
        }
    }

    /// Reads a quoted string.
    ///
    /// `Quoted-string = DQUOTE *QcontentSMTP DQUOTE`, `QcontentSMTP = qtextSMTP / quoted-pairSMTP`
    private func quotedString(_ bytes: Span<UInt8>, from start: Int) throws(AddressError) -> Int {
        var offset = start + 1
        while offset < bytes.count {
            switch bytes[offset] {
            case UInt8(ascii: "\""):
                return offset + 1
            case UInt8(ascii: "\\"):
                // quoted-pairSMTP = %d92 %d32-126
                guard offset + 1 < bytes.count, (0x20...0x7E).contains(bytes[offset + 1]) else {
                    throw AddressError(.syntax, at: offset)
                }
                offset += 2
            case 0x20...0x7E:
                offset += 1
            case 0x80...:
                offset += try nonASCII(bytes, at: offset)
            default:
                throw AddressError(.syntax, at: offset)
            }
        }
        throw AddressError(.syntax, at: offset)
    }

    /// Reads what stands behind the at-sign: `Domain / address-literal`.
    func domain(_ bytes: Span<UInt8>, from start: Int) throws(AddressError) -> (end: Int, form: Mailbox.DomainForm) {
        guard start < bytes.count else { throw AddressError(.domainMissing, at: start) }
        if bytes[start] == UInt8(ascii: "[") {
            let (end, literal) = try addressLiteral(bytes, from: start)
            return (end, .literal(literal))
        }
        return (try domainName(bytes, from: start), .name)
    }

    private func addressLiteral(
        _ bytes: Span<UInt8>,
        from start: Int
    ) throws(AddressError) -> (end: Int, literal: AddressLiteral) {
        var offset = start + 1
        while offset < bytes.count, bytes[offset] != UInt8(ascii: "]") { offset += 1 }
        guard offset < bytes.count, let literal = AddressLiteral(bytes, ByteRange(start + 1, offset)) else {
            throw AddressError(.syntax, at: start)
        }
        guard offset + 1 - start <= limits.domain else { throw AddressError(.domainTooLong, at: start) }
        return (offset + 1, literal)
    }

    /// Reads a domain name and returns the offset behind it.
    ///
    /// `Domain = sub-domain *("." sub-domain)`, `sub-domain = Let-dig [Ldh-str] / U-label`
    /// Whether a U-label is one that may be registered is for IDNA to say.
    public func domainName(_ bytes: Span<UInt8>, from start: Int) throws(AddressError) -> Int {
        var offset = start
        while true {
            let label = offset
            while offset < bytes.count {
                if ASCII.isLetterOrDigit(bytes[offset]) {
                    offset += 1
                } else if bytes[offset] == UInt8(ascii: "-"), offset > label {
                    offset += 1
                } else if bytes[offset] >= 0x80 {
                    offset += try nonASCII(bytes, at: offset)
                } else {
                    break
                }
            }
            guard offset > label, bytes[offset - 1] != UInt8(ascii: "-") else {
                throw AddressError(.syntax, at: offset)
            }
            guard offset - label <= limits.label else { throw AddressError(.domainTooLong, at: label) }
            guard offset < bytes.count, bytes[offset] == UInt8(ascii: ".") else { break }
            offset += 1
        }
        guard offset - start <= limits.domain else { throw AddressError(.domainTooLong, at: start) }
        return offset
    }

    private func nonASCII(_ bytes: Span<UInt8>, at offset: Int) throws(AddressError) -> Int {
        guard characters == .utf8 else { throw AddressError(.notASCII, at: offset) }
        let length = UTF8Form.characterLength(bytes, at: offset, limit: bytes.count)
        guard length > 0 else { throw AddressError(.malformedUTF8, at: offset) }
        return length
    }
}

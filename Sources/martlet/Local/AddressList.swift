import MailFormat

/// The addresses of a field such as To (RFC 5322 §3.4), read as leniently as programs on this machine write them.
struct AddressList {
    /// One address.
    struct Found: Hashable {
        /// Without display name, comments and blanks.
        var text: String
        /// The offset behind its last octet: where a missing domain belongs.
        var end: Int
        /// It has no domain: somebody on this machine.
        var isBare: Bool

        /// With the domain that a bare name lacks.
        func qualified(_ host: String) -> String { isBare ? "\(text)@\(host)" : text }
    }

    private var found: [Found] = []
    private var text: [UInt8] = []
    private var end = 0
    private var hasDomain = false
    /// Blanks or a comment came after the last octet of `text`.
    private var isApart = false
    private var place = Place.open

    /// Where the next octet stands.
    private enum Place {
        /// In an address without angle brackets, or in a display name.
        case open
        /// Between angle brackets.
        case angle
        /// Behind them.
        case behind
    }

    /// Reads the addresses of a text.
    static func addresses(_ text: String) -> [Found] {
        let bytes = Array(text.utf8)
        return addresses(bytes.span, in: ByteRange(0, bytes.count))
    }

    /// Reads the addresses of a field's value.
    static func addresses(_ bytes: Span<UInt8>, in range: ByteRange) -> [Found] {
        var list = Self()
        list.read(bytes, range)
        return list.found
    }

    private mutating func read(_ bytes: Span<UInt8>, _ range: ByteRange) {
        let limit = Int(range.end)
        var offset = Int(range.start)
        while offset < limit {
            switch bytes[offset] {
            case UInt8(ascii: "("):
                offset = StructuredText.endOfComment(bytes, from: offset, to: limit)
                isApart = true
                continue
            case UInt8(ascii: "\""): offset = take(bytes, from: offset, through: UInt8(ascii: "\""), limit)
            case UInt8(ascii: "["): offset = take(bytes, from: offset, through: UInt8(ascii: "]"), limit)
            default: read(bytes[offset], at: offset)
            }
            offset += 1
        }
        finish()
    }

    private mutating func read(_ byte: UInt8, at offset: Int) {
        switch (byte, place) {
        case (UInt8(ascii: "<"), .open):
            // What came before is the display name.
            forget()
            place = .angle
        case (UInt8(ascii: ">"), .angle): place = .behind
        // A group's name; within brackets a source route (RFC 5321 §3.6.1), which is ignored.
        case (UInt8(ascii: ":"), .open), (UInt8(ascii: ":"), .angle): forget()
        case (UInt8(ascii: ","), .open), (UInt8(ascii: ","), .behind), (UInt8(ascii: ";"), _): finish()
        case (ASCII.space, _), (ASCII.tab, _), (ASCII.carriageReturn, _), (ASCII.lineFeed, _): isApart = true
        default: append(byte, at: offset)
        }
    }

    /// Takes a quoted string or a literal, whose signs mean nothing; returns the offset of its last octet.
    private mutating func take(_ bytes: Span<UInt8>, from start: Int, through close: UInt8, _ limit: Int) -> Int {
        append(bytes[start], at: start)
        var offset = start + 1
        while offset < limit {
            let byte = bytes[offset]
            appendQuoted(byte, at: offset)
            if byte == close { return offset }
            if byte == UInt8(ascii: "\\"), offset + 1 < limit {
                offset += 1
                appendQuoted(bytes[offset], at: offset)
            }
            offset += 1
        }
        return limit - 1
    }

    private mutating func append(_ byte: UInt8, at offset: Int) {
        guard place != .behind else { return }
        let joins = [UInt8(ascii: "@"), UInt8(ascii: ".")]
        // Words with blanks between them are no address, and must not become one.
        if isApart, let last = text.last, !joins.contains(last), !joins.contains(byte) { text.append(ASCII.space) }
        if byte == UInt8(ascii: "@") { hasDomain = true }
        appendQuoted(byte, at: offset)
    }

    private mutating func appendQuoted(_ byte: UInt8, at offset: Int) {
        guard place != .behind else { return }
        isApart = false
        text.append(byte)
        end = offset + 1
    }

    private mutating func forget() {
        text = []
        hasDomain = false
        isApart = false
    }

    private mutating func finish() {
        if !text.isEmpty {
            found.append(Found(text: String(decoding: text, as: UTF8.self), end: end, isBare: !hasDomain))
        }
        forget()
        place = .open
    }
}

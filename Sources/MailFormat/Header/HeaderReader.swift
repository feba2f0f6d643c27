/// One field of a header (RFC 5322 §2.2) as offsets into the message.
public struct HeaderField: Hashable, Sendable {
    /// The name, without the colon.
    public var name: ByteRange
    /// The value without blanks around it, still folded: line ends inside belong to it.
    public var value: ByteRange
    /// The whole field, its last line end included.
    public var whole: ByteRange
}

/// How much of a header is read; what lies beyond is treated as if it were the body.
public struct HeaderLimits: Hashable, Sendable {
    /// Fields.
    ///
    /// Mail in the wild has a few dozen; a hundred hops write some hundreds.
    public var fields = 10_000
    /// Octets of the whole header; 1 MiB is more than any system passes on.
    public var octets = 1 << 20

    /// Makes the usual limits.
    public init() {}
}

/// Reads a header field by field over bytes, without copying and without ever failing.
///
/// CRLF and LF both end a line here: this reads what is stored or was quoted by others. (What may end a line on the
/// wire is the framer's business, not this one's.) A line that is no field ends the header: broken mail lacks the blank
/// line, and everything behind is body then.
public struct HeaderReader: Sendable {
    /// Where the next field begins; after the last one, where the body begins.
    public private(set) var position: Int
    /// Why `next` gave nil.
    public private(set) var ending: Ending?
    private var fieldsLeft: Int
    private var octetLimit: Int

    /// How a header ended.
    public enum Ending: Hashable, Sendable {
        /// By an empty line, as it should.
        case blankLine
        /// By a line that is no field.
        case brokenLine
        /// With the bytes.
        case endOfBytes
        /// By a limit.
        case limit
    }

    /// Starts reading at an offset.
    public init(at position: Int = 0, limits: HeaderLimits = HeaderLimits()) {
        self.position = position
        self.fieldsLeft = limits.fields
        self.octetLimit = position + limits.octets
    }

    /// The next field; nil at the end, which `ending` then explains.
    public mutating func next(_ bytes: Span<UInt8>) -> HeaderField? {
        guard ending == nil else { return nil }
        skipEnvelopeLine(bytes)
        guard position < bytes.count else { return end(.endOfBytes) }
        guard fieldsLeft > 0, position < octetLimit else { return end(.limit) }
        if let behind = Self.blankLineEnd(bytes, at: position) {
            position = behind
            return end(.blankLine)
        }
        guard let colon = Self.colon(bytes, from: position) else { return end(.brokenLine) }
        let (valueEnd, next) = Self.endOfField(bytes, from: colon + 1)
        var nameEnd = colon
        while nameEnd > position, ASCII.isBlank(bytes[nameEnd - 1]) { nameEnd -= 1 }
        let field = HeaderField(
            name: ByteRange(position, nameEnd),
            value: StructuredText.trimmed(bytes, ByteRange(colon + 1, valueEnd)),
            whole: ByteRange(position, next)
        )
        position = next
        fieldsLeft -= 1
        return field
    }

    private mutating func end(_ reason: Ending) -> HeaderField? {
        ending = reason
        return nil
    }

    /// Passes the `From ` line that mbox files and some pipes put before a message.
    private mutating func skipEnvelopeLine(_ bytes: Span<UInt8>) {
        guard position == 0, bytes.matches("from ", at: 0) || bytes.matches(">from ", at: 0) else { return }
        // RFC 5322 §4.5: blanks before its colon do not make a From field an envelope line.
        guard Self.colon(bytes, from: 0) == nil else { return }
        position = Self.lineEnd(bytes, from: 0).next
    }

    private static func blankLineEnd(_ bytes: Span<UInt8>, at offset: Int) -> Int? {
        if bytes[offset] == ASCII.lineFeed { return offset + 1 }
        guard bytes[offset] == ASCII.carriageReturn, offset + 1 < bytes.count, bytes[offset + 1] == ASCII.lineFeed
        else { return nil }
        return offset + 2
    }

    /// Where the colon of `field-name *WSP ":"` stands; nil when the line is no field (RFC 5322 §3.6.8, §4.5).
    static func colon(_ bytes: Span<UInt8>, from start: Int) -> Int? {
        var offset = ByteScan.nameEnd(bytes, from: start)
        guard offset > start else { return nil }
        while offset < bytes.count, ASCII.isBlank(bytes[offset]) { offset += 1 }
        return offset < bytes.count && bytes[offset] == UInt8(ascii: ":") ? offset : nil
    }

    /// The end of a field's text, and where the next field begins: a line that begins with a blank goes on.
    private static func endOfField(_ bytes: Span<UInt8>, from start: Int) -> (text: Int, next: Int) {
        var line = lineEnd(bytes, from: start)
        while line.next < bytes.count, line.next > line.text, ASCII.isBlank(bytes[line.next]) {
            line = lineEnd(bytes, from: line.next)
        }
        return line
    }

    /// The end of a line's text, and of its line end.
    package static func lineEnd(_ bytes: Span<UInt8>, from start: Int) -> (text: Int, next: Int) {
        let offset = ByteScan.lineFeed(bytes, from: start)
        guard offset < bytes.count else { return (offset, offset) }
        let hasReturn = offset > start && bytes[offset - 1] == ASCII.carriageReturn
        return (hasReturn ? offset - 1 : offset, offset + 1)
    }
}

/// The fields of a header, collected.
public struct HeaderBlock: Hashable, Sendable {
    /// The fields in their order.
    public let fields: [HeaderField]
    /// Where the body begins.
    public let bodyStart: Int
    /// How the header ended.
    public let ending: HeaderReader.Ending

    /// Collects the fields of a header that begins at an offset.
    public init(_ bytes: Span<UInt8>, at position: Int = 0, limits: HeaderLimits = HeaderLimits()) {
        var reader = HeaderReader(at: position, limits: limits)
        var fields: [HeaderField] = []
        // A group of a delivery status has fewer; the header of a mail is long enough to grow a time or two.
        fields.reserveCapacity(8)
        while let field = reader.next(bytes) { fields.append(field) }
        self.fields = fields
        self.bodyStart = reader.position
        self.ending = reader.ending ?? .endOfBytes
    }

    /// The first field of a name given in lower case.
    public func first(_ name: StaticString, _ bytes: Span<UInt8>) -> HeaderField? {
        for field in fields where bytes.equals(name, in: field.name) { return field }
        return nil
    }

    /// How often a name given in lower case occurs.
    ///
    /// Counting `received` counts hops (RFC 5321 §6.3).
    public func count(_ name: StaticString, _ bytes: Span<UInt8>) -> Int {
        var count = 0
        for field in fields where bytes.equals(name, in: field.name) { count += 1 }
        return count
    }
}

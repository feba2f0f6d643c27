public import MailFormat

/// What a report tells of the message that it is about, from the header that it returns.
public struct OriginalMessage: Hashable, Sendable {
    /// Its Message-ID, without angle brackets.
    public var messageID: String?
    /// Its subject, decoded.
    public var subject: String?
    /// The address in its From field.
    public var from: String?
    /// Its date.
    public var date: Timestamp?
    /// The addresses that it was for: of its To field.
    public var recipients: [String] = []
    /// The address that it was delivered to before it was forwarded.
    public var deliveredTo: String?
    /// The reverse-path that it had.
    public var returnPath: String?

    /// How many addresses of its To field are read.
    static let mostRecipients = 100

    /// Makes one of which nothing is known.
    init() {}

    /// Reads a header that begins at an offset, also an indented one, and ends before another.
    init(_ bytes: Span<UInt8>, at start: Int, to end: Int? = nil) {
        let first = Self.skip(bytes, start)
        let end = end ?? bytes.count
        if first == start || bytes[first - 1] == ASCII.lineFeed || bytes[first - 1] == ASCII.carriageReturn {
            var reader = HeaderReader(at: first)
            while reader.position < end, let field = reader.next(bytes) { take(bytes, field.name, field.value) }
        } else {
            readIndented(bytes, first, end)
        }
    }

    /// Reads a header whose every line is indented alike.
    private mutating func readIndented(_ bytes: Span<UInt8>, _ first: Int, _ end: Int) {
        var indent = 0
        while first > indent, ASCII.isBlank(bytes[first - indent - 1]) { indent += 1 }
        var copy: [UInt8] = []
        var offset = first - indent
        while offset < end, copy.count < HeaderLimits().octets {
            let lineEnd = HeaderReader.lineEnd(bytes, from: offset)
            guard lineEnd.text > offset + indent else { break }
            copy.append(bytes, ByteRange(offset + indent, lineEnd.text))
            copy.append(ASCII.lineFeed)
            offset = lineEnd.next
        }
        self = Self(copy.span, at: 0)
    }

    /// Whether nothing is known of it.
    var isEmpty: Bool { self == Self() }

    private static func skip(_ bytes: Span<UInt8>, _ start: Int) -> Int {
        var offset = start
        while offset < bytes.count, bytes[offset] <= ASCII.space { offset += 1 }
        // The envelope line of an mbox, which some return.
        if bytes.matches("from ", at: offset) || bytes.matches(">from ", at: offset) {
            while offset < bytes.count, bytes[offset] != ASCII.lineFeed { offset += 1 }
            offset += 1
        }
        return min(offset, bytes.count)
    }

    private mutating func take(_ bytes: Span<UInt8>, _ name: ByteRange, _ value: ByteRange) {
        switch name.count {
        case 2 where bytes.equals("to", in: name):
            AddressList.visit(bytes, value, most: Self.mostRecipients - recipients.count) {
                recipients.append(String(decoding: bytes, $0))
            }
        case 4:
            if from == nil, bytes.equals("from", in: name) {
                from = AddressList.first(bytes, value)
            } else if date == nil, bytes.equals("date", in: name) {
                date = MailDate.read(bytes, value)
            }
        case 7 where subject == nil && bytes.equals("subject", in: name):
            subject = EncodedWord.text(bytes, value)
        case 10 where messageID == nil && bytes.equals("message-id", in: name):
            messageID = Unfolding.text(bytes, Self.withoutBrackets(bytes, value))
        case 11 where returnPath == nil && bytes.equals("return-path", in: name):
            returnPath = AddressList.first(bytes, value)
        case 12 where bytes.equals("delivered-to", in: name):
            deliveredTo = deliveredTo ?? AddressList.first(bytes, value)
        default: break
        }
    }

    private static func withoutBrackets(_ bytes: Span<UInt8>, _ value: ByteRange) -> ByteRange {
        var start = Int(value.start)
        if start < Int(value.end), bytes[start] == UInt8(ascii: "<") { start += 1 }
        return ByteRange(start, ByteScan.first(bytes, UInt8(ascii: ">"), from: start, to: Int(value.end)))
    }
}

/// The addresses in a field, however it is written.
enum AddressList {
    /// At most so many addresses, in order; words and comments around them are passed over.
    static func addresses(_ bytes: Span<UInt8>, _ value: ByteRange, most limit: Int) -> [String] {
        var addresses: [String] = []
        visit(bytes, value, most: limit) { addresses.append(String(decoding: bytes, $0)) }
        return addresses
    }

    /// The first address.
    static func first(_ bytes: Span<UInt8>, _ value: ByteRange) -> String? {
        for offset in value.offsets where bytes[offset] == UInt8(ascii: "@") {
            if let range = AddressScan.range(bytes, at: offset, to: Int(value.end)) {
                return String(decoding: bytes, range)
            }
        }
        return nil
    }

    /// Gives where they stand, one after the other.
    static func visit(_ bytes: Span<UInt8>, _ value: ByteRange, most limit: Int, _ body: (ByteRange) -> Void) {
        // The last one found, which may turn out to be the name of the next.
        var last: ByteRange?
        var given = 0
        var offset = Int(value.start)
        while given + (last == nil ? 0 : 1) < limit {
            offset = ByteScan.first(bytes, UInt8(ascii: "@"), from: offset, to: Int(value.end))
            guard offset < Int(value.end) else { break }
            guard let range = AddressScan.range(bytes, at: offset, to: Int(value.end)) else {
                offset += 1
                continue
            }
            // An at sign in a display name, as when the name is an address too: the one in brackets counts.
            let isBracketed = Int(range.start) > Int(value.start) && bytes[Int(range.start) - 1] == UInt8(ascii: "<")
            if let found = last, !isBracketed || !isName(bytes, before: Int(range.start) - 1, value) {
                body(found)
                given += 1
            }
            last = range
            offset = max(Int(range.end), offset + 1)
        }
        if let last { body(last) }
    }

    private static func isName(_ bytes: Span<UInt8>, before end: Int, _ value: ByteRange) -> Bool {
        var offset = end - 1
        while offset > Int(value.start) {
            if bytes[offset] == UInt8(ascii: ",") || bytes[offset] == UInt8(ascii: ">") { return false }
            if bytes[offset] == UInt8(ascii: "@") { return true }
            offset -= 1
        }
        return false
    }
}

import MailFormat
import StatusCodes

/// One group of fields of a delivery status, by name.
struct StatusFields {
    private var values: [(name: ByteRange, value: ByteRange)] = []
    private var bytes: [UInt8] = []

    init(_ source: Span<UInt8>, _ fields: [HeaderField]) {
        values.reserveCapacity(fields.count)
        for field in fields {
            let start = bytes.count
            bytes.append(source, field.name)
            let end = bytes.count
            bytes.append(source, field.value)
            values.append((ByteRange(start, end), ByteRange(end, bytes.count)))
        }
    }

    private func range(_ name: StaticString) -> ByteRange? {
        for value in values where bytes.span.equals(name, in: value.name) { return value.value }
        return nil
    }

    /// Whether a field is there.
    func has(_ name: StaticString) -> Bool { range(name) != nil }

    /// A value on one line.
    func text(_ name: StaticString) -> String? { range(name).map { Unfolding.text(bytes.span, $0) } }

    /// The values of a field that may be repeated, each on one line.
    func texts(_ name: StaticString, most limit: Int) -> [String] {
        values.filter { bytes.span.equals(name, in: $0.name) }.prefix(limit).map {
            Unfolding.text(bytes.span, $0.value)
        }
    }

    /// A value that is a date.
    func date(_ name: StaticString) -> Timestamp? { range(name).flatMap { MailDate.read(bytes.span, $0) } }

    /// A value of the form `type; value`; the type is empty where there is none.
    func typed(_ name: StaticString) -> (type: String, value: String)? {
        guard let range = range(name) else { return nil }
        let (type, value) = Self.split(bytes.span, range)
        return (type, Unfolding.text(bytes.span, value))
    }

    /// A value that is a status.
    func status(_ name: StaticString) -> EnhancedStatusCode? { range(name).flatMap { Self.status(bytes.span, $0) } }

    /// The diagnostic, its folded lines apart.
    func diagnostic() -> Diagnostic? { range("diagnostic-code").flatMap { Self.diagnostic(bytes.span, $0) } }

    /// The diagnostic that a field's value is; nil when it is empty.
    static func diagnostic(_ folded: Span<UInt8>, _ value: ByteRange) -> Diagnostic? {
        var lines: [[UInt8]] = []
        var type = ""
        var start = Int(value.start)
        while start < Int(value.end) {
            var end = start
            while end < Int(value.end), !isLineEnd(folded[end]) { end += 1 }
            let line = ByteRange(skipBlanks(folded, from: start, to: end), end)
            if lines.isEmpty, end > start {
                let (found, text) = split(folded, line)
                type = found
                lines.append(folded.copy(text))
            } else if end > start {
                append(folded, line, to: &lines)
            }
            start = end + 1
        }
        guard !lines.isEmpty else { return nil }
        return Diagnostic(type: type, lines: lines.map { String(decoding: $0, as: UTF8.self) })
    }

    /// Appends a line, to the one before when it was folded for its length only: a line of a reply begins with its code
    /// (RFC 5321 §4.2).
    private static func append(_ bytes: Span<UInt8>, _ line: ByteRange, to lines: inout [[UInt8]]) {
        if isReplyLine(bytes, line) { return lines.append(bytes.copy(line)) }
        lines[lines.count - 1].append(ASCII.space)
        lines[lines.count - 1].append(bytes, line)
    }

    private static func isReplyLine(_ bytes: Span<UInt8>, _ line: ByteRange) -> Bool {
        let start = Int(line.start)
        guard line.count >= 3, (start..<start + 3).allSatisfy({ ASCII.isDigit(bytes[$0]) }) else { return false }
        return line.count == 3 || bytes[start + 3] == ASCII.space || bytes[start + 3] == UInt8(ascii: "-")
    }

    /// `type; value`, apart; the type is empty where there is none.
    private static func split(_ bytes: Span<UInt8>, _ range: ByteRange) -> (type: String, value: ByteRange) {
        let end = Int(range.end)
        var semicolon = Int(range.start)
        while semicolon < end, bytes[semicolon] != UInt8(ascii: ";") { semicolon += 1 }
        guard semicolon < end else { return ("", range) }
        let type = StructuredText.trimmed(bytes, ByteRange(Int(range.start), semicolon))
        return (String(lowering: bytes, type), ByteRange(skipBlanks(bytes, from: semicolon + 1, to: end), end))
    }

    private static func skipBlanks(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> Int {
        var offset = start
        while offset < end, ASCII.isBlank(bytes[offset]) || isLineEnd(bytes[offset]) { offset += 1 }
        return offset
    }

    private static func isLineEnd(_ byte: UInt8) -> Bool { byte == ASCII.lineFeed || byte == ASCII.carriageReturn }

    /// Reads `status-code = DIGIT "." 1*3DIGIT "." 1*3DIGIT` (RFC 3464 §2.3.4); what is behind it is passed over when it
    /// cannot belong to it, as a comment.
    private static func status(_ bytes: Span<UInt8>, _ range: ByteRange) -> EnhancedStatusCode? {
        let end = Int(range.end)
        var numbers: (UInt16, UInt16, UInt16) = (0, 0, 0)
        var offset = Int(range.start)
        guard number(bytes, &offset, end, &numbers.0), point(bytes, &offset, end),
            number(bytes, &offset, end, &numbers.1), point(bytes, &offset, end),
            number(bytes, &offset, end, &numbers.2), offset == end || endsStatus(bytes[offset]),
            let digit = UInt8(exactly: numbers.0), let statusClass = StatusClass(rawValue: digit)
        else { return nil }
        return EnhancedStatusCode(statusClass, numbers.1, numbers.2)
    }

    private static func number(_ bytes: Span<UInt8>, _ offset: inout Int, _ end: Int, _ value: inout UInt16) -> Bool {
        let start = offset
        while offset < end, offset < start + 3, ASCII.isDigit(bytes[offset]) {
            value = value * 10 + UInt16(bytes[offset] - UInt8(ascii: "0"))
            offset += 1
        }
        return offset > start
    }

    private static func point(_ bytes: Span<UInt8>, _ offset: inout Int, _ end: Int) -> Bool {
        guard offset < end, bytes[offset] == UInt8(ascii: ".") else { return false }
        offset += 1
        return true
    }

    private static func endsStatus(_ byte: UInt8) -> Bool {
        ASCII.isBlank(byte) || byte == UInt8(ascii: "(") || byte == UInt8(ascii: ";") || byte == UInt8(ascii: ",")
    }
    /// The offset behind the line that an offset lies in.
    static func nextLine(_ bytes: Span<UInt8>, from start: Int) -> Int {
        var offset = start
        while offset < bytes.count, bytes[offset] != ASCII.lineFeed { offset += 1 }
        return offset + 1
    }
}

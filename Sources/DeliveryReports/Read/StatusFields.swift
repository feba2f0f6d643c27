import MailFormat
import StatusCodes

/// One group of fields of a delivery status, by name; each value is read from the bytes in which the group was found.
struct StatusFields {
    private let fields: ArraySlice<HeaderField>

    init(_ fields: ArraySlice<HeaderField>) { self.fields = fields }

    private func range(_ name: StaticString, _ bytes: Span<UInt8>) -> ByteRange? {
        for field in fields where bytes.equals(name, in: field.name) { return field.value }
        return nil
    }

    /// Whether a field is the one that names the recipient; Courier has misspelt it for years.
    static func isFinalRecipient(_ name: ByteRange, _ bytes: Span<UInt8>) -> Bool {
        bytes.equals("final-recipient", in: name) || bytes.equals("final-receipient", in: name)
    }

    /// Whether the group is about a recipient: some reporters leave the one about the message out, or join both.
    func isAboutRecipient(in bytes: Span<UInt8>) -> Bool {
        fields.contains { Self.isFinalRecipient($0.name, bytes) } || range("original-recipient", bytes) != nil
            || range("action", bytes) != nil
    }

    /// The address that was tried.
    func finalRecipient(in bytes: Span<UInt8>) -> String? {
        address("final-recipient", in: bytes) ?? address("final-receipient", in: bytes)
    }

    /// A value on one line.
    func text(_ name: StaticString, in bytes: Span<UInt8>) -> String? {
        range(name, bytes).map { Unfolding.text(bytes, $0) }
    }

    /// An address behind its type, without the angle brackets that some reporters put around it.
    func address(_ name: StaticString, in bytes: Span<UInt8>) -> String? {
        guard let range = range(name, bytes) else { return nil }
        let address = Self.withoutBrackets(bytes, Self.behindType(bytes, range))
        guard let address, !Unfolding.isFolded(bytes, range) else {
            return RecipientAddress.lenient(Unfolding.text(bytes, range))
        }
        return String(decoding: bytes, address)
    }

    /// What stands behind the type of an address; nil when it has escapes of its own.
    private static func behindType(_ bytes: Span<UInt8>, _ range: ByteRange) -> ByteRange? {
        let end = Int(range.end)
        var semicolon = Int(range.start)
        while semicolon < end, bytes[semicolon] != UInt8(ascii: ";") { semicolon += 1 }
        let type = StructuredText.trimmed(bytes, ByteRange(Int(range.start), semicolon))
        guard semicolon < end, !type.isEmpty else { return range }
        if bytes.equals("utf-8", in: type) { return nil }
        var start = semicolon + 1
        while start < end, bytes[start] == ASCII.space { start += 1 }
        return ByteRange(start, end)
    }

    private static func withoutBrackets(_ bytes: Span<UInt8>, _ range: ByteRange?) -> ByteRange? {
        guard let range, range.count >= 2, bytes[Int(range.start)] == UInt8(ascii: "<"),
            bytes[Int(range.end) - 1] == UInt8(ascii: ">")
        else { return range }
        return ByteRange(Int(range.start) + 1, Int(range.end) - 1)
    }

    /// The word of an action; Sendmail writes a comment behind it: `relayed (to non-DSN-aware mailer)`.
    func action(_ name: StaticString, in bytes: Span<UInt8>) -> ReportAction? {
        guard let range = range(name, bytes) else { return nil }
        var end = Int(range.start)
        while end < Int(range.end), !ASCII.isBlank(bytes[end]), !Self.isLineEnd(bytes[end]),
            bytes[end] != UInt8(ascii: "(")
        { end += 1 }
        return ReportAction(rawValue: String(lowering: bytes, ByteRange(Int(range.start), end)))
    }

    /// The values of a field that may be repeated, each on one line.
    func texts(_ name: StaticString, in bytes: Span<UInt8>, most limit: Int) -> [String] {
        var texts: [String] = []
        for field in fields where texts.count < limit && bytes.equals(name, in: field.name) {
            texts.append(Unfolding.text(bytes, field.value))
        }
        return texts
    }

    /// A value that is a date.
    func date(_ name: StaticString, in bytes: Span<UInt8>) -> Timestamp? {
        range(name, bytes).flatMap { MailDate.read(bytes, $0) }
    }

    /// What stands behind the type of a value of the form `type; value`; all of it where there is none.
    func typed(_ name: StaticString, in bytes: Span<UInt8>) -> String? {
        range(name, bytes).map { Unfolding.text(bytes, Self.split(bytes, $0).value) }
    }

    /// A value that is a status.
    func status(_ name: StaticString, in bytes: Span<UInt8>) -> EnhancedStatusCode? {
        range(name, bytes).flatMap { Self.status(bytes, $0) }
    }

    /// The diagnostic, its folded lines apart.
    func diagnostic(in bytes: Span<UInt8>) -> Diagnostic? {
        range("diagnostic-code", bytes).flatMap { Self.diagnostic(bytes, $0) }
    }

    /// The diagnostic that a field's value is; nil when it is empty.
    static func diagnostic(_ folded: Span<UInt8>, _ value: ByteRange) -> Diagnostic? {
        guard Unfolding.isFolded(folded, value) else {
            let line = ByteRange(skipBlanks(folded, from: Int(value.start), to: Int(value.end)), Int(value.end))
            guard !value.isEmpty else { return nil }
            let (type, text) = split(folded, line)
            return Diagnostic(type: type, lines: [String(decoding: folded, text)])
        }
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

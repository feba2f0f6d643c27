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
    func typed(_ name: StaticString) -> (type: String, value: String)? { text(name).map(Self.split) }

    /// The diagnostic, its folded lines apart.
    func diagnostic() -> Diagnostic? {
        range("diagnostic-code").flatMap { Self.diagnostic(String(decoding: bytes[$0.offsets], as: UTF8.self)) }
    }

    /// The diagnostic that a field's value is.
    static func diagnostic(_ folded: String) -> Diagnostic? {
        var lines = folded.split(whereSeparator: \.isNewline).map { String($0.drop(while: isBlank)) }
        guard let first = lines.first else { return nil }
        let (type, value) = split(first)
        lines[0] = value
        return Diagnostic(type: type, lines: joined(lines))
    }

    /// Joins what was folded for its length only: a line of a reply begins with its code (RFC 5321 §4.2).
    private static func joined(_ lines: [String]) -> [String] {
        var joined: [String] = []
        for line in lines {
            let start = Array(line.utf8.prefix(4))
            let isReplyLine =
                start.count >= 3 && start.prefix(3).allSatisfy(ASCII.isDigit)
                && (start.count == 3 || start[3] == ASCII.space || start[3] == UInt8(ascii: "-"))
            if let last = joined.indices.last, !isReplyLine {
                joined[last] += " " + line
            } else {
                joined.append(line)
            }
        }
        return joined
    }

    private static func split(_ text: String) -> (type: String, value: String) {
        guard let semicolon = text.firstIndex(of: ";") else { return ("", text) }
        let value = text[text.index(after: semicolon)...].drop(while: isBlank)
        return (text[..<semicolon].filter { !isBlank($0) }.lowercased(), String(value))
    }

    private static func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" }

    /// Reads `status-code = DIGIT "." 1*3DIGIT "." 1*3DIGIT` (RFC 3464 §2.3.4); comments behind it are passed over.
    static func status(_ text: String) -> EnhancedStatusCode? {
        let word = text.prefix { !isBlank($0) && $0 != "(" && $0 != ";" && $0 != "," }
        let numbers = word.split(separator: ".", omittingEmptySubsequences: false)
        guard numbers.count == 3, numbers.allSatisfy({ $0.utf8.count <= 3 && $0.utf8.allSatisfy(ASCII.isDigit) }),
            let digit = UInt8(numbers[0]), let statusClass = StatusClass(rawValue: digit),
            let subject = UInt16(numbers[1]), let detail = UInt16(numbers[2])
        else { return nil }
        return EnhancedStatusCode(statusClass, subject, detail)
    }

    /// The offset behind the line that an offset lies in.
    static func nextLine(_ bytes: Span<UInt8>, from start: Int) -> Int {
        var offset = start
        while offset < bytes.count, bytes[offset] != ASCII.lineFeed { offset += 1 }
        return offset + 1
    }
}

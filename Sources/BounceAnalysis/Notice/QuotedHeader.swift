import MailFormat

/// Finds the header of a message that is quoted in a text, in whatever language it is announced.
enum QuotedHeader {
    /// How many fields in a row make a header.
    private static let fewestFields = 3

    /// The line at which a quoted header begins: fields in a row behind an empty line or a ruler, not indented.
    static func first(_ text: Span<UInt8>, _ lines: [Notice.Line]) -> Int? {
        var index = 0
        while index < lines.count {
            if canBegin(text, lines, index), let length = header(text, lines, at: index) {
                if length >= fewestFields { return index }
                index += length
            }
            index += 1
        }
        return nil
    }

    private static func canBegin(_ text: Span<UInt8>, _ lines: [Notice.Line], _ index: Int) -> Bool {
        guard lines[index].indent == 0, !lines[index].isBlank else { return false }
        // An empty line, a ruler or an announcement stands before a quoted header.
        if index > 0, case let before = lines[index - 1],
            !before.isBlank, !isRuler(text, before.range), !endsWithColon(text, before.range)
        {
            return false
        }
        return isKnown(text, lines[index].range)
    }

    /// How many fields begin at a line, one that names nobody's mail not counted; nil when it is a report's own field.
    private static func header(_ text: Span<UInt8>, _ lines: [Notice.Line], at start: Int) -> Int? {
        var fields = 0
        var known = 0
        var index = start
        while index < lines.count, !lines[index].isBlank {
            if lines[index].indent == 0 || fields == 0 {
                guard HeaderReader.isFieldLine(text, lines[index].range) else { break }
                fields += 1
                if isKnown(text, lines[index].range) { known += 1 }
                if fields >= 8 { break }
            }
            index += 1
        }
        let isTrace =
            text.matches("received:", at: Int(lines[start].start))
            || text.matches("return-path:", at: Int(lines[start].start))
        if isTrace, fields >= 2 { return max(fields, fewestFields) }
        return known >= 2 ? fields : 0
    }

    /// Fields that every message has, by their first letter; none of them stands in a delivery status.
    private static let names: [[StaticString]] = {
        let all: [StaticString] = [
            "received:", "return-path:", "message-id:", "from:", "to:", "subject:", "date:", "mime-version:",
            "dkim-signature:", "content-type:", "reply-to:", "sender:", "delivered-to:", "cc:", "user-agent:",
            "x-mailer:", "arc-seal:", "x-google-dkim-signature:", "authentication-results:", "domainkey-signature:",
            "in-reply-to:", "content-transfer-encoding:", "list-unsubscribe:", "x-originating-ip:", "received-spf:",
            "precedence:",
        ]
        return (0..<32).map { letter in
            // A StaticString's first byte is there: none of these is empty.
            all.filter { name in unsafe name.utf8Start.pointee & 31 == UInt8(letter) }
        }
    }()

    static func isKnown(_ text: Span<UInt8>, _ line: ByteRange) -> Bool {
        guard line.count > 3, ASCII.isLetter(text[Int(line.start)]) else { return false }
        for name in names[Int(text[Int(line.start)] & 31)] where text.matches(name, at: Int(line.start)) { return true }
        return false
    }

    /// Whether a line consists of one character such as a hyphen, repeated.
    static func isRuler(_ text: Span<UInt8>, _ line: ByteRange) -> Bool {
        guard line.count >= 3 else { return false }
        let first = text[Int(line.start)]
        guard !ASCII.isLetterOrDigit(first), first < 0x80 else { return false }
        for offset in line.offsets where text[offset] != first && !ASCII.isBlank(text[offset]) { return false }
        return true
    }

    private static func endsWithColon(_ text: Span<UInt8>, _ line: ByteRange) -> Bool {
        var end = Int(line.end)
        while end > Int(line.start), ASCII.isBlank(text[end - 1]) { end -= 1 }
        return end > Int(line.start) && text[end - 1] == UInt8(ascii: ":")
    }
}

extension HeaderReader {
    /// Whether a line has the form of a field: a name, a colon, and nothing that a sentence would have before it.
    static func isFieldLine(_ text: Span<UInt8>, _ line: ByteRange) -> Bool {
        var offset = Int(line.start)
        while offset < Int(line.end),
            ASCII.isLetterOrDigit(text[offset]) || text[offset] == UInt8(ascii: "-")
                || text[offset] == UInt8(ascii: "_")
        { offset += 1 }
        return offset > Int(line.start) && offset < Int(line.end) && text[offset] == UInt8(ascii: ":")
    }
}

import MailFormat
import StatusCodes

/// Lines of a session that a notice quotes: `>>> RCPT To:<…>` and `<<< 550 …`, or `In:` and `Out:`.
enum Dialogue {
    /// How many characters of a line's text mark it as one of the other side's; 0 when it is none.
    static func prefix(_ text: Span<UInt8>, _ line: Notice.Line) -> Int {
        let start = Int(line.start)
        if text.matches("<<< ", at: start) { return 4 }
        if text.matches("out: ", at: start) { return 5 }
        return behindTime(text, line, "<-- ").map { $0 - start } ?? 0
    }

    /// Behind the arrow of a log line: `Wed 2026-01-07 09:04:59: <-- 250 Ok`; nil when it is none.
    private static func behindTime(_ text: Span<UInt8>, _ line: Notice.Line, _ arrow: StaticString) -> Int? {
        let start = Int(line.start)
        // The day of the week has three letters; few other lines begin so.
        guard line.range.count > 24, text[start + 3] == ASCII.space, ASCII.isDigit(text[start + 4]) else { return nil }
        for offset in start + 8..<min(start + 32, Int(line.end)) where text.matches(arrow, at: offset) {
            return offset + arrow.utf8CodeUnitCount
        }
        return nil
    }

    /// Whether an offset is where the reply on such a line begins.
    static func isReply(_ text: Span<UInt8>, _ line: Notice.Line, at offset: Int) -> Bool {
        let length = prefix(text, line)
        return length > 0 && offset == Int(line.start) + length
    }

    /// The stage of the command on a line of our side; nil when the line has none.
    static func command(_ text: Span<UInt8>, _ line: Notice.Line) -> Stage? {
        guard let start = commandStart(text, line) else { return nil }
        if text.matches("rcpt", at: start) { return .rcpt }
        if text.matches("mail", at: start) { return .mail }
        if text.matches("data", at: start) { return .data }
        if text.matches(".", at: start) || text.matches("bdat", at: start) { return .dot }
        if text.matches("ehlo", at: start) || text.matches("helo", at: start) { return .helo }
        if text.matches("starttls", at: start) { return .starttls }
        return text.matches("quit", at: start) ? .quit : nil
    }

    /// The stage of a command that stands alone on a line, as gateways tell it under a heading of their own: `DATA`.
    static func loneCommand(_ text: Span<UInt8>, _ line: Notice.Line) -> Stage? {
        let start = Int(line.start)
        if line.range.count == 4, text.matches("data", at: start) { return .data }
        if text.matches("rcpt to:<", at: start) { return .rcpt }
        return text.matches("mail from:<", at: start) ? .mail : nil
    }

    /// Where the command on a line of our side begins.
    static func commandStart(_ text: Span<UInt8>, _ line: Notice.Line) -> Int? {
        let start = Int(line.start)
        if text.matches(">>> ", at: start) { return start + 4 }
        if let behind = behindTime(text, line, "--> ") { return behind }
        guard text.matches("in: ", at: start) else { return nil }
        var offset = start + 4
        while offset < Int(line.end), ASCII.isBlank(text[offset]) { offset += 1 }
        return offset
    }
}

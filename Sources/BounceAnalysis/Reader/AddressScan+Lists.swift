import MailFormat

// Lists of recipients, and what stands beside them.
extension AddressScan {
    /// How long the name before an address may be.
    private static let longestName = 64

    /// Whether a line holds a name, the address in brackets and nothing else, as an entry of a list does: behind an empty
    /// line or an announcement.
    static func isListed(_ range: ByteRange, _ behind: Int, _ line: Int, _ notice: Notice) -> Bool {
        let text = notice.text.span
        let current = notice.lines[line]
        let bracket = Int(range.start) - 1
        guard bracket > Int(current.start), bracket - Int(current.start) <= longestName,
            text[bracket] == UInt8(ascii: "<") || text[bracket] == UInt8(ascii: "("),
            isBlank(text, behind, Int(current.end)), line == 0 || announces(text, notice.lines[line - 1])
        else { return false }
        for offset in Int(current.start)..<bracket where text[offset] == UInt8(ascii: ":") { return false }
        return true
    }

    /// How many digits number a list of as many recipients as are kept, and more.
    private static let mostDigits = 6

    /// Behind the number of an entry of a list, `1.` or `2)`; the line's beginning when it has none.
    static func behindNumber(_ text: Span<UInt8>, _ line: Notice.Line) -> Int {
        var offset = Int(line.start)
        while offset < Int(line.end), offset - Int(line.start) < mostDigits, ASCII.isDigit(text[offset]) { offset += 1 }
        guard offset > Int(line.start), offset + 1 < Int(line.end),
            text[offset] == UInt8(ascii: ".") || text[offset] == UInt8(ascii: ")"), ASCII.isBlank(text[offset + 1])
        else { return Int(line.start) }
        return offset + 1
    }

    /// The line before a signature: two hyphens, and perhaps a blank.
    static func isSignature(_ text: Span<UInt8>, _ line: Notice.Line) -> Bool {
        let length = line.end - line.start
        return line.indent == 0 && (length == 2 || length == 3 && text[Int(line.end) - 1] == ASCII.space)
            && text.matches("--", at: Int(line.start))
    }

    /// Whether an address goes on with the list of the one before it: only a comma or a semicolon stands between them.
    static func isNext(_ text: Span<UInt8>, _ range: ByteRange, to last: FoundAddress) -> Bool {
        guard last.role == .head || last.role == .named, range.start > last.range.end,
            range.start - last.range.end <= 16
        else { return false }
        var isSeparated = false
        for offset in Int(last.range.end)..<Int(range.start) {
            if text[offset] == UInt8(ascii: ",") || text[offset] == UInt8(ascii: ";") { isSeparated = true }
            if ASCII.isLetterOrDigit(text[offset]) || text[offset] >= 0x80 { return false }
        }
        return isSeparated
    }

    /// Whether the line above, which ends with a colon, speaks of somebody to ask and of no failure:
    /// `If you have questions, contact the service desk:`.
    static func isAnnouncedAside(_ notice: Notice, _ line: Int) -> Bool {
        var above = line - 1
        while above > 0, notice.lines[above].isBlank { above -= 1 }
        guard above >= 0, !notice.lines[above].isBlank else { return false }
        let marks = notice.lines[above].marks
        return notice.text[Int(notice.lines[above].end) - 1] == UInt8(ascii: ":") && marks.contains(.stranger)
            && !marks.contains(.recipient) && !marks.contains(.failure) && !marks.contains(.delay)
    }

    /// An address that a paragraph happens to wrap before is only mentioned; the details of a recipient, which stand
    /// deeper than it, are no recipients.
    static func settleHeads(_ found: inout [FoundAddress], _ notice: Notice) {
        var lastHead: (line: Int, indent: Int32)?
        for index in found.indices where found[index].role == .head {
            let line = found[index].line
            let indent = notice.lines[line].indent
            let before = line > 0 ? notice.lines[line - 1] : nil
            let isContinued = before.map { !$0.isBlank } ?? false
            if let last = lastHead, indent > last.indent, isContinued, !isSeparated(notice, last.line, line) {
                found[index].role = .mentioned
                continue
            }
            if !found[index].isAlone, !found[index].hasColon, isContinued, let before, before.indent == indent,
                !announces(notice.text.span, before), lastHead?.line != line - 1,
                notice.text[Int(notice.lines[line].start)] != UInt8(ascii: "|")
            {
                found[index].role = .mentioned
                continue
            }
            lastHead = (line, indent)
        }
    }

    private static func isSeparated(_ notice: Notice, _ from: Int, _ to: Int) -> Bool {
        for line in from..<to where notice.lines[line].isBlank { return true }
        return false
    }

    /// Whether a line ends as one does that announces a list, or is a ruler.
    private static func announces(_ text: Span<UInt8>, _ line: Notice.Line) -> Bool {
        guard !line.isBlank else { return true }
        var end = Int(line.end)
        while end > Int(line.start), ASCII.isBlank(text[end - 1]) { end -= 1 }
        let last = text[end - 1]
        return last == UInt8(ascii: ":") || last == UInt8(ascii: "-") || last == UInt8(ascii: "|")
            || last == UInt8(ascii: "=") || last == UInt8(ascii: "*") || last == UInt8(ascii: ".")
    }
}

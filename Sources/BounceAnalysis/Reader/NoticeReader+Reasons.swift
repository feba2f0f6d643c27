import DeliveryReports
import MailFormat
import StatusCodes

// Where a notice says why a recipient failed.
extension NoticeReader {
    /// How much of a notice is taken for its reason where no reply is quoted.
    ///
    /// Providers explain themselves in a few hundred characters, which have three octets each in most scripts.
    private static let longestReason = 3072

    /// Where the reason of a recipient stands: behind its address, behind all addresses, or before them.
    func reason(of recipient: TextRecipient?) -> Range<Int> {
        if let recipient {
            if place == .onLine { return frame(of: recipient).before }
            if let own = ownWords(of: recipient) { return own }
            if place == .above, let above = above(recipient) { return above }
        }
        let last = text.recipients.last.map { Int($0.address.end) } ?? 0
        let behind = last..<ruler(from: last, to: min(notice.end, last + Self.longestReason))
        return last > 0 && hasWords(behind) ? behind : before
    }

    /// The lines right above an address, or above the addresses over it; nil when an empty line is there.
    func above(_ recipient: TextRecipient) -> Range<Int>? {
        var end = frame(of: recipient).line.lowerBound
        while end > 0 {
            let line = lineBefore(end)
            if namesRecipient(line) {
                end = line.lowerBound
                continue
            }
            guard hasWords(line) else { return nil }
            var start = line.lowerBound
            while start > 0, case let next = lineBefore(start), hasWords(next), !namesRecipient(next),
                end - next.lowerBound <= Self.longestReason
            {
                start = next.lowerBound
            }
            return start..<end
        }
        return nil
    }

    /// The line that ends with the octet before an offset.
    private func lineBefore(_ end: Int) -> Range<Int> {
        var start = end - 1
        while start > 0, notice.text[start - 1] != ASCII.lineFeed { start -= 1 }
        return start..<end
    }

    private func namesRecipient(_ line: Range<Int>) -> Bool {
        text.recipients.contains { line.contains(Int($0.address.start)) }
    }

    /// What the notice says of one recipient alone, behind its address.
    func ownWords(of recipient: TextRecipient) -> Range<Int>? {
        // What follows the place that makes it a recipient comes before what follows other mentions.
        let blocks = recipient.blocks
        let place = blocks.firstIndex { $0.lowerBound == Int(recipient.address.start) } ?? 0
        for block in blocks[place...] + blocks[..<place] {
            let own = paragraph(behind: block, address: recipient)
            if hasWords(own) { return own }
        }
        return nil
    }

    /// Where a line that only rules off what follows begins; the limit when there is none.
    private func ruler(from start: Int, to limit: Int) -> Int {
        let text = notice.text.span
        var line = ByteScan.lineFeed(text, from: start) + 1
        while line < limit {
            let end = min(ByteScan.lineFeed(text, from: line), limit)
            if end - line >= Self.shortestRuler, QuotedHeader.isRuler(text, ByteRange(line, end)) { return line }
            line = end + 1
        }
        return limit
    }

    /// Shorter rows of a sign are ornaments.
    private static let shortestRuler = 10

    /// What stands before all recipients.
    private var before: Range<Int> {
        var end = text.recipients.first.map { Int($0.address.start) } ?? notice.end
        // The bracket that opens an address is none of the words before it.
        while end > 0, notice.text[end - 1] == UInt8(ascii: "<") || notice.text[end - 1] <= ASCII.space { end -= 1 }
        return max(0, end - Self.longestReason)..<end
    }

    /// The line that names a recipient, where it says more than the address: `The mailbox is full: <bob@example.net>`.
    func sentence(around recipient: TextRecipient) -> String {
        let (before, line) = frame(of: recipient)
        return hasWords(before) ? ReplyText.sentence(notice.text.span, line) : ""
    }

    /// The line that names a recipient, and its part before the address.
    func frame(of recipient: TextRecipient) -> (before: Range<Int>, line: Range<Int>) {
        let address = recipient.address.offsets
        let floor = max(0, address.lowerBound - Self.longestFrame)
        var start = address.lowerBound
        while start > floor, notice.text[start - 1] != ASCII.lineFeed { start -= 1 }
        let limit = min(notice.text.count, address.upperBound + Self.longestFrame)
        var end = address.upperBound
        while end < limit, notice.text[end] != ASCII.lineFeed { end += 1 }
        return (start..<address.lowerBound, start..<end)
    }

    /// What follows the first words that announce a reason, up to an empty line: for the only recipient of a notice.
    var announced: String {
        guard text.recipients.count == 1, let hit = notice.hits.first(where: { $0.mark == .reason }) else { return "" }
        var start = Int(hit.end)
        while start < notice.end, notice.text[start] <= ASCII.space { start += 1 }
        let limit = min(notice.end, start + Self.longestReason)
        var end = start
        while end < limit {
            if notice.text[end] == ASCII.lineFeed, end + 1 < limit, notice.text[end + 1] == ASCII.lineFeed { break }
            end += 1
        }
        return ReplyText.sentence(notice.text.span, start..<max(start, end))
    }

    /// How many octets of a line on either side of an address are looked at: a line of a notice has some eighty, and a
    /// hostile one may name thousands of recipients.
    private static let longestFrame = 256

    /// The text behind an address, up to an empty line.
    private func paragraph(behind block: Range<Int>, address: TextRecipient?) -> Range<Int> {
        let text = notice.text
        let length = address.map { $0.address.count } ?? 0
        var start = min(block.lowerBound + length, block.upperBound)
        // The bracket, the colon and the dots that close an address are none of its reason.
        while start < block.upperBound, Self.isClosing(text[start]) { start += 1 }
        let limit = min(lineStart(before: block.upperBound, from: start), start + Self.longestReason)
        var offset = start
        while offset < limit {
            if text[offset] == ASCII.lineFeed, offset + 1 < limit, text[offset + 1] == ASCII.lineFeed { break }
            offset += 1
        }
        return start..<max(start, offset)
    }

    /// Where the line begins on which another recipient's block does: words before its address are not this one's.
    private func lineStart(before end: Int, from start: Int) -> Int {
        guard end < notice.end else { return end }
        var line = end
        while line > start, notice.text[line - 1] != ASCII.lineFeed { line -= 1 }
        return line > start ? line : end
    }

    private static func isClosing(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ">") || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
            || byte == UInt8(ascii: "\"")
            || byte == UInt8(ascii: "'") || byte == UInt8(ascii: "]") || byte == UInt8(ascii: ";")
    }

    func hasWords(_ range: Range<Int>) -> Bool {
        var letters = 0
        for offset in range where ASCII.isLetter(notice.text[offset]) || notice.text[offset] >= 0x80 {
            letters += 1
            if letters >= 4 { return true }
        }
        return false
    }

    /// What the reporter says of its own attempts.
    func condition(in range: Range<Int>, _ action: ReportAction) -> Condition? {
        var found: Condition?
        for hit in notice.hits where range.contains(Int(hit.start)) {
            switch hit.mark {
            case .expired: return action == .delayed ? .delayWarning : .queueExpired
            case .connection: found = .noAnswer
            default: break
            }
        }
        return found
    }
}

import DeliveryReports
import MailFormat
import StatusCodes

/// Joins what a notice says with what the part for programs says.
struct NoticeReader {
    let notice: Notice
    let text: TextReport
    /// Where the reasons of several recipients stand.
    private var place = ReasonPlace.behind
    /// The reply that several share stands among the words about one of them.
    private var isReplyOwned = false

    /// Where the reason of each of several recipients stands.
    private enum ReasonPlace {
        /// Behind its address, or behind or before all addresses.
        case behind
        /// On its line, before the address: `The mailbox is full: <bob@example.net>`.
        case onLine
        /// On the lines above it, or above the addresses that share it.
        case above
    }

    init(_ notice: Notice, strangers: FoldedAddresses, known: FoldedAddresses) {
        self.notice = notice
        text = TextReport(notice, strangers: strangers, known: known)
        settle()
    }

    /// How many recipients are looked at for words around their addresses: programs that write such lists have few.
    private static let mostSettled = 64

    /// Finds out where the reasons of several recipients stand.
    private mutating func settle() {
        let recipients = text.recipients
        guard recipients.count > 1 else { return }
        if let shared = recipients.first(where: \.sharesReply)?.reply,
            let owner = recipients.first(where: { !$0.sharesReply && $0.reply?.start == shared.start })
        {
            isReplyOwned = ownWords(of: owner)?.contains(shared.start) ?? false
        }
        guard recipients.count <= Self.mostSettled, recipients.allSatisfy({ ownWords(of: $0) == nil }) else { return }
        if recipients.allSatisfy({ hasWords(frame(of: $0).before) }) {
            place = .onLine
        } else if recipients.dropFirst().contains(where: { above($0) != nil }) {
            place = .above
        }
    }

    /// How much of a notice is taken for its reason where no reply is quoted.
    ///
    /// Providers explain themselves in a few hundred characters, which have three octets each in most scripts.
    private static let longestReason = 3072

    // MARK: From the notice alone

    /// The recipients that the notice names.
    func verdicts(_ action: ReportAction) -> [Verdict] {
        text.recipients.map { recipient in
            var verdict = Verdict()
            verdict.recipient = printed(recipient.address)
            verdict.originalRecipient = recipient.alias.map(printed)
            verdict.action = action
            fill(&verdict, recipient)
            return verdict
        }
    }

    /// A recipient whose address is known from elsewhere.
    func verdict(_ address: String?, _ action: ReportAction) -> Verdict {
        var verdict = Verdict()
        verdict.recipient = address
        verdict.action = action
        let found = address.flatMap(named)
        verdict.originalRecipient = found?.alias.map(printed)
        fill(&verdict, found)
        return verdict
    }

    private func printed(_ range: ByteRange) -> String {
        String(decoding: notice.text.span, range)
    }

    /// What the notice says of an address; of the only recipient when it names just one.
    private func named(_ address: String) -> TextRecipient? {
        let utf8 = address.utf8
        return text.recipients.first { recipient in
            isSame(recipient.address, utf8.span) || recipient.alias.map { isSame($0, utf8.span) } ?? false
        }
    }

    private func isSame(_ range: ByteRange, _ address: Span<UInt8>) -> Bool {
        FoldedAddresses.isSame(notice.text.span, range, address, ByteRange(0, address.count))
    }

    // MARK: Both

    /// Adds what the notice says to what the part for programs says.
    func complete(_ verdict: inout Verdict, isOnly: Bool) {
        let found = verdict.recipient.flatMap(named) ?? verdict.originalRecipient.flatMap(named)
        guard let found = found ?? (isOnly ? text.recipients.first : nil) else {
            if isOnly { fill(&verdict, nil) }
            return
        }
        fill(&verdict, found)
        if let recipient = verdict.recipient, Self.isFileOrProgram(recipient) {
            verdict.recipient = printed(found.alias ?? found.address)
        } else if verdict.originalRecipient == nil {
            verdict.originalRecipient = found.alias.map(printed)
        }
    }

    /// `/var/mail/bob` and `|procmail` are no recipients: whom they were tried for is.
    private static func isFileOrProgram(_ recipient: String) -> Bool {
        recipient.hasPrefix("/") || recipient.hasPrefix("|")
    }

    private func fill(_ verdict: inout Verdict, _ recipient: TextRecipient?) {
        var quoted = recipient?.reply
        // With one recipient every reply is about it: digits anywhere say more than a status beside its address.
        if quoted?.code == nil, text.recipients.count <= 1 { quoted = strongest ?? quoted }
        // What a notice quotes is a refusal, of another recipient where this one has the message.
        if verdict.action != .failed, verdict.action != .delayed { quoted = nil }
        if let recipient, recipient.sharesReply, let quoted {
            if !verdict.saysWhy { share(&verdict, recipient, quoted) }
            return
        }
        if let quoted {
            let printed = ReplyText.printed(notice.text.span, quoted)
            if verdict.reply?.code == nil, printed.code != nil || verdict.reply?.status == nil {
                verdict.reply = printed
                verdict.hint = quoted.hint
            }
            if verdict.stage == nil { verdict.stage = quoted.stage }
            if verdict.remoteMTA == nil { verdict.remoteMTA = HostName.before(notice, quoted.start) }
        }
        if verdict.reply?.code == nil {
            let range = reason(of: recipient)
            if verdict.sentence.isEmpty { verdict.sentence = ReplyText.sentence(notice.text.span, range) }
            if verdict.frames.isEmpty, let recipient { verdict.frames = [sentence(around: recipient), announced] }
            if verdict.condition == nil { verdict.condition = condition(in: range, verdict.action) }
        }
    }

    /// Adds a reply that stands for all recipients, and what the notice says of this one.
    private func share(_ verdict: inout Verdict, _ recipient: TextRecipient, _ quoted: FoundReply) {
        verdict.shared = Verdict.Shared(
            reply: ReplyText.printed(notice.text.span, quoted),
            hint: quoted.hint,
            stage: quoted.stage,
            remoteMTA: HostName.before(notice, quoted.start)
        )
        guard let own = ownWords(of: recipient) else { return }
        if isReplyOwned { verdict.shared = nil }
        verdict.sentence = ReplyText.sentence(notice.text.span, own)
        verdict.condition = condition(in: own, verdict.action)
    }

    /// The surest reply of the whole notice; of equals the first.
    private var strongest: FoundReply? {
        var best: FoundReply?
        for reply in text.replies {
            guard let current = best else {
                best = reply
                continue
            }
            let isBetter = reply.rank > current.rank
            if isBetter { best = reply }
        }
        return best
    }

    // MARK: Reasons

    /// Where the reason of a recipient stands: behind its address, behind all addresses, or before them.
    private func reason(of recipient: TextRecipient?) -> Range<Int> {
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
    private func above(_ recipient: TextRecipient) -> Range<Int>? {
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
    private func ownWords(of recipient: TextRecipient) -> Range<Int>? {
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
    private func sentence(around recipient: TextRecipient) -> String {
        let (before, line) = frame(of: recipient)
        return hasWords(before) ? ReplyText.sentence(notice.text.span, line) : ""
    }

    /// The line that names a recipient, and its part before the address.
    private func frame(of recipient: TextRecipient) -> (before: Range<Int>, line: Range<Int>) {
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
    private var announced: String {
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

    private func hasWords(_ range: Range<Int>) -> Bool {
        var letters = 0
        for offset in range where ASCII.isLetter(notice.text[offset]) || notice.text[offset] >= 0x80 {
            letters += 1
            if letters >= 4 { return true }
        }
        return false
    }

    /// What the reporter says of its own attempts.
    private func condition(in range: Range<Int>, _ action: ReportAction) -> Condition? {
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

/// The host that a notice names before a reply: `host mx.example.net[192.0.2.1] said:`.
enum HostName {
    /// How far before the reply it may stand.
    private static let farthest = 160

    static func before(_ notice: Notice, _ offset: Int) -> String? {
        let text = notice.text.span
        var start = offset - 1
        while start >= 0, offset - start <= farthest {
            if text.matches("host ", at: start) || text.matches("host\n", at: start) {
                return name(text, from: start + 5)
            }
            if text.matches("talking to ", at: start) { return name(text, from: start + 11) }
            start -= 1
        }
        return nil
    }

    private static func name(_ text: Span<UInt8>, from start: Int) -> String? {
        var first = start
        while first < text.count, text[first] <= ASCII.space { first += 1 }
        var end = first
        while end < text.count,
            ASCII.isLetterOrDigit(text[end]) || text[end] == UInt8(ascii: ".")
                || text[end] == UInt8(ascii: "-")
        { end += 1 }
        while end > first, text[end - 1] == UInt8(ascii: ".") { end -= 1 }
        guard end > first + 3 else { return nil }
        let name = String(decoding: text, ByteRange(first, end))
        return name.contains(".") ? name : nil
    }
}

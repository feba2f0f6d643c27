import MailFormat
import StatusCodes

/// A reply that a notice quotes, or a status that it prints.
struct FoundReply {
    /// The three digits; nil when only a status is printed.
    var code: ReplyCode?
    /// The status printed with it.
    var status: EnhancedStatusCode?
    /// A status within its words, in the manner of qmail: `(#5.1.1)`.
    var hint: EnhancedStatusCode?
    /// Where it begins: at the digits; at the line's text when there are none.
    let start: Int
    /// Where its text ends.
    let end: Int
    /// How sure it is that this is a reply, and whose.
    let strength: Int
    /// The stage that its surroundings name.
    var stage: Stage?
    /// Where words begin that stand before it and belong to it: what a program on the reporter's own system said.
    var words: Int?

    /// Nothing but numbers: the words stand elsewhere.
    var isBare = false

    /// How much it tells: digits more than a status alone; of equals, one with words more than one without.
    var rank: Int { (strength + (code == nil ? 0 : 100)) * 2 - (isBare ? 1 : 0) }
}

/// Finds replies and statuses in a notice.
enum ReplyScan {
    /// How much text belongs to a reply at most.
    static let longest = 2048
    /// How many are kept.
    static let most = AnalysisLimits.recipients
    /// The least strength that makes three digits a reply.
    private static let threshold = 2

    /// The replies of a notice, in order; `heads` tells on which lines recipients begin.
    static func replies(_ notice: Notice, heads: [Bool]) -> [FoundReply] {
        var found: [FoundReply] = []
        var command: Stage?
        var isAnswered = false
        var hit = 0
        for (index, line) in notice.lines.enumerated() where !line.isBlank && found.count < most {
            // A command is over when the other side has answered it: what the reporter sums up below is about others, too.
            let isAnswer = Dialogue.prefix(notice.text.span, line) > 0
            if isAnswered, !isAnswer { command = nil }
            isAnswered = isAnswer
            if let said = Dialogue.command(notice.text.span, line) { command = said }
            if let last = found.last, Int(line.end) <= last.end { continue }
            scan(notice, index, heads, command, &hit, &found)
        }
        if let only = onlyCommand(notice) {
            for index in found.indices where found[index].stage == nil { found[index].stage = only }
        }
        return found
    }

    /// The command that a notice names on a line of its own, when it is the only one: every reply is to that.
    private static func onlyCommand(_ notice: Notice) -> Stage? {
        var only: Stage?
        for line in notice.lines {
            guard let stage = Dialogue.loneCommand(notice.text.span, line) else { continue }
            guard only == nil else { return nil }
            only = stage
        }
        return only
    }

    private static func scan(
        _ notice: Notice,
        _ index: Int,
        _ heads: [Bool],
        _ command: Stage?,
        _ hit: inout Int,
        _ found: inout [FoundReply]
    ) {
        let text = notice.text.span
        let line = notice.lines[index]
        var offset = max(Int(line.start), found.last?.end ?? 0)
        while true {
            // 4 and 5 differ in one bit.
            offset = ByteScan.first(text, UInt8(ascii: "4"), but: 1, from: offset, to: Int(line.end))
            guard offset + 2 < Int(line.end) else { return }
            guard isStart(text, offset, line) else {
                offset += 1
                continue
            }
            if let code = code(text, at: offset, to: Int(line.end)) {
                let strength = strength(text, offset, line, notice, &hit)
                if strength >= threshold {
                    let end = end(notice, from: offset, line: index, heads)
                    var reply = FoundReply(code: code, start: offset, end: end, strength: strength)
                    reply.status = direct(text, behind: offset + 3, to: end, code)
                    if reply.status == nil { reply.hint = hint(text, from: offset + 3, to: end) }
                    reply.stage = stage(notice, offset, end, line: index, heads) ?? command
                    reply.isBare = isBare(text, offset, end)
                    found.append(reply)
                    if let inner = inner(text, from: offset + 3, to: end) { found.append(inner) }
                    if end >= Int(line.end) { return }
                    offset = max(end, offset + 3)
                    continue
                }
            } else if let status = EnhancedStatusCode.scanned(text, at: offset), status.end <= Int(line.end) {
                let strength = Self.strength(ofStatus: text, offset, status.end, line)
                if strength > 0 {
                    let end = end(notice, from: Int(line.start), line: index, heads)
                    var reply = FoundReply(code: nil, start: Int(line.start), end: end, strength: strength)
                    reply.status = status.code
                    reply.stage = stage(notice, offset, end, line: index, heads) ?? command
                    found.append(reply)
                    offset = status.end
                    continue
                }
            }
            offset += 1
        }
    }

    /// `554 4.4.7 Message expired.<421 4.4.2 Connection timed out>`: the last real reply, which counts more.
    private static func inner(_ text: Span<UInt8>, from start: Int, to end: Int) -> FoundReply? {
        var offset = start
        while offset + 10 < end {
            if text[offset] == UInt8(ascii: "<"), let code = ReplyCode.parsed(text, at: offset + 1),
                code.rawValue >= 400,
                let status = EnhancedStatusCode.scanned(text, at: offset + 5)
            {
                let end = closing(text, from: offset + 1, to: end)
                var reply = FoundReply(code: code, start: offset + 1, end: end, strength: 9)
                reply.status = status.code
                return reply
            }
            offset += 1
        }
        return nil
    }

    // MARK: Digits

    /// Whether a number begins here: nothing that it could belong to stands before it.
    private static func isStart(_ text: Span<UInt8>, _ offset: Int, _ line: Notice.Line) -> Bool {
        guard offset > Int(line.start) else { return true }
        switch text[offset - 1] {
        case ASCII.space, ASCII.tab, UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "'"), UInt8(ascii: "\""),
            UInt8(ascii: ">"), UInt8(ascii: "<"), UInt8(ascii: ":"), UInt8(ascii: "="), UInt8(ascii: "#"),
            UInt8(ascii: ";"), UInt8(ascii: "`"):
            return true
        default: return text[offset - 1] >= 0x80
        }
    }

    /// Three digits of a reply, and a character that may follow them.
    private static func code(_ text: Span<UInt8>, at start: Int, to end: Int) -> ReplyCode? {
        guard start + 3 <= end, ASCII.isDigit(text[start + 1]), ASCII.isDigit(text[start + 2]) else { return nil }
        if start + 3 < end {
            switch text[start + 3] {
            case ASCII.space, ASCII.tab, UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: "'"), UInt8(ascii: "\""),
                UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: ";"), UInt8(ascii: ","), UInt8(ascii: "<"):
                break
            case UInt8(ascii: "."):
                guard start + 4 >= end || ASCII.isBlank(text[start + 4]) else { return nil }
            default: return nil
            }
        }
        return ReplyCode.parsed(text, at: start)
    }

    /// The status behind the digits; also behind digits that a gateway prints once more.
    static func direct(_ text: Span<UInt8>, behind start: Int, to end: Int, _ code: ReplyCode?) -> EnhancedStatusCode? {
        var offset = start
        while offset < end, isBetween(text[offset]) { offset += 1 }
        if let code, offset + 4 < end, ReplyCode.parsed(text, at: offset) == code, isBetween(text[offset + 3]) {
            return direct(text, behind: offset + 3, to: end, nil)
        }
        guard let found = EnhancedStatusCode.scanned(text, at: offset), found.end <= end else { return nil }
        return found.code
    }

    /// A status in the manner of qmail, among the words: `(#5.1.1)`.
    static func hint(_ text: Span<UInt8>, from start: Int, to end: Int) -> EnhancedStatusCode? {
        var offset = start
        while offset + 7 < end {
            if text[offset] == UInt8(ascii: "("), text[offset + 1] == UInt8(ascii: "#"),
                let found = EnhancedStatusCode.scanned(text, at: offset + 2), found.end <= end
            {
                return found.code
            }
            offset += 1
        }
        return nil
    }

    private static func isBetween(_ byte: UInt8) -> Bool {
        switch byte {
        case ASCII.space, ASCII.tab, ASCII.lineFeed, UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: "#"),
            UInt8(ascii: "["), UInt8(ascii: "'"):
            true
        default: false
        }
    }

    private static func isBare(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        for offset in start..<end where ASCII.isLetter(text[offset]) || text[offset] >= 0x80 { return false }
        return true
    }

    // MARK: Surroundings

    /// 0 for a number in a sentence, up to 8 for a reply that another host is said to have given.
    private static func strength(
        _ text: Span<UInt8>,
        _ offset: Int,
        _ line: Notice.Line,
        _ notice: Notice,
        _ hit: inout Int
    ) -> Int {
        var strength = 0
        if let behind = EnhancedStatusCode.scanned(text, at: offset + 4), offset + 4 < Int(line.end),
            behind.code.statusClass.rawValue == text[offset] - UInt8(ascii: "0")
        {
            strength += 3
        }
        if Dialogue.isReply(text, line, at: offset) { return strength + 5 }
        // `550-'5.2.2 Mailbox full'`, and `<421 4.4.2 Connection timed out>`: a reply within the reporter's words.
        if text.matches("-'", at: offset + 3) || (offset > 0 && text[offset - 1] == UInt8(ascii: "<")) {
            return strength + 5
        }
        var before = offset
        while before > 0, isGap(text[before - 1]) { before -= 1 }
        while hit < notice.hits.count, Int(notice.hits[hit].start) < before - 64 { hit += 1 }
        var index = hit
        while index < notice.hits.count, Int(notice.hits[index].start) <= offset {
            let candidate = notice.hits[index]
            if candidate.mark == .reply || candidate.mark == .reason, Int(candidate.end) >= before,
                Int(candidate.end) <= offset
            {
                return strength + 4
            }
            index += 1
        }
        if offset == Int(line.start) { return strength + 2 }
        if before <= Int(line.start) || isOrnamental(text, Int(line.start), before) { return strength + 2 }
        let previous = text[before - 1]
        // The type of a diagnostic (RFC 3464 §2.1.2), in the words of a notice.
        if text.matches("smtp;", at: before - 5) { return strength + 4 }
        let isInBrackets = text[offset - 1] == UInt8(ascii: "(") || text[offset - 1] == UInt8(ascii: "[")
        if isBehindAddress(text, before, line, atOnce: isInBrackets) { return strength + 2 }
        if previous == UInt8(ascii: ":") || previous == UInt8(ascii: "]") { return strength + 2 }
        if text.matches("code", at: before - 4) || text.matches("error", at: before - 5) { return strength + 2 }
        return text[offset - 1] == UInt8(ascii: "'") || text[offset - 1] == UInt8(ascii: "[") ? strength + 2 : strength
    }

    /// Whether only bullets, rulers and brackets stand between two offsets.
    private static func isOrnamental(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        for offset in start..<end where ASCII.isLetterOrDigit(text[offset]) || text[offset] >= 0x80 { return false }
        return true
    }

    /// How far before a reply the at sign of its address may be: a domain has 255 octets at most (RFC 5321 §4.5.3.1.2).
    private static let farthestAddress = 272

    /// Whether an address ends before an offset, with no word between: `bob@example.net - 550 No such user`, also
    /// with nothing at all: `bob@example.net (550 No such user)`.
    private static func isBehindAddress(
        _ text: Span<UInt8>,
        _ end: Int,
        _ line: Notice.Line,
        atOnce: Bool
    ) -> Bool {
        let floor = max(Int(line.start), end - farthestAddress)
        var offset = end
        while offset > floor, !ASCII.isLetterOrDigit(text[offset - 1]), text[offset - 1] < 0x80 { offset -= 1 }
        guard offset < end || atOnce else { return false }
        while offset > floor, text[offset - 1] > ASCII.space {
            offset -= 1
            if text[offset] == UInt8(ascii: "@") { return true }
        }
        return false
    }

    private static func isGap(_ byte: UInt8) -> Bool {
        switch byte {
        case ASCII.space, ASCII.tab, ASCII.lineFeed, UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "["),
            UInt8(ascii: "("), UInt8(ascii: "`"), UInt8(ascii: "="):
            true
        default: false
        }
    }

    /// 0 for a number that is no status; more for one that is marked as one.
    private static func strength(ofStatus text: Span<UInt8>, _ start: Int, _ end: Int, _ line: Notice.Line) -> Int {
        if isOrnamental(text, Int(line.start), start) { return 2 }
        let before = text[start - 1]
        if before == UInt8(ascii: "#") { return 2 }
        if text.matches("status: ", at: start - 8) || text.matches("status:", at: start - 7) { return 2 }
        let isBracketed = (before == UInt8(ascii: "(") || before == UInt8(ascii: "[")) && end < Int(line.end)
        return isBracketed || before == UInt8(ascii: ":") || before == UInt8(ascii: "'") ? 1 : 0
    }

    /// Where the text of a reply ends: at an empty line, the next recipient, another reply, a quotation mark.
    private static func end(_ notice: Notice, from start: Int, line first: Int, _ heads: [Bool]) -> Int {
        let text = notice.text.span
        let dialogue = Dialogue.prefix(text, notice.lines[first])
        var index = first
        while index + 1 < notice.lines.count {
            let next = notice.lines[index + 1]
            // A reply that goes on does so over an empty line, too, which a conversion of line ends may have left.
            if next.isBlank, index + 2 < notice.lines.count, isContinued(text, start, Int(next.start)),
                ReplyCode.parsed(text, at: Int(notice.lines[index + 2].start)) == ReplyCode.parsed(text, at: start)
            {
                index += 2
                continue
            }
            guard !next.isBlank, !heads[index + 1], Int(next.end) - start <= longest,
                Dialogue.prefix(text, next) == dialogue, !QuotedHeader.isRuler(text, next.range),
                !next.marks.contains(.transcript), !next.marks.contains(.original)
            else { break }
            let body = Int(next.start) + dialogue
            let code = ReplyCode.parsed(text, at: body)
            if let code, body + 3 >= Int(next.end) || ASCII.isBlank(text[body + 3]) || text[body + 3] == 0x2D {
                guard ReplyCode.parsed(text, at: start) == code, isContinued(text, start, Int(next.start)) else {
                    break
                }
            } else if dialogue > 0 {
                break
            }
            index += 1
        }
        return closing(text, from: start, to: Int(notice.lines[index].end))
    }

    /// Whether the last line of a reply before an offset begins with digits and a hyphen, so that more follows.
    private static func isContinued(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        var offset = end - 4
        while offset >= start {
            if let code = ReplyCode.parsed(text, at: offset), code == ReplyCode.parsed(text, at: start) {
                return text[offset + 3] == UInt8(ascii: "-")
            }
            offset -= 1
        }
        return false
    }

    /// Before the quotation mark that closes a quoted reply, and before `(in reply to …)`.
    private static func closing(_ text: Span<UInt8>, from start: Int, to end: Int) -> Int {
        let opening = start > 0 ? text[start - 1] : 0
        if opening == UInt8(ascii: "<"), let close = (start..<end).first(where: { text[$0] == UInt8(ascii: ">") }) {
            return close
        }
        let isQuoted = opening == UInt8(ascii: "'") || opening == UInt8(ascii: "\"") || opening == UInt8(ascii: "`")
        var offset = start
        while offset < end {
            if isQuoted, text[offset] == opening, offset + 1 >= end || !ASCII.isLetterOrDigit(text[offset + 1]) {
                return offset
            }
            if text[offset] == UInt8(ascii: "("), isInReply(text, at: offset) { return offset }
            offset += 1
        }
        return end
    }

    /// `(in reply to`, wrapped anywhere.
    private static func isInReply(_ text: Span<UInt8>, at start: Int) -> Bool {
        guard text.matches("(in", at: start) else { return false }
        var offset = start + 3
        while offset < text.count, text[offset] <= ASCII.space { offset += 1 }
        return offset > start + 3 && text.matches("reply", at: offset)
    }

    /// The stage that is named in the text of a reply, behind it, or between it and its recipient.
    private static func stage(_ notice: Notice, _ start: Int, _ end: Int, line: Int, _ heads: [Bool]) -> Stage? {
        var first = line
        let isDialogue = isDialogue(notice, line)
        while !isDialogue, !heads[first], first > 0, !notice.lines[first - 1].isBlank,
            !Self.isDialogue(notice, first - 1)
        {
            first -= 1
        }
        let floor = isDialogue ? start : Int(notice.lines[first].start)
        var before: Stage?
        for hit in notice.hits where hit.mark.rawValue >= Mark.atConnect.rawValue && Int(hit.start) >= floor {
            if Int(hit.start) >= end + 64 { break }
            // A stage named in or behind the reply is about it; one before it may be about another.
            if Int(hit.start) >= start {
                if isSameParagraph(notice, end, Int(hit.start)) { return Stage(hit.mark) }
            } else {
                before = Stage(hit.mark)
            }
        }
        return before
    }

    /// Whether a line is one of a session, of either side: what it names is told apart from what stands around it.
    private static func isDialogue(_ notice: Notice, _ line: Int) -> Bool {
        Dialogue.prefix(notice.text.span, notice.lines[line]) > 0
            || Dialogue.commandStart(notice.text.span, notice.lines[line]) != nil
    }

    private static func isSameParagraph(_ notice: Notice, _ end: Int, _ start: Int) -> Bool {
        guard end < start else { return true }
        for offset in end..<start where notice.text[offset] == ASCII.lineFeed {
            if offset + 1 < notice.text.count, notice.text[offset + 1] == ASCII.lineFeed { return false }
        }
        return true
    }
}

extension Stage {
    /// The stage that a mark names.
    init?(_ mark: Mark) {
        switch mark {
        case .atConnect: self = .connect
        case .atHelo: self = .helo
        case .atMail: self = .mail
        case .atRcpt: self = .rcpt
        case .atData: self = .data
        case .atDot: self = .dot
        default: return nil
        }
    }
}

import MailFormat

/// An address in a notice, and what the words around it make of it.
struct FoundAddress {
    /// What an address is to the notice.
    enum Role: UInt8 {
        /// Somewhere in a sentence.
        case mentioned
        /// Behind a name, at the end of a line that names nothing else.
        case listed
        /// In a quoted header of the original.
        case quoted
        /// A sender, or somebody to ask.
        case stranger
        /// By which another recipient was reached.
        case alias
        /// Behind words that name a recipient.
        case named
        /// The first thing on its line.
        case head
    }

    /// Where it stands.
    let range: ByteRange
    /// On which line.
    let line: Int
    /// What it is.
    var role: Role
    /// Nothing but the address stands on its line.
    let isAlone: Bool
    /// A colon follows: what happened to it comes next.
    let hasColon: Bool
    /// It stands in a signature, or below words that announce somebody to ask.
    var isAside = false
}

/// Finds the addresses of a notice.
///
/// More is taken for an address than RFC 5321 permits: reporters print what they were given.
enum AddressScan {
    /// How many addresses are kept: as many as recipients are.
    static let most = AnalysisLimits.recipients * 2
    /// How long a local part or domain may be; both have a limit of RFC 5321 §4.5.3.1 that others exceed.
    private static let longest = 320

    /// The addresses before the end of the notice, in order.
    static func addresses(_ notice: Notice) -> [FoundAddress] {
        var found: [FoundAddress] = []
        found.reserveCapacity(4)
        let text = notice.text.span
        var hit = 0
        var line = 0
        var offset = 0
        let signature = notice.lines.firstIndex { isSignature(text, $0) } ?? notice.lines.count
        while found.count < most {
            offset = ByteScan.first(text, UInt8(ascii: "@"), from: offset, to: notice.end)
            guard offset < notice.end else { break }
            if let range = range(text, at: offset, to: notice.end) {
                while line + 1 < notice.lines.count, Int(notice.lines[line].end) < Int(range.start) { line += 1 }
                var address = describe(range, line, notice, &hit)
                if address.role == .mentioned, let last = found.last, isNext(text, range, to: last) {
                    address.role = last.role
                }
                address.isAside = line > signature || (address.role == .head && isAnnouncedAside(notice, line))
                found.append(address)
                offset = max(Int(range.end), offset + 1)
            } else {
                offset += 1
            }
        }
        settleHeads(&found, notice)
        return found
    }

    // MARK: Where it begins and ends

    /// The address around an at sign; nil when it has no local part or no domain.
    static func range(_ text: Span<UInt8>, at sign: Int, to limit: Int) -> ByteRange? {
        var end = sign + 1
        if end < limit, text[end] == UInt8(ascii: "[") {
            while end < limit, end - sign < longest, text[end] != UInt8(ascii: "]"), text[end] > ASCII.space {
                end += 1
            }
            guard end < limit, text[end] == UInt8(ascii: "]") else { return nil }
            end += 1
        } else {
            while end < limit, end - sign < longest, isDomain(text[end]),
                end == sign + 1 || !WordBorder.stands(text, before: end)
            { end += 1 }
            while end > sign + 1, text[end - 1] == UInt8(ascii: ".") || text[end - 1] == UInt8(ascii: "-") { end -= 1 }
        }
        guard end > sign + 1 else { return nil }
        let start = localStart(text, before: sign)
        return start < sign ? ByteRange(start, end) : nil
    }

    private static func localStart(_ text: Span<UInt8>, before sign: Int) -> Int {
        var start = sign
        let lowest = max(0, sign - longest)
        if start > lowest, text[start - 1] == UInt8(ascii: "\"") {
            var open = start - 2
            while open >= lowest, text[open] != UInt8(ascii: "\""), text[open] != ASCII.lineFeed { open -= 1 }
            if open >= lowest, text[open] == UInt8(ascii: "\""), open < start - 2 { return open }
        }
        while start > lowest,
            ASCII.isAtomText(text[start - 1]) || text[start - 1] == UInt8(ascii: ".")
                || text[start - 1] >= 0x80,
            start == sign || !WordBorder.stands(text, before: start)
        { start -= 1 }
        // Marks of emphasis and lists, which an atom may have but hardly begins with.
        if !text.matches("=?", at: start) { while start < sign, isOrnament(text[start]) { start += 1 } }
        // `dda:SMTP=user@example.net`: an X.400 address with another one in it.
        if start + 5 < sign, text.matches("smtp=", at: start) { start += 5 }
        return start
    }

    private static func isDomain(_ byte: UInt8) -> Bool {
        ASCII.isLetterOrDigit(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: "_") || byte >= 0x80
    }

    private static func isOrnament(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "'"), UInt8(ascii: "`"), UInt8(ascii: "*"), UInt8(ascii: "="), UInt8(ascii: "|"),
            UInt8(ascii: "{"), UInt8(ascii: "~"), UInt8(ascii: "!"), UInt8(ascii: "?"), UInt8(ascii: "."),
            UInt8(ascii: "-"), UInt8(ascii: "/"):
            true
        default: false
        }
    }

    // MARK: What it is

    private static func describe(_ range: ByteRange, _ line: Int, _ notice: Notice, _ hit: inout Int) -> FoundAddress {
        let text = notice.text.span
        let current = notice.lines[line]
        let behind = behindAddress(text, range, to: Int(current.end))
        let isHead = startsLine(text, range, current)
        let hasColon = behind < Int(current.end) && text[behind] == UInt8(ascii: ":")
        var role: FoundAddress.Role = isHead ? .head : .mentioned
        if let mark = word(before: range, notice, &hit) {
            switch mark {
            case .stranger: role = .stranger
            case .alias: role = .alias
            case .recipient where !isHead: role = .named
            default: break
            }
        }
        // A session names whom it accepts, too.
        if role == .named, Dialogue.commandStart(text, current) != nil { role = .listed }
        if role == .mentioned, text.matches("smtp", at: Int(range.start) - 5) { role = .named }
        if role == .mentioned, isListed(range, behind, line, notice) { role = .listed }
        if role != .alias, QuotedHeader.isKnown(text, current.range) { role = .quoted }
        return FoundAddress(
            range: range,
            line: line,
            role: role,
            isAlone: isHead && isBlank(text, behind, Int(current.end)),
            hasColon: hasColon
        )
    }

    /// Behind the closing bracket or quote, and behind a second writing of the same address.
    private static func behindAddress(_ text: Span<UInt8>, _ range: ByteRange, to end: Int) -> Int {
        var offset = Int(range.end)
        while offset < end, isClosing(text[offset]) { offset += 1 }
        if offset + 8 < end, text.matches("<mailto:", at: offset) {
            while offset < end, text[offset] != UInt8(ascii: ">") { offset += 1 }
            offset = min(offset + 1, end)
        }
        // `name <name>` and `name (name)`: the address twice.
        let again = offset + 2 + range.count
        if again <= end, offset + 1 < end, text[offset] == ASCII.space, isOpening(text[offset + 1]),
            isSame(text, range, at: offset + 2)
        {
            offset = again
            while offset < end, isClosing(text[offset]) { offset += 1 }
        }
        return offset
    }

    private static func isSame(_ text: Span<UInt8>, _ range: ByteRange, at start: Int) -> Bool {
        for index in 0..<range.count where text[start + index] != text[Int(range.start) + index] { return false }
        return true
    }

    private static func isClosing(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ">") || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'")
            || byte == UInt8(ascii: "]") || byte == UInt8(ascii: ")")
    }

    private static func isOpening(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "<") || byte == UInt8(ascii: "(") }

    static func isBlank(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        for offset in start..<max(start, end) where ASCII.isLetterOrDigit(text[offset]) { return false }
        return true
    }

    /// Whether only brackets, quotes, bullets and a number stand before it on its line.
    private static func startsLine(_ text: Span<UInt8>, _ range: ByteRange, _ line: Notice.Line) -> Bool {
        var offset = behindNumber(text, line)
        while offset < Int(range.start) {
            let byte = text[offset]
            if text.matches("smtp:", at: offset) {
                offset += 5
            } else if text.matches("mailto:", at: offset) {
                offset += 7
            } else if ASCII.isLetterOrDigit(byte) || byte == UInt8(ascii: "?") {
                return false
            } else if byte == UInt8(ascii: "|"), !ASCII.isBlank(text[offset + 1]) {
                // A program; with a blank behind it, the line of a table.
                return false
            } else if byte >= 0x80 {
                // Bullets are fine, words are not.
                guard byte == 0xE2 || byte == 0xC2 || byte & 0xC0 == 0x80 else { return false }
                offset += 1
            } else {
                offset += 1
            }
        }
        return true
    }

    /// The phrase that ends right before an address, also on the line before: the longest one.
    private static func word(before range: ByteRange, _ notice: Notice, _ hit: inout Int) -> Mark? {
        let start = Int(range.start)
        while hit < notice.hits.count, Int(notice.hits[hit].start) < start - 64 { hit += 1 }
        var found: PhraseHit?
        var index = hit
        while index < notice.hits.count, Int(notice.hits[index].start) < start {
            let candidate = notice.hits[index]
            index += 1
            guard candidate.mark == .recipient || candidate.mark == .alias || candidate.mark == .stranger,
                Int(candidate.end) <= start, start - Int(candidate.end) <= 16,
                isGap(notice.text.span, Int(candidate.end), start)
            else { continue }
            if found.map({ candidate.start < $0.start }) ?? true { found = candidate }
        }
        return found?.mark
    }

    /// Behind the type of an address in square brackets, `[SMTP:bob@example.net]`, of two to four letters.
    private static func behindType(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> Int? {
        guard start > 0, text[start - 1] == UInt8(ascii: "[") else { return nil }
        var offset = start
        while offset < end, ASCII.isLetter(text[offset]) { offset += 1 }
        return (2...4).contains(offset - start) && offset < end && text[offset] == UInt8(ascii: ":") ? offset + 1 : nil
    }

    /// Whether only blanks, brackets, quotes and the name of the address's type stand between.
    private static func isGap(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        var offset = start
        while offset < end {
            if text.matches("smtp:", at: offset) {
                offset += 5
            } else if text.matches("mailto:", at: offset) || text.matches("rfc822;", at: offset) {
                offset += 7
            } else if let behind = behindType(text, offset, end) {
                offset = behind
            } else if ASCII.isLetterOrDigit(text[offset]) || text[offset] >= 0x80 {
                return false
            } else {
                offset += 1
            }
        }
        return true
    }
}

/// What a mail system wrote down about a reply: the reply itself, or a sentence of its own that quotes it.
///
///     550 5.1.1 no such user
///     host mx.example.net[192.0.2.1] said: 550 5.1.1 no such user (in reply to RCPT TO command)
///     192.0.2.1 does not like recipient. Remote host said: 550 no such user. Giving up on 192.0.2.1.
///     Sorry, no mailbox here by that name. (#5.1.1)
///
/// A live reply is never read like this: there a code in the middle of the text quotes another server and is not the
/// status. Here the frame belongs to whoever reports, and the quotation is the evidence.
public struct DiagnosticText: Hashable, Sendable {
    /// What the peer said, as far as it is quoted; the whole text where nothing is.
    public var reply: PrintedReply
    /// When it was said, where the frame tells.
    public var stage: Stage?
    /// Whose system said it, where the frame names its host.
    public var provider: Provider?

    /// Reads a diagnostic text.
    public init(parsing text: String) {
        let utf8 = text.utf8
        self.init(parsing: utf8.span)
    }

    /// Reads a diagnostic text.
    public init(parsing text: Span<UInt8>) {
        let start = Self.quotation(in: text)
        var reply = PrintedReply(parsing: text.extracting(start..<text.count))
        if reply.status == nil, let code = Self.status(in: text, from: start, isBare: reply.code == nil),
            Self.agrees(code, reply.code)
        {
            reply.status = code
        }
        self.reply = reply
        self.provider = Self.provider(in: text, before: start)
        self.stage = Self.stage(PhraseIndex.builtIn.hint(in: text).features)
    }

    // MARK: The quoted reply

    /// Where the reply begins: at the start, or behind the frame; 0 where there is no reply.
    ///
    /// A reply at the start that has no enhanced code of its own may be a frame too, around a reply that has one.
    private static func quotation(in text: Span<UInt8>) -> Int {
        let first = start(of: text)
        if EnhancedStatusCode.scan(text, at: first) != nil { return first }
        let isReply = isRefusal(text, at: first)
        if isReply, EnhancedStatusCode.scan(text, at: unrepeated(text, first) + 4) != nil {
            return unrepeated(text, first)
        }
        var index = first + (isReply ? 3 : 0)
        while index < text.count {
            if isRefusal(text, at: index), !isDerived(text, at: index),
                code(behind: text, at: index) != nil || (!isReply && isMarked(text, at: index))
            {
                return unrepeated(text, index)
            }
            index += 1
        }
        return isReply ? first : 0
    }

    /// The enhanced code behind three digits that agrees with them.
    private static func code(behind text: Span<UInt8>, at index: Int) -> EnhancedStatusCode? {
        guard index + 4 < text.count else { return nil }
        let start = unrepeated(text, index) + 4
        guard let scanned = EnhancedStatusCode.scan(text, at: start) else { return nil }
        return agrees(scanned.code, ReplyCode(leading: text, at: index)) ? scanned.code : nil
    }

    /// Behind white space, quotes and the `#` that some systems put before a reply.
    private static func start(of text: Span<UInt8>) -> Int {
        var index = 0
        while index < text.count, TextFeatures.isSpace(text[index]) || isQuote(text[index]) { index += 1 }
        return index
    }

    /// Three digits of a refusal, alone or with a space, a hyphen or a comma behind.
    private static func isRefusal(_ text: Span<UInt8>, at index: Int) -> Bool {
        guard let code = ReplyCode(leading: text, at: index), code.rawValue >= 400 else { return false }
        guard index == 0 || !TextFeatures.isWord(text[index - 1]) else { return false }
        guard index + 3 < text.count else { return true }
        switch text[index + 3] {
        case UInt8(ascii: " "), UInt8(ascii: "-"), UInt8(ascii: ","), 0x0A, 0x0D: return true
        default: return false
        }
    }

    /// Whether a mark of quotation stands before three digits.
    private static func isMarked(_ text: Span<UInt8>, at index: Int) -> Bool {
        var before = index
        while before > 0, TextFeatures.isSpace(text[before - 1]) { before -= 1 }
        guard before > 0 else { return true }
        switch text[before - 1] {
        case UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "("), UInt8(ascii: "<"), UInt8(ascii: ">"): return true
        default: return isQuote(text[before - 1])
        }
    }

    /// Whether it is the 503 or 554 of a later command, which only follows from a refusal that stands before it
    /// (`docs/design/rulings.md` §1).
    private static func isDerived(_ text: Span<UInt8>, at index: Int) -> Bool {
        guard let code = ReplyCode(leading: text, at: index), code.rawValue == 503 || code.rawValue == 554,
            index + 4 < text.count
        else { return false }
        return EnhancedStatusCode.scan(text, at: index + 4).map { StatusSubject.mailProtocol ~= $0.code } ?? false
    }

    /// `550 550 5.1.1 …`: one system puts the digits once more before what it quotes.
    private static func unrepeated(_ text: Span<UInt8>, _ start: Int) -> Int {
        guard start + 8 <= text.count, let code = ReplyCode(leading: text, at: start),
            code == ReplyCode(leading: text, at: start + 4), isRefusal(text, at: start + 4)
        else { return start }
        return start + 4
    }

    private static func isQuote(_ octet: UInt8) -> Bool {
        octet == UInt8(ascii: "'") || octet == UInt8(ascii: "\"") || octet == UInt8(ascii: "#")
    }

    private static func agrees(_ code: EnhancedStatusCode, _ reply: ReplyCode?) -> Bool {
        guard let reply else { return true }
        return reply.statusClass == code.statusClass
    }

    /// `#5.1.1`, `(#5.1.1)`: how qmail and its relatives write the code, at the end as a rule; in a text without a
    /// reply also a code that stands alone.
    private static func status(in text: Span<UInt8>, from start: Int, isBare: Bool) -> EnhancedStatusCode? {
        for index in start..<text.count where index > start {
            let before = text[index - 1]
            guard before == UInt8(ascii: "#") || (isBare && !TextFeatures.isWord(before) && before != UInt8(ascii: "."))
            else { continue }
            // The code of a derived reply stands behind its digits.
            guard index < 4 || ReplyCode(leading: text, at: index - 4) == nil else { continue }
            if let scanned = EnhancedStatusCode.scan(text, at: index), scanned.code.statusClass != .success {
                return scanned.code
            }
        }
        return nil
    }

    // MARK: The frame

    /// The stage that the frame names; the most exact first, for the frame of a failure after the dot may mention RCPT.
    private static func stage(_ features: TextFeatures) -> Stage? {
        let stages: [(TextFeatures, Stage)] = [
            (.atDot, .dot), (.atData, .data), (.atGreeting, .greeting), (.atHelo, .helo), (.atMail, .mail),
            (.atRcpt, .rcpt), (.atLocal, .local),
        ]
        return stages.first { features.contains($0.0) }?.1
    }

    /// The most octets of a frame that are searched for a host: the frame of one reply is a line.
    private static let maximumFrame = 1024

    /// The provider of the last host that the frame names: `host mx.example.net[192.0.2.1] said: `.
    private static func provider(in text: Span<UInt8>, before end: Int) -> Provider? {
        var index = end
        while index > max(0, end - maximumFrame) {
            index -= 1
            guard text[index] == UInt8(ascii: ".") else { continue }
            var start = index
            while start > 0, isHostName(text[start - 1]) { start -= 1 }
            var name: [UInt8] = []
            var place = start
            while place < end, isHostName(text[place]) {
                name.append(text[place])
                place += 1
            }
            if let provider = Provider(mxHost: String(decoding: name, as: UTF8.self)) { return provider }
            index = start
        }
        return nil
    }

    private static func isHostName(_ octet: UInt8) -> Bool {
        TextFeatures.isWord(octet) || octet == UInt8(ascii: ".") || octet == UInt8(ascii: "-")
    }
}

/// What a peer said, kept as it was printed: the digits, the enhanced code and the text may contradict each other.
public struct PrintedReply: Hashable, Sendable {
    /// The three digits; nil when there were none.
    public var code: ReplyCode?
    /// The enhanced code directly after the digits, also one whose class disagrees with them.
    public var status: EnhancedStatusCode?
    /// What stood behind the digits, enhanced code included, one line each, joined by newlines; control characters
    /// are replaced by `?`.
    public var text: String

    /// The most octets of text that are kept.
    public static let maximumText = 4096

    /// Makes a reply from its parts.
    public init(code: ReplyCode?, status: EnhancedStatusCode? = nil, text: String = "") {
        self.code = code
        self.status = status
        self.text = text
    }

    /// Reads a whole reply as it came over the wire or was pasted by a person: lines end in CRLF or LF, each may begin
    /// with three digits and a space or hyphen; without digits the first line may begin with an enhanced code.
    ///
    /// The enhanced code is the first well-formed one directly after the digits of a line that agrees with them in
    /// class; when none agrees, the first well-formed one, as a hint. A code elsewhere in the text quotes another
    /// server and is never the status.
    public init(parsing reply: Span<UInt8>) {
        let end = Self.lineEnd(in: reply, from: 0)
        if end > 0, Self.nextLine(in: reply, after: end) == reply.count {
            let body = Self.bodyStart(in: reply, from: 0, to: end)
            if Self.isPlain(reply, body, min(end, body + Self.maximumText)) {
                self.init(line: reply, body: body, end: end)
                return
            }
        }
        self.init(linesOf: reply)
    }

    /// Reads a reply of one line that has nothing to replace, as most are.
    private init(line reply: Span<UInt8>, body: Int, end: Int) {
        let scanned = EnhancedStatusCode.scan(reply, at: body)
        let text = reply.extracting(body..<max(body, min(end, body + Self.maximumText)))
        self.init(
            code: body > 0 ? ReplyCode(leading: reply, at: 0) : nil,
            status: scanned.flatMap { $0.end <= end ? $0.code : nil },
            // The pointer is used within this call only.
            text: unsafe text.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
        )
    }

    private init(linesOf reply: Span<UInt8>) {
        var code: ReplyCode?
        var agreeing: EnhancedStatusCode?
        var first: EnhancedStatusCode?
        var text: [UInt8] = []
        text.reserveCapacity(min(reply.count, Self.maximumText))
        var start = 0
        while start < reply.count, text.count < Self.maximumText {
            let end = Self.lineEnd(in: reply, from: start)
            let body = Self.bodyStart(in: reply, from: start, to: end)
            if code == nil, body > start { code = ReplyCode(leading: reply, at: start) }
            if let scanned = EnhancedStatusCode.scan(reply, at: body), scanned.end <= end {
                if first == nil { first = scanned.code }
                if agreeing == nil, scanned.code.statusClass == code?.statusClass { agreeing = scanned.code }
            }
            if !text.isEmpty { text.append(UInt8(ascii: "\n")) }
            Self.append(reply, body, min(end, body + Self.maximumText - text.count), to: &text)
            start = Self.nextLine(in: reply, after: end)
        }
        self.init(code: code, status: agreeing ?? first, text: String(decoding: text, as: UTF8.self))
    }

    /// Reads a reply from a string.
    public init(parsing reply: String) {
        let utf8 = reply.utf8
        self.init(parsing: utf8.span)
    }

    private static func lineEnd(in reply: Span<UInt8>, from start: Int) -> Int {
        var end = start
        while end < reply.count, reply[end] != 0x0A, reply[end] != 0x0D { end += 1 }
        return end
    }

    private static func nextLine(in reply: Span<UInt8>, after end: Int) -> Int {
        guard end < reply.count else { return end }
        let isCRLF = reply[end] == 0x0D && end + 1 < reply.count && reply[end + 1] == 0x0A
        return end + (isCRLF ? 2 : 1)
    }

    /// Behind `550 ` or `550-`, or the line's start when it has no such prefix.
    private static func bodyStart(in reply: Span<UInt8>, from start: Int, to end: Int) -> Int {
        guard ReplyCode(leading: reply, at: start) != nil, start + 3 <= end else { return start }
        guard start + 3 < end else { return end }
        let separator = reply[start + 3]
        return separator == UInt8(ascii: " ") || separator == UInt8(ascii: "-") ? start + 4 : start
    }

    /// Whether no octet has to be replaced; one that may begin a control character of two counts as if it did.
    private static func isPlain(_ reply: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        guard start < end else { return true }
        for index in start..<end {
            let octet = reply[index]
            if (octet < 0x20 && octet != 0x09) || octet == 0x7F || octet == 0xC2 { return false }
        }
        return true
    }

    private static func append(_ reply: Span<UInt8>, _ start: Int, _ end: Int, to text: inout [UInt8]) {
        guard start < end else { return }
        for index in start..<end {
            let octet = reply[index]
            // U+0080…U+009F too, which are C2 80…C2 9F in UTF-8: some terminals obey them.
            let isContinuedControl = index > start && reply[index - 1] == 0xC2 && (0x80...0x9F).contains(octet)
            if isContinuedControl { text.removeLast() }
            let isControl = (octet < 0x20 && octet != 0x09) || octet == 0x7F || isContinuedControl
            text.append(isControl ? UInt8(ascii: "?") : octet)
        }
    }
}

extension PrintedReply: CustomStringConvertible {
    private var hasLines: Bool {
        let utf8 = text.utf8
        let octets = utf8.span
        for index in octets.indices where octets[index] == UInt8(ascii: "\n") { return true }
        return false
    }

    /// The reply as a person reads it, the digits before every line: `550-5.1.1 no such user\n550 5.1.1 here`.
    public var description: String {
        guard let code else { return text }
        let digits = code.description
        guard hasLines else { return digits + " " + text }
        var rest = text[...]
        var out = ""
        out.reserveCapacity(text.utf8.count + 4)
        while let end = rest.utf8.firstIndex(of: UInt8(ascii: "\n")) {
            out += digits
            out += "-"
            out += rest[...end]
            rest = rest[rest.utf8.index(after: end)...]
        }
        out += digits
        out += " "
        out += rest
        return out
    }
}

/// Which octets a reply's text may have.
public enum ReplyCharset: Hashable, Sendable {
    /// Printable ASCII only, which every client can read (RFC 5321 §4.2).
    case ascii
    /// UTF-8 too: the command said SMTPUTF8 (RFC 6531 §3.7.4.2).
    case utf8
}

extension Reply {
    /// The most octets of one reply line, CRLF counted (RFC 5321 §4.5.3.1.5).
    public static let maximumLine = 512
    /// The most octets of a line with a SASL challenge, CRLF counted: it cannot be broken (RFC 4954 §4).
    public static let maximumChallengeLine = 12_288
    /// The most lines that one text is broken into; what is longer is cut off.
    public static let maximumLinesPerText = 20

    /// Appends the reply as it goes over the wire.
    ///
    /// The code and the enhanced code stand on every line (RFC 2034 §4), each line ends in CRLF and has at most 512
    /// octets (RFC 5321 §4.5.3.1.5); a longer text continues on another line, broken between words. Control characters,
    /// and with `.ascii` all that is not ASCII, become `?`. A reply with its condition's own text is one copy from
    /// static memory, without an allocation if `bytes` has room.
    ///
    ///     550-5.7.1 First line\r\n
    ///     550 5.7.1 last line\r\n
    public func render(into bytes: inout [UInt8], charset: ReplyCharset = .ascii) {
        switch detail {
        case .none:
            condition.appendWire(to: &bytes)
        case .line(let text):
            append(text, isLast: true, charset, to: &bytes)
        case .lines(let lines):
            for index in lines.indices {
                append(lines[index], isLast: index == lines.count - 1, charset, to: &bytes)
            }
        case .imitation(let code, let status, let text):
            let prefix = status.map { "\(code) \($0) " } ?? "\(code) "
            // One line, cut rather than broken: what it imitates is one line too.
            let room = Self.maximumLine - 2 - prefix.utf8.count
            bytes.append(contentsOf: prefix.utf8)
            bytes.append(contentsOf: text.utf8.prefix(room).map { (0x20..<0x7F).contains($0) ? $0 : UInt8(ascii: "?") })
            bytes.append(contentsOf: [0x0D, 0x0A])
        }
    }

    private func append(_ text: String, isLast: Bool, _ charset: ReplyCharset, to bytes: inout [UInt8]) {
        let utf8 = text.utf8
        let span = utf8.span
        // 4 for `250 `, 2 for CRLF, what the enhanced code and its space need.
        let room = maximumOctets - 6 - condition.statusWidth
        var start = 0
        var lines = 1
        while span.count - start > room, lines < Self.maximumLinesPerText {
            let end = Self.breakPoint(in: span, from: start, room: room)
            appendLine(span, start, end, isLast: false, charset, to: &bytes)
            start = end
            while start < span.count, span[start] == UInt8(ascii: " ") { start += 1 }
            lines += 1
        }
        let end = min(span.count, Self.scalarBoundary(in: span, atOrBefore: start + room, after: start))
        appendLine(span, start, end, isLast: isLast, charset, to: &bytes)
    }

    /// A challenge is one line however long (RFC 4954 §4: 12288 octets); everything else keeps to RFC 5321 §4.5.3.1.5.
    private var maximumOctets: Int {
        code.severity == .positiveIntermediate ? Self.maximumChallengeLine : Self.maximumLine
    }

    private func appendLine(
        _ text: Span<UInt8>,
        _ start: Int,
        _ end: Int,
        isLast: Bool,
        _ charset: ReplyCharset,
        to bytes: inout [UInt8]
    ) {
        // The separator is there also before an empty text: `334 ` is how an empty challenge looks (RFC 4954 §4).
        condition.appendPrefix(separator: isLast ? UInt8(ascii: " ") : UInt8(ascii: "-"), to: &bytes)
        var index = start
        while index < end {
            index = Self.appendSanitised(text, at: index, end: end, charset, to: &bytes)
        }
        bytes.append(0x0D)
        bytes.append(0x0A)
    }

    /// Appends one character or its replacement; returns the offset behind it.
    private static func appendSanitised(
        _ text: Span<UInt8>,
        at index: Int,
        end: Int,
        _ charset: ReplyCharset,
        to bytes: inout [UInt8]
    ) -> Int {
        let first = text[index]
        // textstring = 1*(%d09 / %d32-126)  (RFC 5321 §4.2)
        if first == 0x09 || (0x20...0x7E).contains(first) {
            bytes.append(first)
            return index + 1
        }
        var next = index + 1
        while next < end, text[next] & 0xC0 == 0x80 { next += 1 }
        // U+0080…U+009F are control characters too.
        let isControl = first < 0x80 || (first == 0xC2 && next == index + 2 && text[index + 1] < 0xA0)
        if charset == .utf8, !isControl {
            for offset in index..<next { bytes.append(text[offset]) }
        } else {
            bytes.append(UInt8(ascii: "?"))
        }
        return next
    }

    /// Where a line that is too long ends: behind the last word that fits, or where there is no room left.
    private static func breakPoint(in text: Span<UInt8>, from start: Int, room: Int) -> Int {
        var end = start + room
        while end > start, text[end] != UInt8(ascii: " ") { end -= 1 }
        return end > start ? end : scalarBoundary(in: text, atOrBefore: start + room, after: start)
    }

    private static func scalarBoundary(in text: Span<UInt8>, atOrBefore offset: Int, after start: Int) -> Int {
        var end = offset
        while end < text.count, end > start + 1, text[end] & 0xC0 == 0x80 { end -= 1 }
        return end
    }
}

extension Condition {
    /// The octets of the enhanced code and the space behind it.
    var statusWidth: Int {
        guard let status else { return 0 }
        return 4 + Self.digits(status.status.subject) + Self.digits(status.status.detail)
    }

    /// Appends the whole reply line with the condition's own text.
    func appendWire(to bytes: inout [UInt8]) {
        let wire = wire
        // Safe: a StaticString made from a literal of ASCII points at constant memory that lives as long as the process
        // (a single-scalar StaticString, which has no pointer, is never in the table).
        unsafe bytes.append(
            contentsOf: UnsafeBufferPointer(start: wire.utf8Start, count: wire.utf8CodeUnitCount)
        )
    }

    /// Appends `250-2.1.0 ` or `250 2.1.0 `.
    func appendPrefix(separator: UInt8, to bytes: inout [UInt8]) {
        Self.append(replyCode.rawValue, to: &bytes)
        bytes.append(separator)
        guard let status else { return }
        bytes.append(UInt8(ascii: "0") + status.statusClass.rawValue)
        bytes.append(UInt8(ascii: "."))
        Self.append(status.status.subject, to: &bytes)
        bytes.append(UInt8(ascii: "."))
        Self.append(status.status.detail, to: &bytes)
        bytes.append(UInt8(ascii: " "))
    }

    private static func digits(_ number: UInt16) -> Int { number > 99 ? 3 : number > 9 ? 2 : 1 }

    private static func append(_ number: UInt16, to bytes: inout [UInt8]) {
        if number > 99 { bytes.append(UInt8(ascii: "0") + UInt8(number / 100)) }
        if number > 9 { bytes.append(UInt8(ascii: "0") + UInt8(number / 10 % 10)) }
        bytes.append(UInt8(ascii: "0") + UInt8(number % 10))
    }
}

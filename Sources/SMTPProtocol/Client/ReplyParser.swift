public import StatusCodes

/// Finds one reply at the start of what a peer has sent (RFC 5321 §4.2).
///
///     Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF
///     Reply-code = %x32-35 %x30-35 %x30-39
///
/// It is called again with the same bytes and more behind them until a reply is complete, and remembers how far it
/// looked. Only CRLF ends a line. Tolerated, because nothing can be misread by it: a last line without text, a second
/// digit above 5, other codes of the same severity on the lines before the last. Enhanced codes are found in the text,
/// announced or not (RFC 2034 §5).
public struct ReplyParser: Sendable {
    /// A complete reply by its place: nothing is copied.
    public struct Found: Hashable, Sendable {
        /// The code of the last line.
        public let code: ReplyCode
        /// How many octets the reply has, with its last CRLF.
        public let byteCount: Int
        /// How many lines it has.
        public let lineCount: Int
    }

    /// What a look at the bytes gave.
    public enum Result: Hashable, Sendable {
        /// So far nothing is wrong and nothing complete.
        case needMore
        /// A reply.
        case reply(Found)
        /// Never a reply, whatever follows.
        case invalid(ReplyError)
    }

    private let limits: ReplyLimits
    /// Where the line that is being read starts.
    private var lineStart = 0
    /// Up to where no line end was found.
    private var searched = 0
    private var lineCount = 0
    /// The severity of the first line; 0 before it.
    private var severity: UInt8 = 0

    /// Makes a parser.
    public init(limits: ReplyLimits = ReplyLimits()) { self.limits = limits }

    /// Looks for a reply at the start of the bytes.
    public mutating func parse(_ bytes: Span<UInt8>) -> Result {
        while true {
            let line: LineEnd = Self.lineEnd(in: bytes, from: searched)
            switch line {
            case .none:
                searched = bytes.count
                // A CR at the very end may be half of a CRLF.
                if searched > lineStart, bytes[searched - 1] == 0x0D { searched -= 1 }
                return tooLong(bytes.count).map { .invalid($0) } ?? .needMore
            case .bare:
                return .invalid(.bareLineEnd)
            case .at(let end):
                if let error = tooLong(end + 2) { return .invalid(error) }
                guard let head = Self.head(of: bytes, from: lineStart, to: end) else { return .invalid(.notAReply) }
                guard severity == 0 || severity == head.severity else { return .invalid(.codesDisagree) }
                severity = head.severity
                lineCount += 1
                lineStart = end + 2
                searched = lineStart
                if head.isLast { return finish(head.code) }
            }
        }
    }

    private mutating func finish(_ code: ReplyCode) -> Result {
        let found = Found(code: code, byteCount: lineStart, lineCount: lineCount)
        self = Self(limits: limits)
        return .reply(found)
    }

    private func tooLong(_ end: Int) -> ReplyError? {
        if end - lineStart > limits.lineLength { return .lineTooLong }
        if lineCount >= limits.lineCount { return .tooManyLines }
        if end > limits.byteCount { return .replyTooLong }
        return nil
    }
}

/// Why octets from a peer are no reply.
///
/// The session ends, because nothing behind them can be framed.
public enum ReplyError: Error, Hashable, Sendable {
    /// A line longer than `ReplyLimits.lineLength`.
    case lineTooLong
    /// More lines than `ReplyLimits.lineCount`.
    case tooManyLines
    /// More octets than `ReplyLimits.byteCount`.
    case replyTooLong
    /// A CR without LF or an LF without CR.
    case bareLineEnd
    /// A line that does not start with three digits and a space, a hyphen or its end.
    case notAReply
    /// Lines of one reply whose first digits differ.
    case codesDisagree

    /// What is wrong, for the log.
    public var text: String {
        switch self {
        case .lineTooLong: "reply line too long"
        case .tooManyLines: "reply has too many lines"
        case .replyTooLong: "reply too long"
        case .bareLineEnd: "reply with a bare CR or LF"
        case .notAReply: "not an SMTP reply"
        case .codesDisagree: "reply lines with different severities"
        }
    }
}

extension ReplyParser {
    private enum LineEnd {
        case none
        case bare
        case at(Int)
    }

    private struct Head {
        let code: ReplyCode
        let severity: UInt8
        let isLast: Bool
    }

    /// The offset of the next CRLF; replies are short, so a plain loop is the fastest search.
    private static func lineEnd(in bytes: Span<UInt8>, from start: Int) -> LineEnd {
        var index = start
        while index < bytes.count {
            switch bytes[index] {
            case 0x0D:
                guard index + 1 < bytes.count else { return .none }
                return bytes[index + 1] == 0x0A ? .at(index) : .bare
            case 0x0A: return .bare
            default: index += 1
            }
        }
        return .none
    }

    private static func head(of bytes: Span<UInt8>, from start: Int, to end: Int) -> Head? {
        guard end - start >= 3 else { return nil }
        var number: UInt16 = 0
        for index in start..<start + 3 {
            let digit = bytes[index] &- 0x30
            guard digit <= 9 else { return nil }
            number = number * 10 + UInt16(digit)
        }
        guard let code = ReplyCode(number) else { return nil }
        let isLast: Bool
        switch end - start == 3 ? 0x20 : bytes[start + 3] {
        case 0x20: isLast = true
        case 0x2D: isLast = false
        default: return nil
        }
        return Head(code: code, severity: bytes[start] &- 0x30, isLast: isLast)
    }
}

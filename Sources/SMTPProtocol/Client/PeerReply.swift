public import StatusCodes

/// What a peer answered: the code and a bounded copy of the text.
///
/// Made for negative replies and for the one that takes over a message; other positive replies are read in place and
/// cost nothing.
public struct PeerReply: Hashable, Sendable {
    /// The three digits; of the last line where the lines of one reply differ.
    public let code: ReplyCode
    /// What follows the code, line by line, joined by newlines; an enhanced status code is still in it.
    ///
    /// Control characters are replaced, invalid UTF-8 is repaired, and what exceeds the limit is cut off.
    public let text: String

    /// Makes a reply from its parts.
    public init(code: ReplyCode, text: String) {
        self.code = code
        self.text = text
    }

    /// The reply as it was printed: every line with its code, joined by newlines.
    public var printed: String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.enumerated()
            .map { "\(code.rawValue)\($0 == lines.count - 1 ? " " : "-")\($1)" }
            .joined(separator: "\n")
    }
}

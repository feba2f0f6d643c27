public import MailFormat
public import StatusCodes

/// What a submission server adds to a message that lacks it (RFC 6409 §8), and what it refuses (§6.3).
///
/// A relay changes nothing in other people's mail; this is for the submission role only (RFC 5321 §3.6.3, §6.4).
public struct SubmissionFixUp: Sendable {
    /// Our name, for the right side of a Message-ID.
    public var hostname: String
    /// The message's id, for the left side.
    public var id: String
    /// Now, for Date.
    public var date: Timestamp
    /// The authenticated account, where the operator wants it in Sender when From does not name it (RFC 6409 §8.1); nil
    /// leaves Sender alone: a login name is nobody's business by default.
    public var sender: String?

    /// What is to be done with a message.
    public enum Outcome: Hashable, Sendable {
        /// Put these lines, each with CRLF, in front of its header; there may be none.
        case prepend([UInt8])
        /// Refuse it.
        case refuse(Reply)
    }

    /// Makes a fix-up.
    public init(hostname: String, id: String, date: Timestamp, sender: String? = nil) {
        self.hostname = hostname
        self.id = id
        self.date = date
        self.sender = sender
    }

    /// Looks at a header, `bytes` from `start` on.
    ///
    /// With `needsWholeHeader` the bytes are only the beginning of the message, and a header that is not over within them
    /// is refused: nobody writes 64 KiB of it.
    public func examine(_ bytes: Span<UInt8>, from start: Int, needsWholeHeader: Bool = false) -> Outcome {
        let header = HeaderBlock(bytes, at: start)
        if needsWholeHeader, header.ending == .endOfBytes || header.ending == .limit {
            return .refuse(Reply(.contentMalformed, "The header is too long"))
        }
        // RFC 5322 §3.6, §3.6.2: exactly one From. RFC 6409 §6.3: a submission server may insist on form.
        guard header.count("from", bytes) == 1, let from = header.first("from", bytes) else {
            return .refuse(Reply(.contentMalformed, "The message needs one From field"))
        }
        var lines: [UInt8] = []
        if header.first("date", bytes) == nil { appendDate(to: &lines) }  // RFC 6409 §8.2, RFC 5322 §3.6.1
        if header.first("message-id", bytes) == nil { appendMessageID(to: &lines) }  // RFC 6409 §8.3
        if let sender, Self.isAddress(sender), header.first("sender", bytes) == nil,
            !Self.names(sender, bytes, from.value)
        {
            lines.append("Sender: <")
            lines.append(sender)
            lines.append(">\r\n")
        }
        return .prepend(lines)
    }

    private func appendDate(to lines: inout [UInt8]) {
        lines.append("Date: ")
        MailDate.append(date, to: &lines)
        lines.append("\r\n")
    }

    private func appendMessageID(to lines: inout [UInt8]) {
        lines.append("Message-ID: <")
        lines.append(id)
        lines.append("@")
        lines.append(hostname)
        lines.append(">\r\n")
    }

    /// Whether a Sender field may carry it: "MUST be a valid mail address" (RFC 6409 §8.1).
    private static func isAddress(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return (try? AddressGrammar().wholeMailbox(bytes.span)) != nil
    }

    /// Whether an address stands in a field, not as the tail of a longer one.
    private static func names(_ address: String, _ bytes: Span<UInt8>, _ value: ByteRange) -> Bool {
        let wanted = Array(address.utf8)
        guard !wanted.isEmpty, value.count >= wanted.count else { return false }
        for start in Int(value.start)...(Int(value.end) - wanted.count) {
            guard start == Int(value.start) || !ASCII.isAtomText(bytes[start - 1]) else { continue }
            var matched = 0
            while matched < wanted.count, ASCII.lowered(bytes[start + matched]) == ASCII.lowered(wanted[matched]) {
                matched += 1
            }
            let end = start + matched
            let endsThere = end >= Int(value.end) || !(ASCII.isAtomText(bytes[end]) || bytes[end] == UInt8(ascii: "."))
            if matched == wanted.count, endsThere { return true }
        }
        return false
    }
}

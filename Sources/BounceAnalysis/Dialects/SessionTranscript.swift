import MailFormat
import StatusCodes

/// A transcript in the manner of Sendmail, whose lines tell what became of whom.
///
///     ... while talking to mx.example.net.:
///     >>> RCPT To:<a@example.net>
///     <<< 550 5.1.1 No such user
///     550 5.1.1 <a@example.net>... User unknown
///
/// A line `554 <a@example.net>... text` is Sendmail's own summary: what the other host said before it is the reply. Where
/// no host spoke but a program did, as in `mail.local: unknown user`, its words belong to the summary.
struct SessionTranscript {
    /// What became of a recipient.
    struct Verdict {
        /// The address in lower case.
        let address: [UInt8]
        /// Where it stands.
        let range: ByteRange
        let reply: FoundReply
    }

    /// The recipients that the transcript names.
    private(set) var verdicts: [Verdict] = []

    /// Reads the lines of a notice.
    init(_ notice: Notice, _ replies: [FoundReply]) {
        var heard: FoundReply?
        var command: ByteRange?
        var next = 0
        // What stands between the heading and a summary, when it is no session.
        var words: Int?
        var isBelowHeading = false
        let text = notice.text.span
        for line in notice.lines where verdicts.count < AnalysisLimits.recipients {
            if line.isBlank { (words, isBelowHeading) = (nil, false) }
            if line.marks.contains(.transcript) { isBelowHeading = true }
            if let start = Dialogue.commandStart(text, line) {
                command = Dialogue.command(text, line) == .rcpt ? Self.address(text, start, Int(line.end)) : nil
                (heard, words, isBelowHeading) = (nil, nil, false)
                continue
            }
            if text.matches("... while talking", at: Int(line.start))
                || text.matches("while talking", at: Int(line.start))
            {
                (heard, command, words, isBelowHeading) = (nil, nil, nil, false)
                continue
            }
            while next < replies.count, replies[next].end <= Int(line.start) { next += 1 }
            guard next < replies.count, replies[next].start < Int(line.end), replies[next].start >= Int(line.start)
            else {
                if isBelowHeading, !line.marks.contains(.transcript) { words = words ?? Int(line.start) }
                continue
            }
            let reply = replies[next]
            if Dialogue.prefix(text, line) > 0 {
                if heard == nil { heard = reply }
                if let range = command {
                    verdicts.append(Verdict(address: TextReport.folded(text, range), range: range, reply: reply))
                }
                command = nil
            } else if reply.start == Int(line.start), var summary = Self.summary(text, line, reply) {
                if let words {
                    summary.reply.words = words
                    summary.reply.stage = .local
                }
                let address = TextReport.folded(text, summary.range)
                verdicts.append(Verdict(address: address, range: summary.range, reply: heard ?? summary.reply))
                (heard, words, isBelowHeading) = (nil, nil, false)
            } else if reply.start == Int(line.start), !text.extracting(line.range.offsets).contains("... ") {
                // `501 Data format error`: the summary of a command that was about nobody. What was heard belongs to it.
                heard = nil
            }
        }
    }

    private static func address(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> ByteRange? {
        var offset = start
        while offset < end, text[offset] != UInt8(ascii: "@") { offset += 1 }
        return offset < end ? AddressScan.range(text, at: offset, to: end) : nil
    }

    /// `554 <a@b>... 550 Host unknown`: the address, and the code within when there is one.
    private static func summary(
        _ text: Span<UInt8>,
        _ line: Notice.Line,
        _ reply: FoundReply
    ) -> (range: ByteRange, reply: FoundReply)? {
        let end = min(reply.end, Int(line.end))
        guard let address = address(text, reply.start, end) else { return nil }
        var offset = reply.start
        while offset + 4 < end, !text.matches("... ", at: offset) { offset += 1 }
        var inner = reply
        if let code = ReplyCode.parsed(text, at: offset + 4), code.rawValue >= 400, offset + 7 < end,
            ASCII.isBlank(text[offset + 7])
        {
            inner = FoundReply(code: code, start: offset + 4, end: reply.end, strength: reply.strength)
            inner.status = ReplyScan.direct(text, behind: offset + 7, to: reply.end, code)
            inner.stage = reply.stage
        }
        return (address, inner)
    }
}

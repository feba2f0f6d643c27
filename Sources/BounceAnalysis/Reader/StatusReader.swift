import DeliveryReports
import MailFormat
import StatusCodes

/// Turns the part for programs into verdicts.
enum StatusReader {
    /// The verdicts of a report, one for each recipient.
    ///
    /// A reporter that expands an alias in circles repeats itself; what failed counts more than what did not.
    static func verdicts(_ report: DeliveryReport) -> [Verdict] {
        // Most reports are about one recipient.
        if let only = report.recipients.first, report.recipients.count == 1 { return [verdict(only)] }
        var verdicts: [Verdict] = []
        var known: [String: Int] = [:]
        for group in report.recipients.prefix(AnalysisLimits.recipients) {
            let verdict = verdict(group)
            guard let recipient = verdict.recipient?.lowercased() else {
                verdicts.append(verdict)
                continue
            }
            if let index = known[recipient] {
                if verdicts[index].action != .failed, verdict.action == .failed { verdicts[index] = verdict }
            } else {
                known[recipient] = verdicts.count
                verdicts.append(verdict)
            }
        }
        return withoutMailboxNames(verdicts)
    }

    /// The verdicts without those on a mailbox's own name, `LOCAL; bob`, beside one on `bob@example.net`.
    ///
    /// It is the same person where that is the only address with this local part, and both say that the same happened:
    /// otherwise nobody knows whose bob he is.
    private static func withoutMailboxNames(_ verdicts: [Verdict]) -> [Verdict] {
        var addresses: [Substring: [Int]] = [:]
        for (index, verdict) in verdicts.enumerated() {
            if let (local, isAddress) = localPart(verdict), isAddress { addresses[local, default: []].append(index) }
        }
        var merged = verdicts
        var gone: Set<Int> = []
        for (index, verdict) in verdicts.enumerated() {
            guard let (local, isAddress) = localPart(verdict), !isAddress, let same = addresses[local], same.count == 1,
                verdict.action == merged[same[0]].action
            else { continue }
            if !merged[same[0]].saysWhy, verdict.saysWhy {
                let address = merged[same[0]]
                merged[same[0]] = verdict
                merged[same[0]].recipient = address.recipient
                merged[same[0]].originalRecipient = address.originalRecipient
            }
            gone.insert(index)
        }
        return merged.indices.filter { !gone.contains($0) }.map { merged[$0] }
    }

    /// The local part of a recipient, in lower case, and whether a domain follows it.
    private static func localPart(_ verdict: Verdict) -> (name: Substring, isAddress: Bool)? {
        guard let recipient = verdict.recipient?.lowercased() else { return nil }
        guard let sign = recipient.lastIndex(of: "@") else { return (recipient[...], false) }
        return (recipient[..<sign], true)
    }

    /// The verdict of one group of fields.
    static func verdict(_ group: DeliveryReport.Recipient) -> Verdict {
        var verdict = Verdict()
        verdict.recipient = address(group.finalRecipient)
        verdict.originalRecipient = address(group.originalRecipient)
        // A mailbox's own name, `LOCAL; bob`, is no address that anybody wrote to.
        if !(verdict.recipient?.utf8.contains(UInt8(ascii: "@")) ?? false) {
            verdict.recipient = verdict.originalRecipient ?? verdict.recipient
        }
        verdict.reportedStatus = group.status
        verdict.isActionPrinted = group.action != nil
        verdict.action = group.action ?? action(of: group.status)
        verdict.remoteMTA = group.remoteMTA.flatMap(host)
        verdict.diagnosticType = group.diagnostic?.type ?? ""
        if let diagnostic = group.diagnostic { read(diagnostic, into: &verdict) }
        return verdict
    }

    private static func action(of status: EnhancedStatusCode?) -> ReportAction {
        switch status?.statusClass {
        case .success: .delivered
        case .persistentTransientFailure: .delayed
        case .permanentFailure, nil: .failed
        }
    }

    /// The address in a recipient field; nil when it holds none, as `undisclosed` or a pipe.
    private static func address(_ text: String?) -> String? {
        guard let text else { return nil }
        let utf8 = text.utf8
        let span = utf8.span
        if let plain = AddressList.first(span, ByteRange(0, span.count)) { return plain }
        let trimmed = StructuredText.trimmed(span, ByteRange(0, span.count))
        return trimmed.isEmpty || utf8.contains(ASCII.space)
            ? nil : String(decoding: span, trimmed)
    }

    /// A host's name without what reporters print behind it, `mx.example.net (192.0.2.1)`.
    private static func host(_ text: String) -> String? {
        let utf8 = text.utf8
        let name = utf8.prefix { !ASCII.isBlank($0) && $0 != UInt8(ascii: "(") && $0 != UInt8(ascii: "[") }
        if name.count == utf8.count { return name.isEmpty ? nil : text }
        return name.isEmpty ? nil : String(name)
    }

    /// The reply in a diagnostic; one that quotes a host's is looked through as a notice is.
    private static func read(_ diagnostic: Diagnostic, into verdict: inout Verdict) {
        let bytes = Array(diagnostic.lines.joined(separator: "\n").utf8)
        let direct = PrintedReply(parsing: bytes.span)
        // A program's exit status looks like a reply code (`x-unix; 255`), but no failure begins with 2.
        let isReply = direct.code.map { $0.rawValue >= 400 || verdict.action != .failed } ?? false
        if let code = direct.code, isReply, !bytes.span.contains(" said: "), !bytes.span.contains("<4") {
            verdict.reply = direct
            if direct.status == nil {
                verdict.reply?.status = ReplyScan.direct(bytes.span, behind: 3, to: bytes.count, code)
                verdict.hint = ReplyScan.hint(bytes.span, from: 3, to: bytes.count)
            }
            if bytes.count > 20 { verdict.stage = stage(bytes) }
            return
        }
        var notice = Notice()
        notice.text = bytes
        notice.text.append(ASCII.lineFeed)
        notice.readAsDiagnostic()
        let replies = ReplyScan.replies(notice, heads: [Bool](repeating: false, count: notice.lines.count))
        if let best = replies.max(by: { $0.strength < $1.strength }),
            let first = replies.first(where: { $0.strength == best.strength })
        {
            verdict.reply = ReplyText.printed(notice.text.span, first)
            verdict.hint = first.hint
            // `5.3.0 - Other mail system problem 550-'Unknown user'`: the reporter's own status before the reply.
            if let leading = replies.first?.status, replies.first?.code == nil, verdict.reply?.status == nil,
                first.code?.statusClass == leading.statusClass
            {
                verdict.reply?.status = leading
            }
            verdict.stage = first.stage
            if first.code == nil { verdict.sentence = ReplyText.sentence(bytes.span, 0..<bytes.count) }
        } else {
            verdict.sentence = ReplyText.sentence(bytes.span, 0..<bytes.count)
        }
        verdict.condition = condition(notice, verdict.action)
    }

    private static func stage(_ bytes: [UInt8]) -> Stage? {
        var first: Stage?
        NoticePhrases.matcher.visit(bytes.span, ByteRange(0, bytes.count)) { hit in
            if first == nil { first = Stage(hit.mark) }
        }
        return first
    }

    private static func condition(_ notice: Notice, _ action: ReportAction) -> Condition? {
        if notice.marks.contains(.expired) { return action == .delayed ? .delayWarning : .queueExpired }
        return notice.marks.contains(.connection) ? .noAnswer : nil
    }
}

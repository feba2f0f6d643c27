import DeliveryReports
import MailFormat
import StatusCodes

/// Joins what a notice says with what the part for programs says.
struct NoticeReader {
    let notice: Notice
    let text: TextReport
    /// Where the reasons of several recipients stand.
    private(set) var place = ReasonPlace.behind
    /// The reply that several share stands among the words about one of them.
    private var isReplyOwned = false

    /// Where the reason of each of several recipients stands.
    enum ReasonPlace {
        /// Behind its address, or behind or before all addresses.
        case behind
        /// On its line, before the address: `The mailbox is full: <bob@example.net>`.
        case onLine
        /// On the lines above it, or above the addresses that share it.
        case above
    }

    init(_ notice: Notice, strangers: FoldedAddresses, known: FoldedAddresses) {
        self.notice = notice
        text = TextReport(notice, strangers: strangers, known: known)
        settle()
    }

    /// How many recipients are looked at for words around their addresses: programs that write such lists have few.
    private static let mostSettled = 64

    /// Finds out where the reasons of several recipients stand.
    private mutating func settle() {
        let recipients = text.recipients
        guard recipients.count > 1 else { return }
        if let shared = recipients.first(where: \.sharesReply)?.reply,
            let owner = recipients.first(where: { !$0.sharesReply && $0.reply?.start == shared.start })
        {
            isReplyOwned = ownWords(of: owner)?.contains(shared.start) ?? false
        }
        guard recipients.count <= Self.mostSettled, recipients.allSatisfy({ ownWords(of: $0) == nil }) else { return }
        if recipients.allSatisfy({ hasWords(frame(of: $0).before) }) {
            place = .onLine
        } else if recipients.dropFirst().contains(where: { above($0) != nil }) {
            place = .above
        }
    }

    // MARK: From the notice alone

    /// The recipients that the notice names.
    func verdicts(_ action: ReportAction) -> [Verdict] {
        text.recipients.map { recipient in
            var verdict = Verdict()
            verdict.recipient = printed(recipient.address)
            verdict.originalRecipient = recipient.alias.map(printed)
            verdict.action = action
            fill(&verdict, recipient)
            return verdict
        }
    }

    /// A recipient whose address is known from elsewhere.
    func verdict(_ address: String?, _ action: ReportAction) -> Verdict {
        var verdict = Verdict()
        verdict.recipient = address
        verdict.action = action
        let found = address.flatMap(named)
        verdict.originalRecipient = found?.alias.map(printed)
        fill(&verdict, found)
        return verdict
    }

    private func printed(_ range: ByteRange) -> String {
        String(decoding: notice.text.span, range)
    }

    /// What the notice says of an address; of the only recipient when it names just one.
    private func named(_ address: String) -> TextRecipient? {
        let utf8 = address.utf8
        return text.recipients.first { recipient in
            isSame(recipient.address, utf8.span) || recipient.alias.map { isSame($0, utf8.span) } ?? false
        }
    }

    private func isSame(_ range: ByteRange, _ address: Span<UInt8>) -> Bool {
        FoldedAddresses.isSame(notice.text.span, range, address, ByteRange(0, address.count))
    }

    // MARK: Both

    /// Adds what the notice says to what the part for programs says.
    func complete(_ verdict: inout Verdict, isOnly: Bool) {
        let found = verdict.recipient.flatMap(named) ?? verdict.originalRecipient.flatMap(named)
        guard let found = found ?? (isOnly ? text.recipients.first : nil) else {
            if isOnly { fill(&verdict, nil) }
            return
        }
        fill(&verdict, found)
        if let recipient = verdict.recipient, Self.isFileOrProgram(recipient) {
            verdict.recipient = printed(found.alias ?? found.address)
        } else if verdict.originalRecipient == nil {
            verdict.originalRecipient = found.alias.map(printed)
        }
    }

    /// `/var/mail/bob` and `|procmail` are no recipients: whom they were tried for is.
    private static func isFileOrProgram(_ recipient: String) -> Bool {
        recipient.hasPrefix("/") || recipient.hasPrefix("|")
    }

    private func fill(_ verdict: inout Verdict, _ recipient: TextRecipient?) {
        var quoted = recipient?.reply
        // With one recipient every reply is about it: digits anywhere say more than a status beside its address.
        if quoted?.code == nil, text.recipients.count <= 1 { quoted = strongest ?? quoted }
        // What a notice quotes is a refusal, of another recipient where this one has the message.
        if verdict.action != .failed, verdict.action != .delayed { quoted = nil }
        if let recipient, recipient.sharesReply, let quoted {
            if !verdict.saysWhy { share(&verdict, recipient, quoted) }
            return
        }
        if let quoted {
            let printed = ReplyText.printed(notice.text.span, quoted)
            if verdict.reply?.code == nil, printed.code != nil || verdict.reply?.status == nil {
                verdict.reply = printed
                verdict.hint = quoted.hint
            }
            if verdict.stage == nil { verdict.stage = quoted.stage }
            if verdict.remoteMTA == nil { verdict.remoteMTA = HostName.before(notice, quoted.start) }
        }
        if verdict.reply?.code == nil {
            let range = reason(of: recipient)
            if verdict.sentence.isEmpty { verdict.sentence = ReplyText.sentence(notice.text.span, range) }
            if verdict.frames.isEmpty, let recipient { verdict.frames = [sentence(around: recipient), announced] }
            if verdict.condition == nil { verdict.condition = condition(in: range, verdict.action) }
        }
    }

    /// Adds a reply that stands for all recipients, and what the notice says of this one.
    private func share(_ verdict: inout Verdict, _ recipient: TextRecipient, _ quoted: FoundReply) {
        verdict.shared = Verdict.Shared(
            reply: ReplyText.printed(notice.text.span, quoted),
            hint: quoted.hint,
            stage: quoted.stage,
            remoteMTA: HostName.before(notice, quoted.start)
        )
        guard let own = ownWords(of: recipient) else { return }
        if isReplyOwned { verdict.shared = nil }
        verdict.sentence = ReplyText.sentence(notice.text.span, own)
        verdict.condition = condition(in: own, verdict.action)
    }

    /// The surest reply of the whole notice; of equals the first.
    private var strongest: FoundReply? {
        var best: FoundReply?
        for reply in text.replies {
            guard let current = best else {
                best = reply
                continue
            }
            let isBetter = reply.rank > current.rank
            if isBetter { best = reply }
        }
        return best
    }
}

/// The host that a notice names before a reply: `host mx.example.net[192.0.2.1] said:`.
enum HostName {
    /// How far before the reply it may stand.
    private static let farthest = 160

    static func before(_ notice: Notice, _ offset: Int) -> String? {
        let text = notice.text.span
        var start = offset - 1
        while start >= 0, offset - start <= farthest {
            if text.matches("host ", at: start) || text.matches("host\n", at: start) {
                return name(text, from: start + 5)
            }
            if text.matches("talking to ", at: start) { return name(text, from: start + 11) }
            start -= 1
        }
        return nil
    }

    private static func name(_ text: Span<UInt8>, from start: Int) -> String? {
        var first = start
        while first < text.count, text[first] <= ASCII.space { first += 1 }
        var end = first
        while end < text.count,
            ASCII.isLetterOrDigit(text[end]) || text[end] == UInt8(ascii: ".")
                || text[end] == UInt8(ascii: "-")
        { end += 1 }
        while end > first, text[end - 1] == UInt8(ascii: ".") { end -= 1 }
        guard end > first + 3 else { return nil }
        let name = String(decoding: text, ByteRange(first, end))
        return name.contains(".") ? name : nil
    }
}

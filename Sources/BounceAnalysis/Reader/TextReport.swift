import MailFormat
import StatusCodes

/// A recipient as the text of a notice tells of it.
struct TextRecipient {
    /// The address as printed; empty when it is known from elsewhere only.
    var address: ByteRange
    /// The address that it was reached by, where the notice says so.
    var alias: ByteRange?
    /// Where the notice speaks of it.
    var blocks: [Range<Int>] = []
    /// The reply that is about it.
    var reply: FoundReply?
    /// Whether that is one which stands for all, elsewhere in the notice.
    var sharesReply = false
}

/// Reads the text of a notice: who failed, and what was said to that.
struct TextReport {
    /// The recipients, each once, in order.
    var recipients: [TextRecipient] = []
    /// Every reply and status that the notice prints.
    var replies: [FoundReply] = []
    /// The addresses of the notice.
    var addresses: [FoundAddress] = []
    /// Lines on which something begins that was tried for an alias: a program, a file.
    var openings: [Int] = []
    /// The strongest role that made an address a recipient.
    var role: FoundAddress.Role = .mentioned

    /// The most work of joining replies with the recipients that they mention, in pairs.
    private static let mostPairs = 20_000

    /// Reads a notice; the strangers are the original's sender and the reporter, the known ones those that the report
    /// itself names.
    init(_ notice: Notice, strangers: FoldedAddresses, known: FoldedAddresses) {
        addresses = AddressScan.addresses(notice)
        if !known.isEmpty { name(known, notice.text.span) }
        choose(notice, strangers)
        var heads = [Bool](repeating: false, count: notice.lines.count)
        for address in addresses where address.role == .head || (role == .listed && address.role == .listed) {
            heads[address.line] = true
        }
        for line in openings { heads[line] = true }
        replies = ReplyScan.replies(notice, heads: heads)
        bound(notice)
        assign(notice)
    }

    // MARK: Recipients

    /// Wherever a recipient that is known is mentioned, it is spoken of.
    private mutating func name(_ known: FoldedAddresses, _ text: Span<UInt8>) {
        for index in addresses.indices where addresses[index].role == .mentioned || addresses[index].role == .listed {
            if known.contains(text, addresses[index].range) { addresses[index].role = .named }
        }
    }

    /// The addresses that stand in the strongest place.
    ///
    /// A list of addresses wins, unless a sentence before it has said already who failed: what follows then is somebody
    /// to ask. Strangers are taken for recipients only where a list has nobody else.
    private mutating func choose(_ notice: Notice, _ strangers: FoldedAddresses) {
        let text = notice.text.span
        var known: [[UInt8]: Int] = [:]
        if let sentence = sentence(notice), !strangers.contains(text, addresses[sentence].range) {
            take(addresses[sentence], text, &known)
            role = .named
            takeAgain(text, &known)
            return takeAliases(notice)
        }
        for place in Self.places {
            for address in addresses where address.role == place.role && (place.takesAsides || !address.isAside) {
                guard
                    place.takesStrangers
                        ? !Self.isListOffice(text, address.range)
                        : !strangers.contains(text, address.range),
                    !Self.isMailSystem(text, address.range)
                else { continue }
                take(address, text, &known)
            }
            guard recipients.isEmpty else {
                role = place.role
                if role == .head { takeAgain(text, &known) }
                break
            }
        }
        if role == .mentioned, recipients.count > 1 { recipients.removeAll() }
        if recipients.isEmpty { takeOriginals(notice, &known) }
        takeAliases(notice)
    }

    /// Where recipients stand, the surest first, and who is taken for one there.
    private static let places: [(role: FoundAddress.Role, takesStrangers: Bool, takesAsides: Bool)] = [
        (.head, false, false), (.named, false, false), (.head, true, false), (.listed, false, false),
        (.mentioned, false, false), (.head, true, true),
    ]

    /// Whom the original was for, where a notice that names nobody else lists its fields among its own words.
    private mutating func takeOriginals(_ notice: Notice, _ known: inout [[UInt8]: Int]) {
        known.removeAll()
        let text = notice.text.span
        for address in addresses where address.role == .quoted {
            guard text.matches("to:", at: Int(notice.lines[address.line].start)) else { continue }
            take(address, text, &known)
            role = .named
        }
    }

    /// The address of a sentence that speaks of failure, before any list; nil when a list is announced.
    private func sentence(_ notice: Notice) -> Int? {
        guard let head = addresses.firstIndex(where: { $0.role == .head }),
            let named = addresses[..<head].firstIndex(where: { $0.role == .named }),
            notice.lines[addresses[named].line].marks.contains(.failure), !addresses[head].hasColon
        else { return nil }
        var line = addresses[head].line - 1
        while line > 0, notice.lines[line].isBlank { line -= 1 }
        let before = notice.lines[max(0, line)]
        guard !before.isBlank, notice.text[Int(before.end) - 1] != UInt8(ascii: ":"),
            !before.marks.contains(.failure)
        else { return nil }
        return named
    }

    /// Other places where a recipient is named: what is said there is about it, too.
    private mutating func takeAgain(_ text: Span<UInt8>, _ known: inout [[UInt8]: Int]) {
        for address in addresses where address.role == .named && find(address, text, known) != nil {
            take(address, text, &known)
        }
    }

    /// How many recipients are compared one by one; where there are more, they are looked up.
    private static let mostCompared = 8

    private mutating func take(_ address: FoundAddress, _ text: Span<UInt8>, _ known: inout [[UInt8]: Int]) {
        let start = Int(address.range.start)
        if let index = find(address, text, known) {
            recipients[index].blocks.append(start..<start)
        } else if recipients.count < AnalysisLimits.recipients {
            recipients.append(TextRecipient(address: address.range, blocks: [start..<start]))
            guard recipients.count > Self.mostCompared else { return }
            for index in known.count..<recipients.count {
                known[Self.folded(text, recipients[index].address)] = index
            }
        }
    }

    /// Which recipient an address is; nil when it is none yet.
    private func find(_ address: FoundAddress, _ text: Span<UInt8>, _ known: [[UInt8]: Int]) -> Int? {
        guard recipients.count > Self.mostCompared else {
            return recipients.firstIndex { FoldedAddresses.isSame(text, $0.address, text, address.range) }
        }
        return known[Self.folded(text, address.range)]
    }

    static func folded(_ text: Span<UInt8>, _ range: ByteRange) -> [UInt8] {
        var key: [UInt8] = []
        key.reserveCapacity(range.count)
        for offset in range.offsets { key.append(ASCII.lowered(text[offset])) }
        return key
    }

    /// Addresses at which a mailing list is asked, and from which it answers.
    private static func isListOffice(_ text: Span<UInt8>, _ address: ByteRange) -> Bool {
        let sign = ByteScan.first(text, UInt8(ascii: "@"), from: Int(address.start), to: Int(address.end))
        return text.matches("-owner@", at: sign - 6) || text.matches("-request@", at: sign - 8)
            || text.matches("-bounces@", at: sign - 8)
    }

    /// Addresses that reports come from, and never fail.
    private static func isMailSystem(_ text: Span<UInt8>, _ address: ByteRange) -> Bool {
        let start = Int(address.start)
        return text.matches("mailer-daemon@", at: start) || text.matches("postmaster@", at: start)
            || text.matches("mailerdaemon@", at: start) || text.matches("mail-daemon@", at: start)
    }

    // MARK: Blocks

    /// Each mention of a recipient begins a block that ends at the next one's, or at the transcript.
    private mutating func bound(_ notice: Notice) {
        var starts: [(offset: Int, recipient: Int)] = []
        starts.reserveCapacity(recipients.count + 4)
        for (index, recipient) in recipients.enumerated() {
            for block in recipient.blocks { starts.append((block.lowerBound, index)) }
        }
        starts.sort { $0.offset < $1.offset }
        let transcript = notice.hits.first { $0.mark == .transcript }.map { Int($0.start) }
        for index in recipients.indices { recipients[index].blocks.removeAll(keepingCapacity: true) }
        for (place, start) in starts.enumerated() {
            var next = place + 1
            while next < starts.count, starts[next].recipient == start.recipient { next += 1 }
            var end = next < starts.count ? starts[next].offset : notice.end
            if recipients.count > 1, let transcript, transcript > start.offset { end = min(end, transcript) }
            recipients[start.recipient].blocks.append(start.offset..<max(end, start.offset))
        }
    }

    // MARK: Replies

    private mutating func assign(_ notice: Notice) {
        let transcript = SessionTranscript(notice, replies)
        if role != .head { takeVerdicts(notice, transcript) }
        for index in recipients.indices { recipients[index].reply = ownReply(recipients[index]) }
        let shared = shared
        let isSmall = recipients.count * transcript.verdicts.count <= Self.mostPairs && !transcript.verdicts.isEmpty
        for index in recipients.indices {
            guard role != .head || recipients[index].reply.map({ $0.strength < 5 }) ?? true else { continue }
            let key = isSmall ? Self.folded(notice.text.span, recipients[index].address) : []
            if isSmall, let verdict = transcript.verdicts.first(where: { $0.address == key }) {
                recipients[index].reply = verdict.reply
            } else if recipients[index].reply == nil {
                (recipients[index].reply, recipients[index].sharesReply) = (shared, recipients.count > 1)
            }
        }
    }

    /// Where no list is, the transcript tells who failed.
    private mutating func takeVerdicts(_ notice: Notice, _ transcript: SessionTranscript) {
        defer { recipients.sort { $0.address.start < $1.address.start } }
        guard !transcript.verdicts.isEmpty else { return }
        var known = Set(recipients.map { Self.folded(notice.text.span, $0.address) })
        for verdict in transcript.verdicts where known.insert(verdict.address).inserted {
            guard recipients.count < AnalysisLimits.recipients else { return }
            let start = Int(verdict.range.start)
            recipients.append(TextRecipient(address: verdict.range, blocks: [start..<start]))
            role = .named
        }
    }

    /// The surest reply in a recipient's own blocks; of equals the first.
    private func ownReply(_ recipient: TextRecipient) -> FoundReply? {
        var best: FoundReply?
        for block in recipient.blocks {
            var index = firstReply(from: block.lowerBound)
            while index < replies.count, replies[index].start < block.upperBound {
                if best.map({ replies[index].rank > $0.rank }) ?? true { best = replies[index] }
                index += 1
            }
        }
        return best
    }

    private func firstReply(from offset: Int) -> Int {
        var low = 0
        var high = replies.count
        while low < high {
            let middle = (low + high) / 2
            if replies[middle].end <= offset { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// A reply that stands for all: the surest one behind the last recipient, or the only recipient's.
    private var shared: FoundReply? {
        let last = recipients.last.map { Int($0.address.end) } ?? 0
        var best: FoundReply?
        let isNobodys = recipients.allSatisfy { $0.reply == nil }
        for reply in replies where reply.start >= last || recipients.count == 1 || isNobodys {
            if best.map({ reply.rank > $0.rank }) ?? true { best = reply }
        }
        return best
    }
}

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
}

/// Reads the text of a notice: who failed, and what was said to that.
struct TextReport {
    /// The recipients, each once, in order.
    var recipients: [TextRecipient] = []
    /// Every reply and status that the notice prints.
    var replies: [FoundReply] = []
    /// The addresses of the notice.
    var addresses: [FoundAddress] = []
    /// The strongest role that made an address a recipient.
    var role: FoundAddress.Role = .mentioned

    /// The most work of joining replies with the recipients that they mention, in pairs.
    private static let mostPairs = 20_000

    /// Reads a notice; the addresses given in lower case are those of the original's sender and of the reporter.
    init(_ notice: Notice, strangers: [[UInt8]]) {
        addresses = AddressScan.addresses(notice)
        choose(notice, strangers)
        var heads = [Bool](repeating: false, count: notice.lines.count)
        for address in addresses where address.role == .head || (role == .listed && address.role == .listed) {
            heads[address.line] = true
        }
        replies = ReplyScan.replies(notice, heads: heads)
        bound(notice)
        assign(notice)
    }

    // MARK: Recipients

    /// The addresses that stand in the strongest place.
    ///
    /// A list of addresses wins, unless a sentence before it has said already who failed: what follows then is somebody
    /// to ask. Strangers are taken for recipients only where a list has nobody else.
    private mutating func choose(_ notice: Notice, _ strangers: [[UInt8]]) {
        var known: [[UInt8]: Int] = [:]
        if let sentence = sentence(notice) {
            let key = Self.folded(notice.text.span, addresses[sentence].range)
            if !strangers.contains(key) {
                take(addresses[sentence], key, &known)
                role = .named
                takeAgain(notice.text.span, &known)
                return takeAliases()
            }
        }
        for place in Self.places {
            for address in addresses where address.role == place.role && (place.takesAsides || !address.isAside) {
                let key = Self.folded(notice.text.span, address.range)
                guard place.takesStrangers || !strangers.contains(key), !Self.isMailSystem(key) else { continue }
                take(address, key, &known)
            }
            guard recipients.isEmpty else {
                role = place.role
                if role == .head { takeAgain(notice.text.span, &known) }
                break
            }
        }
        if role == .mentioned, recipients.count > 1 { recipients.removeAll() }
        if recipients.isEmpty { takeOriginals(notice, &known) }
        takeAliases()
    }

    /// Where recipients stand, the surest first, and who is taken for one there.
    private static let places: [(role: FoundAddress.Role, takesStrangers: Bool, takesAsides: Bool)] = [
        (.head, false, false), (.named, false, false), (.head, true, false), (.listed, false, false),
        (.mentioned, false, false), (.head, true, true),
    ]

    /// Whom the original was for, where a notice that names nobody else lists its fields among its own words.
    private mutating func takeOriginals(_ notice: Notice, _ known: inout [[UInt8]: Int]) {
        known.removeAll()
        for address in addresses where address.role == .quoted {
            guard notice.text.span.matches("to:", at: Int(notice.lines[address.line].start)) else { continue }
            take(address, Self.folded(notice.text.span, address.range), &known)
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
        for address in addresses where address.role == .named {
            let key = Self.folded(text, address.range)
            if known[key] != nil { take(address, key, &known) }
        }
    }

    private mutating func take(_ address: FoundAddress, _ key: [UInt8], _ known: inout [[UInt8]: Int]) {
        let start = Int(address.range.start)
        if let index = known[key] {
            recipients[index].blocks.append(start..<start)
        } else if recipients.count < AnalysisLimits.recipients {
            known[key] = recipients.count
            recipients.append(TextRecipient(address: address.range, blocks: [start..<start]))
        }
    }

    /// An alias belongs to the recipient before it; where none is, it is all that is known of one.
    private mutating func takeAliases() {
        var before = -1
        for address in addresses where address.role == .alias {
            while before + 1 < recipients.count, recipients[before + 1].address.start < address.range.start {
                before += 1
            }
            if before >= 0 {
                if recipients[before].alias == nil { recipients[before].alias = address.range }
            } else if recipients.isEmpty {
                let start = Int(address.range.start)
                recipients.append(TextRecipient(address: address.range, blocks: [start..<start]))
                role = .named
            }
        }
    }

    static func folded(_ text: Span<UInt8>, _ range: ByteRange) -> [UInt8] {
        var key: [UInt8] = []
        key.reserveCapacity(range.count)
        for offset in range.offsets { key.append(ASCII.lowered(text[offset])) }
        return key
    }

    /// Whether an address in lower case is this one.
    static func isFolded(_ key: [UInt8], _ address: String) -> Bool {
        let utf8 = address.utf8
        let bytes = utf8.span
        guard bytes.count == key.count else { return false }
        for index in bytes.indices where ASCII.lowered(bytes[index]) != key[index] { return false }
        return true
    }

    /// Addresses that reports come from, and never fail.
    static func isMailSystem(_ address: [UInt8]) -> Bool {
        let span = address.span
        return span.matches("mailer-daemon@", at: 0) || span.matches("postmaster@", at: 0)
            || span.matches("mailerdaemon@", at: 0) || span.matches("mail-daemon@", at: 0)
    }

    // MARK: Blocks

    /// Each mention of a recipient begins a block that ends at the next one's, or at the transcript.
    private mutating func bound(_ notice: Notice) {
        var starts: [(offset: Int, recipient: Int)] = []
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
        let isSmall = recipients.count * max(1, transcript.verdicts.count) <= Self.mostPairs
        for index in recipients.indices {
            guard role != .head || recipients[index].reply.map({ $0.strength < 5 }) ?? true else { continue }
            let key = isSmall ? Self.folded(notice.text.span, recipients[index].address) : []
            if isSmall, let verdict = transcript.verdicts.first(where: { $0.address == key }) {
                recipients[index].reply = verdict.reply
            } else if recipients[index].reply == nil {
                recipients[index].reply = shared
            }
        }
    }

    /// Where no list is, the transcript tells who failed.
    private mutating func takeVerdicts(_ notice: Notice, _ transcript: SessionTranscript) {
        var known = Set(recipients.map { Self.folded(notice.text.span, $0.address) })
        for verdict in transcript.verdicts where known.insert(verdict.address).inserted {
            guard recipients.count < AnalysisLimits.recipients else { return }
            let start = Int(verdict.range.start)
            recipients.append(TextRecipient(address: verdict.range, blocks: [start..<start]))
            role = .named
        }
        recipients.sort { $0.address.start < $1.address.start }
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

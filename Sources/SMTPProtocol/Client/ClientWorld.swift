import MailFormat
import StatusCodes

/// What a client session knows beside the state it is in.
struct ClientWorld {
    let settings: ClientSettings
    /// What the peer announced; nothing before EHLO and after STARTTLS.
    var capabilities = PeerCapabilities()
    var isEncrypted: Bool
    /// STARTTLS was refused and the session goes on in clear.
    var isTLSRefused = false
    var isAuthenticated = false
    /// Mechanisms that were tried in this session.
    var triedMechanisms: PeerMechanisms = []
    /// Greeting, EHLO, TLS and AUTH were done once.
    var isEstablished = false
    /// The owner wants the session to end.
    var isClosing = false
    /// Transactions that have ended.
    var transactionCount = 0
    /// The transactions that the owner handed over and that are not begun yet, at most two.
    var waiting: [ClientTransaction] = []
    /// Why the session failed.
    var failure: ClientFailure?
    var output = ClientCommandWriter()
    var parser: ReplyParser
    private var reports: (first: TransactionReport?, second: TransactionReport?) = (nil, nil)

    init(settings: ClientSettings) {
        self.settings = settings
        self.isEncrypted = settings.tls == .implicit
        self.parser = ReplyParser(limits: settings.limits)
    }

    /// The extensions that may be used with this peer.
    var usable: PeerExtensions { capabilities.extensions.subtracting(settings.withheld) }

    func copy(_ reply: ReceivedReply, _ bytes: Span<UInt8>) -> PrintedReply {
        PrintedReply(parsing: bytes.extracting(0..<reply.found.byteCount))
    }

    mutating func report(_ outcomes: TransactionReport.Outcomes) {
        let report = TransactionReport(
            outcomes: outcomes,
            capabilities: capabilities,
            isEncrypted: isEncrypted,
            transactionsBefore: transactionCount
        )
        if reports.first == nil { reports.first = report } else { reports.second = report }
    }

    mutating func takeReport() -> TransactionReport? {
        let report = reports.first
        reports = (reports.second, nil)
        return report
    }

    /// The session is over: whoever waits learns why.
    mutating func end(_ failure: ClientFailure) {
        if self.failure == nil { self.failure = failure }
        endWaiting(failure)
    }

    /// Whoever waits learns that it will not come to it.
    mutating func endWaiting(_ failure: ClientFailure) {
        while takeWaiting() != nil { report(.uniform(.failed(failure))) }
    }

    mutating func takeWaiting() -> ClientTransaction? {
        waiting.isEmpty ? nil : waiting.removeFirst()
    }

    // MARK: Beginning a transaction

    /// Why a transaction cannot be offered to this peer at all, behind so many that are not counted yet; nil when it can.
    func obstacle(to transaction: ClientTransaction, behind others: Int = 0) -> RecipientOutcome? {
        // RFC 9422 §4.1
        if let most = capabilities.maximumTransactions, transactionCount + others >= most { return .notAttempted }
        let content = transaction.content
        if let condition = addressObstacle(to: transaction) { return refused(.mail, condition) }
        // RFC 1870 §6.1
        if let most = capabilities.maximumSize, usable.contains(.size), content.byteCount > most {
            return refused(.mail, .tooBigForPeer)
        }
        // RFC 6531 §3.2
        if content.needsSMTPUTF8, !usable.contains(.smtpUTF8) { return refused(.mail, .eaiPeer) }
        switch content.body {
        case .sevenBit: break
        case .eightBitMIME:
            // RFC 6152 §3: convert or give it back; the owner may hand it over again, converted.
            if !usable.contains(.eightBitMIME) { return refused(.conversion, .eightBitUnsupported) }
        case .binaryMIME:
            // RFC 3030 §3
            if !usable.isSuperset(of: [.chunking, .binaryMIME]) { return refused(.conversion, .eightBitUnsupported) }
        }
        return nil
    }

    private func refused(_ stage: Stage, _ condition: Condition) -> RecipientOutcome {
        .failed(
            ClientFailure(
                stage: stage,
                reach: .transaction,
                cause: .condition(condition, detail: ""),
                isEncrypted: isEncrypted
            )
        )
    }

    /// No octet of an address may end the command that carries it, and UTF-8 needs its extension.
    private func addressObstacle(to transaction: ClientTransaction) -> Condition? {
        let envelope = transaction.envelope
        let permitsUTF8 = transaction.content.needsSMTPUTF8
        if let condition = envelope.arena.fault(in: envelope.reversePath, permitsUTF8, bad: .senderSyntax) {
            return condition
        }
        for position in 0..<transaction.recipientCount {
            let address = transaction[position].address
            if let condition = envelope.arena.fault(in: address, permitsUTF8, bad: .recipientSyntax) {
                return condition
            }
        }
        return nil
    }

    /// What will be said for a transaction.
    func flight(for transaction: ClientTransaction) -> ClientExchange.Flight {
        let form: ContentForm =
            if !usable.contains(.chunking) {
                .dotStuffed
            } else if transaction.content.body == .binaryMIME {
                .chunkOfOctets
            } else {
                .chunkOfLines
            }
        return ClientExchange.Flight(
            offeredCount: offeredCount(of: transaction),
            isPipelined: usable.contains(.pipelining),
            form: form
        )
    }

    /// How many recipients the announced limits leave room for: always at least one (RFC 9422 §4.2, §4.3).
    private func offeredCount(of transaction: ClientTransaction) -> Int {
        let count = min(transaction.recipientCount, capabilities.maximumRecipients ?? .max)
        guard let most = capabilities.maximumDomains else { return count }
        var domains: [ArraySlice<UInt8>] = []
        for position in 0..<count {
            let domain = transaction.envelope.arena[transaction[position].domain.offsets]
            if domains.contains(where: { $0.elementsEqual(domain, by: Self.isSameLetter) }) { continue }
            guard domains.count < most else { return position }
            domains.append(domain)
        }
        return count
    }

    private static func isSameLetter(_ left: UInt8, _ right: UInt8) -> Bool {
        left == right || (left ^ right == 0x20 && (0x61...0x7A).contains(left | 0x20))
    }

    /// Says MAIL, and all that may follow it at once.
    mutating func write(_ flight: ClientExchange.Flight, of transaction: ClientTransaction) {
        output.mail(transaction, use: usable)
        guard flight.isPipelined else { return }
        for position in 0..<flight.offeredCount { output.rcpt(position, of: transaction, use: usable) }
        if flight.includesData { output.data() }
    }
}

extension [UInt8] {
    /// The condition that keeps an address from being sent: what could end its line or its brackets, or UTF-8 without
    /// permission.
    fileprivate func fault(in range: ByteRange, _ permitsUTF8: Bool, bad: Condition) -> Condition? {
        let isQuoted = !range.isEmpty && self[Int(range.start)] == UInt8(ascii: "\"")
        for index in range.offsets {
            switch self[index] {
            case 0x00..<0x20, 0x7F: return bad
            case UInt8(ascii: " "), UInt8(ascii: "<"), UInt8(ascii: ">"): if !isQuoted { return bad }
            case 0x80...: if !permitsUTF8 { return .eaiPeer }
            default: continue
            }
        }
        return nil
    }
}

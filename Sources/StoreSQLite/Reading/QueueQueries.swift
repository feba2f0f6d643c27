internal import Delivery
internal import MailFormat

/// The statements that read messages, kept with a connection.
struct QueueQueries {
    private let head: Statement
    private let heads: Statement
    private let open: Statement
    private let attempts: Statement
    private let latestAttempt: Statement
    private let stored: Statement
    private let recent: Statement
    private let told: Statement
    private let sent: Statement
    private let allSent: Statement

    init(on connection: Connection) throws(StoreError) {
        head = try connection.prepare("SELECT id, arrival, size, envelope FROM message WHERE id = ?1")
        heads = try connection.prepare(
            "SELECT id, arrival, size, envelope FROM message WHERE id > ?1 ORDER BY id LIMIT ?2"
        )
        open = try connection.prepare(
            """
            SELECT idx, state, at, fence, holder, attempts, flags, hold_by, hold_reason, review_at
            FROM recipient WHERE message = ?1 ORDER BY idx
            """
        )
        let columns = "at, remote, status, reply, condition, cause, rule, stage, known"
        attempts = try connection.prepare(
            "SELECT \(columns) FROM attempt WHERE message = ?1 AND idx = ?2 ORDER BY number"
        )
        latestAttempt = try connection.prepare(
            "SELECT \(columns) FROM attempt WHERE message = ?1 AND idx = ?2 ORDER BY number DESC LIMIT 1"
        )
        stored = try connection.prepare("SELECT size, spool, content FROM message WHERE id = ?1")
        let event = """
            SELECT number, at, kind, message, idx, subject, remote, status, reply, condition, cause, rule, stage, known,
                reason
            FROM event
            """
        recent = try connection.prepare("\(event) WHERE number > ?1 ORDER BY number LIMIT ?2")
        // Without an index: persons ask this, and events are bounded.
        told = try connection.prepare("\(event) WHERE message = ?1 ORDER BY number")
        let dispatch = "SELECT idx, at, address, sender, outcome, provider FROM dispatch"
        sent = try connection.prepare("\(dispatch) WHERE message = ?1 AND idx = ?2")
        allSent = try connection.prepare("\(dispatch) WHERE message = ?1 ORDER BY idx")
    }

    /// A message without its recipients; nil when it is gone.
    func message(_ id: MessageID) throws(StoreError) -> QueuedMessage? {
        try head.bind(1, id.rawValue)
        guard try head.step() else { return nil }
        defer { head.reset() }
        return try Self.message(head)
    }

    /// Messages above an id, without their recipients.
    func messages(after: MessageID?, limit: Int) throws(StoreError) -> [QueuedMessage] {
        try heads.bind(1, after?.rawValue ?? -1)
        try heads.bind(2, Int64(limit))
        defer { heads.reset() }
        var messages: [QueuedMessage] = []
        while try heads.step() { messages.append(try Self.message(heads)) }
        return messages
    }

    /// The open recipients of a message, each with its latest attempt.
    func recipients(of id: MessageID) throws(StoreError) -> [QueuedRecipient] {
        try open.bind(1, id.rawValue)
        defer { open.reset() }
        var recipients: [QueuedRecipient] = []
        while try open.step() {
            let flags = RecipientFields.Flags(rawValue: open.integer(6))
            var recipient = QueuedRecipient(
                index: Int32(truncatingIfNeeded: open.integer(0)),
                state: try state(),
                attemptCount: Int(open.integer(5)),
                delayNoticeSent: flags.contains(.delayNoticeSent),
                ignoresAge: flags.contains(.ignoresAge),
                lastAttempt: nil
            )
            if recipient.attemptCount > 0 {
                recipient.lastAttempt = try lastAttempt(RecipientID(message: id, index: recipient.index))
            }
            recipients.append(recipient)
        }
        return recipients
    }

    /// The latest attempt of a recipient.
    func lastAttempt(_ recipient: RecipientID) throws(StoreError) -> AttemptRecord? {
        try latestAttempt.bind(1, recipient.message.rawValue)
        try latestAttempt.bind(2, Int64(recipient.index))
        guard try latestAttempt.step() else { return nil }
        defer { latestAttempt.reset() }
        return try Self.attempt(latestAttempt)
    }

    /// All kept attempts of a recipient, oldest first.
    func attempts(of recipient: RecipientID) throws(StoreError) -> [AttemptRecord] {
        try attempts.bind(1, recipient.message.rawValue)
        try attempts.bind(2, Int64(recipient.index))
        defer { attempts.reset() }
        var records: [AttemptRecord] = []
        while try attempts.step() { records.append(try Self.attempt(attempts)) }
        return records
    }

    /// Where the content of a message lies.
    enum StoredContent {
        case row([UInt8])
        case file(name: String, byteCount: Int)
    }

    /// The content of a message; nil when the message is gone.
    func content(of id: MessageID) throws(StoreError) -> StoredContent? {
        try stored.bind(1, id.rawValue)
        guard try stored.step() else { return nil }
        defer { stored.reset() }
        if stored.isNull(1) { return .row(stored.blob(2)) }
        return .file(name: stored.text(1), byteCount: Int(stored.integer(0)))
    }

    /// Events above a number.
    func events(after: Int64, limit: Int) throws(StoreError) -> [QueueEvent] {
        try recent.bind(1, after)
        try recent.bind(2, Int64(limit))
        return try Self.events(recent)
    }

    /// Events of a message.
    func events(of message: MessageID) throws(StoreError) -> [QueueEvent] {
        try told.bind(1, message.rawValue)
        return try Self.events(told)
    }

    private static func events(_ rows: Statement) throws(StoreError) -> [QueueEvent] {
        defer { rows.reset() }
        var events: [QueueEvent] = []
        while try rows.step() {
            guard let kind = QueueEvent.Kind(rawValue: rows.text(2)) else {
                throw StoreError(code: .unusable, detail: "the queue is damaged: event \(rows.text(2))")
            }
            let at = Timestamp(milliseconds: rows.integer(1))
            events.append(
                QueueEvent(
                    number: rows.integer(0),
                    at: at,
                    kind: kind,
                    message: MessageID(rawValue: rows.integer(3)),
                    recipient: rows.optionalInteger(4).map { Int32(truncatingIfNeeded: $0) },
                    subject: rows.text(5),
                    attempt: rows.isNull(7) ? nil : try AttemptFields.read(rows, first: 6, at: at),
                    reason: rows.isNull(14) ? nil : rows.text(14)
                )
            )
        }
        return events
    }

    /// A recipient that left with a return-path of ours.
    func dispatch(of recipient: RecipientID) throws(StoreError) -> Dispatch? {
        try sent.bind(1, recipient.message.rawValue)
        try sent.bind(2, Int64(recipient.index))
        return try Self.dispatches(sent, of: recipient.message).first
    }

    /// The recipients of a message that left with a return-path of ours.
    func dispatches(of message: MessageID) throws(StoreError) -> [Dispatch] {
        try allSent.bind(1, message.rawValue)
        return try Self.dispatches(allSent, of: message)
    }

    private static func dispatches(_ rows: Statement, of message: MessageID) throws(StoreError) -> [Dispatch] {
        defer { rows.reset() }
        var dispatches: [Dispatch] = []
        while try rows.step() {
            guard let outcome = UInt8(exactly: rows.integer(4)).flatMap(Dispatch.Outcome.init(rawValue:)) else {
                throw StoreError(code: .unusable, detail: "the queue is damaged: outcome \(rows.integer(4))")
            }
            dispatches.append(
                Dispatch(
                    recipient: RecipientID(message: message, index: Int32(truncatingIfNeeded: rows.integer(0))),
                    at: Timestamp(milliseconds: rows.integer(1)),
                    address: rows.text(2),
                    sender: rows.text(3),
                    outcome: outcome,
                    provider: rows.text(5)
                )
            )
        }
        return dispatches
    }

    private static func message(_ row: Statement) throws(StoreError) -> QueuedMessage {
        let id = MessageID(rawValue: row.integer(0))
        guard let (envelope, origin) = EnvelopeRecord.decode(row.blob(3)) else {
            throw StoreError(code: .unusable, detail: "the queue is damaged: envelope of \(id)")
        }
        return QueuedMessage(
            id: id,
            arrival: Timestamp(milliseconds: row.integer(1)),
            envelope: envelope,
            byteCount: Int(row.integer(2)),
            origin: origin,
            recipients: []
        )
    }

    private func state() throws(StoreError) -> RecipientState {
        let at = Timestamp(milliseconds: open.integer(2))
        switch RecipientFields.State(rawValue: open.integer(1)) {
        case .leased: return .leased(Lease(holder: open.integer(4), fence: open.integer(3), until: at))
        case .scheduled: return .scheduled(at)
        case .held:
            return .held(
                Hold(
                    by: open.text(7),
                    reason: open.text(8),
                    since: at,
                    reviewAt: open.optionalInteger(9).map(Timestamp.init(milliseconds:))
                )
            )
        case nil: throw StoreError(code: .unusable, detail: "the queue is damaged: state \(open.integer(1))")
        }
    }

    private static func attempt(_ row: Statement) throws(StoreError) -> AttemptRecord {
        try AttemptFields.read(row, first: 1, at: Timestamp(milliseconds: row.integer(0)))
    }
}

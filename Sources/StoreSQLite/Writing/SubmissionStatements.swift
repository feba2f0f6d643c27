internal import Delivery
internal import MailFormat
internal import SMTPProtocol

/// The statements that take messages over.
struct SubmissionStatements {
    let message: Statement
    let recipient: Statement
    let findKey: Statement
    let key: Statement
    let purgeKeys: Statement

    init(on connection: Connection) throws(StoreError) {
        message = try connection.prepare(
            "INSERT INTO message (id, arrival, size, envelope, spool, content) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
        )
        recipient = try connection.prepare(
            """
            INSERT INTO recipient (message, idx, state, at, fence, holder, attempts, flags, hold_by, hold_reason, review_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, ?8, ?9, ?10)
            """
        )
        findKey = try connection.prepare(
            "SELECT digest, message FROM idempotency WHERE owner = ?1 AND key = ?2 AND expires > ?3"
        )
        key = try connection.prepare(
            "INSERT OR REPLACE INTO idempotency (owner, key, digest, message, expires) VALUES (?1, ?2, ?3, ?4, ?5)"
        )
        // A few at a time: the first key after a busy day must not pay for all of that day's.
        purgeKeys = try connection.prepare(
            """
            DELETE FROM idempotency WHERE (owner, key) IN
                (SELECT owner, key FROM idempotency WHERE expires <= ?1 ORDER BY expires LIMIT 16)
            """
        )
    }
}

extension Writer {
    /// How long an idempotency key is kept (`docs/design/rulings.md` §2).
    private static let keyLifetime = Duration.seconds(24 * 60 * 60)

    /// Takes one message over, or says that it came before.
    func submit(
        _ submission: Submission,
        at index: Int,
        _ result: inout StoreWriteResult
    ) throws(StoreError) {
        guard !submission.envelope.recipients.isEmpty else {
            throw StoreError(code: .invalid, detail: "\(submission.id) has no recipient")
        }
        if let key = submission.idempotency, try isKnown(key, submission, at: index, &result) { return }
        try insertMessage(submission)
        try insertRecipients(submission)
    }

    private func isKnown(
        _ key: IdempotencyKey,
        _ submission: Submission,
        at index: Int,
        _ result: inout StoreWriteResult
    ) throws(StoreError) -> Bool {
        try submissions.findKey.bind(1, text: key.owner)
        try submissions.findKey.bind(2, text: key.key)
        try submissions.findKey.bind(3, submission.arrival.milliseconds)
        if try submissions.findKey.step() {
            defer { submissions.findKey.reset() }
            if submissions.findKey.blob(0) == key.digest {
                let first = MessageID(rawValue: submissions.findKey.integer(1))
                result.repeated.append((submission: index, first: first))
            } else {
                result.conflicting.append(index)
            }
            return true
        }
        try submissions.purgeKeys.bind(1, submission.arrival.milliseconds)
        try submissions.purgeKeys.run()
        try submissions.key.bind(1, text: key.owner)
        try submissions.key.bind(2, text: key.key)
        try submissions.key.bind(3, blob: key.digest)
        try submissions.key.bind(4, submission.id.rawValue)
        try submissions.key.bind(5, submission.arrival.advanced(by: Self.keyLifetime).milliseconds)
        try submissions.key.run()
        return false
    }

    private func insertMessage(_ submission: Submission) throws(StoreError) {
        let content = submission.content
        EnvelopeRecord.encode(submission.envelope, submission.origin, into: &record)
        try submissions.message.bind(1, submission.id.rawValue)
        try submissions.message.bind(2, submission.arrival.milliseconds)
        try submissions.message.bind(3, Int64(content.byteCount))
        try submissions.message.bind(4, blob: record)
        guard !content.isResident else {
            try submissions.message.bind(5, text: nil)
            return try insert(resident: content)
        }
        guard let entry = content as? SpoolEntry, entry.belongs(to: spool) else {
            throw StoreError(code: .invalid, detail: "the content of \(submission.id) is not in this store's spool")
        }
        try submissions.message.bind(5, text: entry.name)
        try submissions.message.bind(6, nil)
        try submissions.message.run()
        changes.spooled.append(entry)
    }

    /// The bytes go from where they lie into the page: they are not copied on the way.
    private func insert(resident content: any MessageContent) throws(StoreError) {
        var code: Int32?
        do throws(ContentError) {
            try content.withBytes(in: 0..<content.byteCount) { bytes in
                if bytes.count == content.byteCount { code = submissions.message.run(borrowing: bytes, at: 6) }
            }
        } catch {
            throw StoreError(code: .invalid, detail: "resident content could not be read: \(error)")
        }
        guard let code else { throw StoreError(code: .invalid, detail: "resident content came in parts") }
        try submissions.message.check(code)
    }

    private func insertRecipients(_ submission: Submission) throws(StoreError) {
        let (state, at, lease, hold) = submission.state.columns
        let count = submission.envelope.recipients.count
        var flags: RecipientFields.Flags = submission.content.isResident ? [] : .isSpooled
        if count == 1 { flags.insert(.isOnly) }
        try submissions.recipient.bind(1, submission.id.rawValue)
        try submissions.recipient.bind(3, state.rawValue)
        try submissions.recipient.bind(4, at.milliseconds)
        try submissions.recipient.bind(5, lease?.fence ?? 0)
        try submissions.recipient.bind(6, lease?.holder ?? 0)
        try submissions.recipient.bind(7, flags.rawValue)
        try submissions.recipient.bind(8, text: hold?.by)
        try submissions.recipient.bind(9, text: hold?.reason)
        try submissions.recipient.bind(10, hold?.reviewAt?.milliseconds)
        for index in 0..<count {
            try submissions.recipient.bind(2, Int64(index))
            try submissions.recipient.run()
            if state == .leased { changes.leased.append(at) }
        }
    }
}

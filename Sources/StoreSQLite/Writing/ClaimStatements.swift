internal import Delivery
internal import MailFormat

/// The statements that find and take what is due.
struct ClaimStatements {
    let due: Statement
    let expired: Statement
    let claim: Statement
    let earliest: Statement

    init(on connection: Connection) throws(StoreError) {
        due = try connection.prepare(
            """
            SELECT message, idx, at, attempts, flags FROM recipient
            WHERE state = 1 AND at <= ?1 ORDER BY at, message, idx LIMIT ?2
            """
        )
        // Reads the whole table: only when the ledger knows of a lease that ran out.
        expired = try connection.prepare(
            """
            SELECT message, idx, at, attempts, flags FROM recipient
            WHERE state = 0 AND at <= ?1 ORDER BY at, message, idx LIMIT ?2
            """
        )
        claim = try connection.prepare(
            "UPDATE recipient SET state = 0, at = ?3, fence = ?4, holder = ?5 WHERE message = ?1 AND idx = ?2"
        )
        earliest = try connection.prepare("SELECT min(at) FROM recipient WHERE state = 1")
    }
}

extension Writer {
    /// A recipient that can be claimed.
    private struct Candidate {
        var id: RecipientID
        var at: Timestamp
        var attempts: Int64
        var flags: RecipientFields.Flags
        var wasLeased: Bool
    }

    /// When the next recipient is due or the next lease runs out.
    func nextDue() throws(StoreError) -> Timestamp? {
        let scheduled = try earliestScheduled()
        guard let leased = ledger.earliest() else { return scheduled }
        return scheduled.map { min($0, leased) } ?? leased
    }

    private func earliestScheduled() throws(StoreError) -> Timestamp? {
        guard try claims.earliest.step() else { return nil }
        defer { claims.earliest.reset() }
        return claims.earliest.optionalInteger(0).map(Timestamp.init(milliseconds:))
    }

    /// Takes what is due.
    func claimDue(now: Timestamp, lease: Lease, limit: Int) throws(StoreError) -> [QueuedMessage] {
        guard limit > 0, let earliest = try nextDue(), earliest <= now else { return [] }
        try requireReserve()
        return try transaction { () throws(StoreError) in
            let candidates = try self.candidates(now: now, limit: limit)
            for candidate in candidates { try take(candidate, lease) }
            return try messages(candidates, lease)
        }
    }

    private func candidates(now: Timestamp, limit: Int) throws(StoreError) -> [Candidate] {
        var candidates = try Self.rows(claims.due, now, limit, wasLeased: false)
        if let ended = ledger.earliest(), ended <= now {
            candidates += try Self.rows(claims.expired, now, limit, wasLeased: true)
            candidates.sort { ($0.at, $0.id.message, $0.id.index) < ($1.at, $1.id.message, $1.id.index) }
        }
        return Array(candidates.prefix(limit))
    }

    private static func rows(
        _ statement: Statement,
        _ now: Timestamp,
        _ limit: Int,
        wasLeased: Bool
    ) throws(StoreError) -> [Candidate] {
        try statement.bind(1, now.milliseconds)
        try statement.bind(2, Int64(limit))
        defer { statement.reset() }
        var rows: [Candidate] = []
        while try statement.step() {
            let id = RecipientID(
                message: MessageID(rawValue: statement.integer(0)),
                index: Int32(truncatingIfNeeded: statement.integer(1))
            )
            rows.append(
                Candidate(
                    id: id,
                    at: Timestamp(milliseconds: statement.integer(2)),
                    attempts: statement.integer(3),
                    flags: RecipientFields.Flags(rawValue: statement.integer(4)),
                    wasLeased: wasLeased
                )
            )
        }
        return rows
    }

    private func take(_ candidate: Candidate, _ lease: Lease) throws(StoreError) {
        try claims.claim.bind(1, candidate.id.message.rawValue)
        try claims.claim.bind(2, Int64(candidate.id.index))
        try claims.claim.bind(3, lease.until.milliseconds)
        try claims.claim.bind(4, lease.fence)
        try claims.claim.bind(5, lease.holder)
        try claims.claim.run()
        changes.leased.append(lease.until)
        if candidate.wasLeased { changes.returned.append(candidate.at) }
    }

    private func messages(_ candidates: [Candidate], _ lease: Lease) throws(StoreError) -> [QueuedMessage] {
        var messages: [QueuedMessage] = []
        var places: [MessageID: Int] = [:]
        for candidate in candidates {
            let recipient = QueuedRecipient(
                index: candidate.id.index,
                state: .leased(lease),
                attemptCount: Int(candidate.attempts),
                delayNoticeSent: candidate.flags.contains(.delayNoticeSent),
                ignoresAge: candidate.flags.contains(.ignoresAge),
                lastAttempt: candidate.attempts > 0 ? try queries.lastAttempt(candidate.id) : nil
            )
            if let place = places[candidate.id.message] {
                messages[place].recipients.append(recipient)
            } else if var message = try queries.message(candidate.id.message) {
                message.recipients = [recipient]
                places[message.id] = messages.count
                messages.append(message)
            } else {
                throw StoreError(code: .unusable, detail: "the queue is damaged: no message for \(candidate.id)")
            }
        }
        return messages
    }
}

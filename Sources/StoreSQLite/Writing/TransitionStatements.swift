internal import Delivery
internal import MailFormat
internal import SMTPProtocol
internal import StatusCodes

/// The statements that change where recipients stand, and end messages.
struct TransitionStatements {
    let find: Statement
    let restate: Statement
    let lease: Statement
    let count: Statement
    let attempt: Statement
    let pruneAttempts: Statement
    let deleteAttempts: Statement
    let deleteRecipient: Statement
    let anyRecipient: Statement
    let spoolName: Statement
    let deleteMessage: Statement
    let leases: Statement
    let deleteAllAttempts: Statement
    let deleteAllRecipients: Statement
    let event: Statement
    let trimEvents: Statement

    init(on connection: Connection) throws(StoreError) {
        find = try connection.prepare(
            "SELECT state, at, fence, attempts, flags FROM recipient WHERE message = ?1 AND idx = ?2"
        )
        restate = try connection.prepare(
            """
            UPDATE recipient SET attempts = ?3, flags = ?4, state = ?5, at = ?6,
                hold_by = ?7, hold_reason = ?8, review_at = ?9
            WHERE message = ?1 AND idx = ?2
            """
        )
        lease = try connection.prepare(
            """
            UPDATE recipient SET attempts = ?3, flags = ?4, state = 0, at = ?5, fence = ?6, holder = ?7,
                hold_by = NULL, hold_reason = NULL, review_at = NULL
            WHERE message = ?1 AND idx = ?2
            """
        )
        count = try connection.prepare(
            "UPDATE recipient SET attempts = ?3, flags = ?4 WHERE message = ?1 AND idx = ?2"
        )
        attempt = try connection.prepare(
            """
            INSERT INTO attempt
                (message, idx, number, at, remote, status, reply, condition, cause, rule, stage, known)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
            """
        )
        pruneAttempts = try connection.prepare(
            "DELETE FROM attempt WHERE message = ?1 AND idx = ?2 AND number <= ?3"
        )
        deleteAttempts = try connection.prepare("DELETE FROM attempt WHERE message = ?1 AND idx = ?2")
        deleteRecipient = try connection.prepare("DELETE FROM recipient WHERE message = ?1 AND idx = ?2")
        anyRecipient = try connection.prepare("SELECT 1 FROM recipient WHERE message = ?1 LIMIT 1")
        spoolName = try connection.prepare("SELECT spool FROM message WHERE id = ?1")
        deleteMessage = try connection.prepare("DELETE FROM message WHERE id = ?1")
        leases = try connection.prepare("SELECT at FROM recipient WHERE message = ?1 AND state = 0")
        deleteAllAttempts = try connection.prepare("DELETE FROM attempt WHERE message = ?1")
        deleteAllRecipients = try connection.prepare("DELETE FROM recipient WHERE message = ?1")
        event = try connection.prepare(
            """
            INSERT INTO event
                (at, kind, message, idx, subject, remote, status, reply, condition, cause, rule, stage, known, reason)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) RETURNING number
            """
        )
        trimEvents = try connection.prepare("DELETE FROM event WHERE number <= ?1")
    }
}

extension Writer {
    /// How many attempts are kept of a recipient: enough for `why`, bounded for five days of retries.
    static let keptAttempts: Int64 = 20
    /// How many events are kept.
    static let keptEvents: Int64 = 100_000

    /// Changes where one recipient stands; false when it is gone or not the caller's.
    func apply(
        _ transition: RecipientTransition,
        _ result: inout StoreWriteResult
    ) throws(StoreError) -> Bool {
        guard var fields = try find(transition.recipient), isAdmissible(transition, fields) else { return false }
        if transition.delayNoticeSent { fields.flags.insert(.delayNoticeSent) }
        if transition.ignoresAge { fields.flags.insert(.ignoresAge) } else { fields.flags.remove(.ignoresAge) }
        switch transition.next {
        case .done:
            try finish(transition, fields, &result)
        case .state(let state):
            if let attempt = transition.attempt { try record(attempt, of: transition.recipient, &fields) }
            if fields.state == .held && transition.fence != nil {
                // The operator stopped it while it was on its way: the hold outlives this attempt.
                try bind(transitions.count, transition.recipient, fields)
                try transitions.count.run()
            } else {
                try enter(state, transition.recipient, fields)
            }
        }
        return true
    }

    private func find(_ recipient: RecipientID) throws(StoreError) -> RecipientFields? {
        try transitions.find.bind(1, recipient.message.rawValue)
        try transitions.find.bind(2, Int64(recipient.index))
        guard try transitions.find.step() else { return nil }
        defer { transitions.find.reset() }
        return try Self.fields(transitions.find)
    }

    private static func fields(_ find: Statement) throws(StoreError) -> RecipientFields {
        guard let state = RecipientFields.State(rawValue: find.integer(0)) else {
            throw StoreError(code: .unusable, detail: "the queue is damaged: state \(find.integer(0))")
        }
        return RecipientFields(
            state: state,
            at: Timestamp(milliseconds: find.integer(1)),
            fence: find.integer(2),
            attempts: find.integer(3),
            flags: RecipientFields.Flags(rawValue: find.integer(4))
        )
    }

    private func isAdmissible(_ transition: RecipientTransition, _ fields: RecipientFields) -> Bool {
        if let fence = transition.fence { return fence == fields.fence }
        switch transition.next {
        case .done, .state(.held): return true
        // Somebody works on it: a second attempt beside that one would deliver it twice.
        case .state(.scheduled), .state(.leased): return fields.state != .leased
        }
    }

    private func enter(
        _ next: RecipientState,
        _ recipient: RecipientID,
        _ fields: RecipientFields
    ) throws(StoreError) {
        let (state, at, lease, hold) = next.columns
        if fields.state == .leased { changes.returned.append(fields.at) }
        if let lease {
            try bind(transitions.lease, recipient, fields)
            try transitions.lease.bind(5, lease.until.milliseconds)
            try transitions.lease.bind(6, lease.fence)
            try transitions.lease.bind(7, lease.holder)
            try transitions.lease.run()
            changes.leased.append(lease.until)
        } else {
            try bind(transitions.restate, recipient, fields)
            try transitions.restate.bind(5, state.rawValue)
            try transitions.restate.bind(6, at.milliseconds)
            try transitions.restate.bind(7, text: hold?.by)
            try transitions.restate.bind(8, text: hold?.reason)
            try transitions.restate.bind(9, hold?.reviewAt?.milliseconds)
            try transitions.restate.run()
        }
    }

    private func bind(
        _ statement: Statement,
        _ recipient: RecipientID,
        _ fields: RecipientFields
    ) throws(StoreError) {
        try statement.bind(1, recipient.message.rawValue)
        try statement.bind(2, Int64(recipient.index))
        try statement.bind(3, fields.attempts)
        try statement.bind(4, fields.flags.rawValue)
    }

    private func record(
        _ attempt: AttemptRecord,
        of recipient: RecipientID,
        _ fields: inout RecipientFields
    ) throws(StoreError) {
        fields.attempts += 1
        try transitions.attempt.bind(1, recipient.message.rawValue)
        try transitions.attempt.bind(2, Int64(recipient.index))
        try transitions.attempt.bind(3, fields.attempts)
        try transitions.attempt.bind(4, attempt.at.milliseconds)
        try AttemptFields.bind(attempt, to: transitions.attempt, first: 5)
        try transitions.attempt.run()
        guard fields.attempts > Self.keptAttempts else { return }
        try transitions.pruneAttempts.bind(1, recipient.message.rawValue)
        try transitions.pruneAttempts.bind(2, Int64(recipient.index))
        try transitions.pruneAttempts.bind(3, fields.attempts - Self.keptAttempts)
        try transitions.pruneAttempts.run()
    }

    private func finish(
        _ transition: RecipientTransition,
        _ fields: RecipientFields,
        _ result: inout StoreWriteResult
    ) throws(StoreError) {
        let recipient = transition.recipient
        if let attempt = transition.attempt, attempt.status.statusClass != .success {
            try recordFailure(of: recipient, attempt)
        }
        if fields.state == .leased { changes.returned.append(fields.at) }
        if fields.attempts > 0 {
            try transitions.deleteAttempts.bind(1, recipient.message.rawValue)
            try transitions.deleteAttempts.bind(2, Int64(recipient.index))
            try transitions.deleteAttempts.run()
        }
        try transitions.deleteRecipient.bind(1, recipient.message.rawValue)
        try transitions.deleteRecipient.bind(2, Int64(recipient.index))
        try transitions.deleteRecipient.run()
        if !fields.flags.contains(.isOnly), try hasRecipients(recipient.message) { return }
        if fields.flags.contains(.isSpooled), case .file(let name) = try place(of: recipient.message) {
            changes.unspooled.append(name)
        }
        try end(recipient.message, &result)
    }

    private func hasRecipients(_ message: MessageID) throws(StoreError) -> Bool {
        try transitions.anyRecipient.bind(1, message.rawValue)
        defer { transitions.anyRecipient.reset() }
        return try transitions.anyRecipient.step()
    }

    private func end(_ message: MessageID, _ result: inout StoreWriteResult) throws(StoreError) {
        try transitions.deleteMessage.bind(1, message.rawValue)
        try transitions.deleteMessage.run()
        result.completed.append(message)
    }

    /// Where the content of a message lies.
    private enum ContentPlace {
        case row
        case file(String)
    }

    private func place(of message: MessageID) throws(StoreError) -> ContentPlace? {
        try transitions.spoolName.bind(1, message.rawValue)
        guard try transitions.spoolName.step() else { return nil }
        defer { transitions.spoolName.reset() }
        return transitions.spoolName.isNull(0) ? .row : .file(transitions.spoolName.text(0))
    }

    /// Deletes a message for the operator; false when it is gone.
    func delete(_ deletion: Deletion, _ result: inout StoreWriteResult) throws(StoreError) -> Bool {
        guard let place = try place(of: deletion.message) else { return false }
        let id = deletion.message.rawValue
        try transitions.leases.bind(1, id)
        while try transitions.leases.step() {
            changes.returned.append(Timestamp(milliseconds: transitions.leases.integer(0)))
        }
        try transitions.deleteAllAttempts.bind(1, id)
        try transitions.deleteAllAttempts.run()
        try transitions.deleteAllRecipients.bind(1, id)
        try transitions.deleteAllRecipients.run()
        if case .file(let name) = place { changes.unspooled.append(name) }
        try end(deletion.message, &result)
        let event = QueueEvent(
            number: 0,
            at: deletion.at,
            kind: .messageDeleted,
            message: deletion.message,
            recipient: nil,
            subject: deletion.by,
            attempt: nil,
            reason: deletion.reason
        )
        try write(event)
        return true
    }

    private func recordFailure(of recipient: RecipientID, _ attempt: AttemptRecord) throws(StoreError) {
        guard let envelope = try queries.message(recipient.message)?.envelope,
            envelope.recipients.indices.contains(Int(recipient.index))
        else { throw StoreError(code: .unusable, detail: "the queue is damaged: no envelope of \(recipient)") }
        let address = envelope.text(envelope.recipients[Int(recipient.index)].address)
        let event = QueueEvent(
            number: 0,
            at: attempt.at,
            kind: .recipientFailed,
            message: recipient.message,
            recipient: recipient.index,
            subject: address,
            attempt: attempt
        )
        try write(event)
    }

    /// Its number is the next one; the oldest goes when there are too many.
    func write(_ event: QueueEvent) throws(StoreError) {
        try transitions.event.bind(1, event.at.milliseconds)
        try transitions.event.bind(2, text: event.kind.rawValue)
        try transitions.event.bind(3, event.message.rawValue)
        try transitions.event.bind(4, event.recipient.map(Int64.init))
        try transitions.event.bind(5, text: event.subject)
        if let attempt = event.attempt {
            try AttemptFields.bind(attempt, to: transitions.event, first: 6)
        } else {
            for parameter in Int32(6)...13 { try transitions.event.bind(parameter, nil) }
        }
        try transitions.event.bind(14, text: event.reason)
        guard try transitions.event.step() else {
            throw StoreError(code: .unusable, detail: "no event number was given")
        }
        let number = transitions.event.integer(0)
        try transitions.event.run()
        try transitions.trimEvents.bind(1, number - Self.keptEvents)
        try transitions.trimEvents.run()
    }
}

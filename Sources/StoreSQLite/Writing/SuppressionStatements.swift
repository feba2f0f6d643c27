internal import Delivery
internal import MailFormat
internal import StatusCodes

/// The statements that write the suppression list.
struct SuppressionStatements {
    let queries: SuppressionQueries
    let subject: Statement
    let sighting: Statement
    let forgetSubject: Statement
    let forgetSightings: Statement

    init(on connection: Connection) throws(StoreError) {
        queries = try SuppressionQueries(on: connection)
        subject = try connection.prepare(
            """
            INSERT OR REPLACE INTO suppression (subject, origin, at, by, reason, until)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            """
        )
        sighting = try connection.prepare(
            """
            INSERT INTO sighting (subject, number, at, message, idx, source, provider,
                remote, status, reply, condition, cause, rule, stage, known)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
            """
        )
        forgetSubject = try connection.prepare("DELETE FROM suppression WHERE subject = ?1")
        forgetSightings = try connection.prepare("DELETE FROM sighting WHERE subject = ?1")
    }
}

extension Writer {
    /// Applies changes to the suppression list, each record read and written once; only what changed is written.
    func apply(_ changes: [SuppressionChange], _ result: inout StoreWriteResult) throws(StoreError) {
        for group in SuppressionChange.grouped(changes) {
            let before = try suppressions.queries.record(of: group.subject)
            var record = before ?? SuppressionRecord(group.subject)
            for change in group.changes { record.apply(change) }
            guard record != before ?? SuppressionRecord(group.subject) else { continue }
            try store(record, replacing: before)
            result.suppressions.append(record)
        }
    }

    private func store(_ record: SuppressionRecord, replacing before: SuppressionRecord?) throws(StoreError) {
        if before?.sightings.isEmpty == false {
            try suppressions.forgetSightings.bind(1, text: record.subject.text)
            try suppressions.forgetSightings.run()
        }
        guard !record.isEmpty else {
            try suppressions.forgetSubject.bind(1, text: record.subject.text)
            return try suppressions.forgetSubject.run()
        }
        try suppressions.subject.bind(1, text: record.subject.text)
        try suppressions.subject.bind(2, text: record.entry?.origin.rawValue)
        try suppressions.subject.bind(3, record.entry?.at.milliseconds)
        try suppressions.subject.bind(4, text: record.entry?.by)
        try suppressions.subject.bind(5, text: record.entry?.reason)
        try suppressions.subject.bind(6, record.entry?.until?.milliseconds)
        try suppressions.subject.run()
        for (number, sighting) in record.sightings.enumerated() {
            try insert(sighting, number: number, of: record.subject)
        }
    }

    private func insert(_ sighting: Sighting, number: Int, of subject: SuppressionSubject) throws(StoreError) {
        try suppressions.sighting.bind(1, text: subject.text)
        try suppressions.sighting.bind(2, Int64(number))
        try suppressions.sighting.bind(3, sighting.at.milliseconds)
        try suppressions.sighting.bind(4, sighting.recipient?.message.rawValue)
        try suppressions.sighting.bind(5, sighting.recipient.map { Int64($0.index) })
        try suppressions.sighting.bind(6, text: sighting.source.rawValue)
        try suppressions.sighting.bind(7, text: sighting.provider)
        try AttemptFields.bind(sighting.attempt, to: suppressions.sighting, first: 8)
        try suppressions.sighting.run()
    }
}

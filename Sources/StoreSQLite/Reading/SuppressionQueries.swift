internal import Delivery
internal import MailFormat
internal import StatusCodes

/// The statements that read the suppression list, kept with a connection.
struct SuppressionQueries {
    private let one: Statement
    private let page: Statement
    private let evidence: Statement
    private let recent: Statement

    init(on connection: Connection) throws(StoreError) {
        let columns = "subject, origin, at, by, reason, until"
        one = try connection.prepare("SELECT \(columns) FROM suppression WHERE subject = ?1")
        page = try connection.prepare(
            "SELECT \(columns) FROM suppression WHERE subject > ?1 ORDER BY subject LIMIT ?2"
        )
        let fields = """
            subject, at, message, idx, source, provider, remote, status, reply, condition, cause, rule, stage, known
            """
        evidence = try connection.prepare("SELECT \(fields) FROM sighting WHERE subject = ?1 ORDER BY number")
        recent = try connection.prepare(
            """
            SELECT \(fields) FROM sighting
            WHERE at >= ?1 AND (at, subject) > (?2, ?3) ORDER BY at, subject, number LIMIT ?4
            """
        )
    }

    /// What is known of a subject; nil when nothing is.
    func record(of subject: SuppressionSubject) throws(StoreError) -> SuppressionRecord? {
        try one.bind(1, text: subject.text)
        guard try one.step() else { return nil }
        defer { one.reset() }
        return try record(one)
    }

    /// Records of subjects above one.
    func records(after: SuppressionSubject?, limit: Int) throws(StoreError) -> [SuppressionRecord] {
        try page.bind(1, text: after?.text ?? "")
        try page.bind(2, Int64(limit))
        defer { page.reset() }
        var records: [SuppressionRecord] = []
        while try page.step() { records.append(try record(page)) }
        return records
    }

    /// Sightings since an instant, in the order of time and subject.
    func sightings(
        since: Timestamp,
        after: SightedSubject?,
        limit: Int
    ) throws(StoreError) -> [SightedSubject] {
        try recent.bind(1, since.milliseconds)
        try recent.bind(2, after?.sighting.at.milliseconds ?? .min)
        try recent.bind(3, text: after?.subject.text ?? "")
        try recent.bind(4, Int64(limit))
        defer { recent.reset() }
        var found: [SightedSubject] = []
        while try recent.step() {
            found.append(SightedSubject(SuppressionSubject(stored: recent.text(0)), try Self.sighting(recent)))
        }
        return found
    }

    private func record(_ row: Statement) throws(StoreError) -> SuppressionRecord {
        let subject = SuppressionSubject(stored: row.text(0))
        return SuppressionRecord(subject, entry: try Self.entry(row), sightings: try sightings(of: subject))
    }

    private static func entry(_ row: Statement) throws(StoreError) -> SuppressionEntry? {
        guard !row.isNull(1) else { return nil }
        guard let origin = SuppressionEntry.Origin(rawValue: row.text(1)) else {
            throw StoreError(code: .unusable, detail: "the suppression list is damaged: origin \(row.text(1))")
        }
        return SuppressionEntry(
            origin: origin,
            at: Timestamp(milliseconds: row.integer(2)),
            by: row.text(3),
            reason: row.text(4),
            until: row.optionalInteger(5).map(Timestamp.init(milliseconds:))
        )
    }

    private func sightings(of subject: SuppressionSubject) throws(StoreError) -> [Sighting] {
        try evidence.bind(1, text: subject.text)
        defer { evidence.reset() }
        var sightings: [Sighting] = []
        while try evidence.step() { sightings.append(try Self.sighting(evidence)) }
        return sightings
    }

    private static func sighting(_ row: Statement) throws(StoreError) -> Sighting {
        guard let source = Evidence.Source(rawValue: row.text(4)) else {
            throw StoreError(code: .unusable, detail: "the suppression list is damaged: source \(row.text(4))")
        }
        let recipient = row.optionalInteger(2).map { message in
            RecipientID(message: MessageID(rawValue: message), index: Int32(truncatingIfNeeded: row.integer(3)))
        }
        return Sighting(
            attempt: try AttemptFields.read(row, first: 6, at: Timestamp(milliseconds: row.integer(1))),
            recipient: recipient,
            source: source,
            provider: row.text(5)
        )
    }
}

internal import Delivery
internal import SMTPProtocol

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// `queue check`: reads the whole queue and names what contradicts the invariants of `QueueStore`.
struct QueueAudit {
    private let connection: Connection
    private let spoolDirectory: String

    init(_ connection: Connection, _ spoolDirectory: String) {
        self.connection = connection
        self.spoolDirectory = spoolDirectory
    }

    /// Queries that must give no row: what they give is one violation each.
    private static let rules: [(query: String, violation: String)] = [
        (
            "SELECT DISTINCT message FROM recipient WHERE message NOT IN (SELECT id FROM message)",
            "has recipients but is not there"
        ),
        (
            "SELECT id FROM message WHERE NOT EXISTS (SELECT 1 FROM recipient WHERE message = id)",
            "is there though all its recipients are done"
        ),
        (
            "SELECT id FROM message WHERE (spool IS NULL) = (content IS NULL)",
            "has no content, or two"
        ),
        (
            "SELECT id FROM message WHERE content IS NOT NULL AND length(content) <> size",
            "has content of another size than recorded"
        ),
        (
            "SELECT DISTINCT message FROM recipient WHERE state NOT IN (0, 1, 2)",
            "has a recipient that is neither leased nor scheduled nor held"
        ),
        (
            "SELECT DISTINCT message FROM recipient WHERE state = 0 AND fence < 1",
            "has a recipient leased without a fence"
        ),
        (
            "SELECT DISTINCT message FROM recipient WHERE (state = 2) <> (hold_by IS NOT NULL AND hold_reason IS NOT NULL)",
            "has a recipient held by nobody, or with a hold that is none"
        ),
        (
            """
            SELECT DISTINCT message FROM attempt
            WHERE NOT EXISTS (SELECT 1 FROM recipient WHERE recipient.message = attempt.message AND recipient.idx = attempt.idx)
            """,
            "has attempts of a recipient that is done"
        ),
        (
            "SELECT DISTINCT message FROM recipient WHERE idx < 0 OR attempts < 0",
            "has a recipient with a negative number"
        ),
    ]

    /// One sentence for each violation; `spoolNames` are the files that were there before this began.
    func violations(spoolNames: [String]) throws(StoreError) -> [String] {
        try connection.execute("BEGIN")
        var sentences = try damage()
        for rule in Self.rules { try sentences += messages(rule.query).map { "message \($0) \(rule.violation)" } }
        try sentences += envelopes() + suppressions()
        let files = try files(spoolNames: spoolNames)
        try connection.execute("COMMIT")
        // The queue went on meanwhile: what is the matter with a file counts only if it still is.
        for file in files where try stillStands(file) { sentences.append(file.sentence) }
        return sentences
    }

    private func damage() throws(StoreError) -> [String] {
        let statement = try connection.prepare("PRAGMA quick_check(20)")
        var sentences: [String] = []
        while try statement.step() {
            let text = statement.text(0)
            if text != "ok" { sentences.append("database: \(text)") }
        }
        return sentences
    }

    private func messages(_ query: String) throws(StoreError) -> [MessageID] {
        let statement = try connection.prepare(query)
        var messages: [MessageID] = []
        while try statement.step() { messages.append(MessageID(rawValue: statement.integer(0))) }
        return messages
    }

    private func envelopes() throws(StoreError) -> [String] {
        let statement = try connection.prepare(
            "SELECT id, envelope, (SELECT max(idx) FROM recipient WHERE message = id) FROM message"
        )
        var sentences: [String] = []
        while try statement.step() {
            let id = MessageID(rawValue: statement.integer(0))
            if let record = EnvelopeRecord.decode(statement.blob(1)) {
                if statement.integer(2) >= Int64(record.envelope.recipients.count) {
                    sentences.append("message \(id) has a recipient that is not in its envelope")
                }
            } else {
                sentences.append("message \(id) has an envelope that cannot be read")
            }
        }
        return sentences
    }

    private func suppressions() throws(StoreError) -> [String] {
        let statement = try connection.prepare(
            """
            SELECT subject FROM suppression
            WHERE origin IS NULL AND NOT EXISTS (SELECT 1 FROM sighting WHERE sighting.subject = suppression.subject)
            UNION ALL SELECT DISTINCT subject FROM sighting WHERE subject NOT IN (SELECT subject FROM suppression)
            """
        )
        var sentences: [String] = []
        while try statement.step() {
            sentences.append("the suppression list has \(statement.text(0)) without a reason, or a reason without it")
        }
        return sentences
    }

    /// Something about one file of the spool.
    private struct FileViolation {
        var name: String
        var message: MessageID?
        var sentence: String
    }

    private func files(spoolNames: [String]) throws(StoreError) -> [FileViolation] {
        var violations: [FileViolation] = []
        var named: Set<String> = []
        let statement = try connection.prepare("SELECT id, spool, size FROM message WHERE spool IS NOT NULL")
        while try statement.step() {
            let id = MessageID(rawValue: statement.integer(0))
            let name = statement.text(1)
            named.insert(name)
            guard let byteCount = byteCount(of: name) else {
                violations.append(
                    FileViolation(name: name, message: id, sentence: "message \(id) lost its file \(name)")
                )
                continue
            }
            guard byteCount != statement.integer(2) else { continue }
            let sentence = "message \(id) has a file \(name) of another size than recorded"
            violations.append(FileViolation(name: name, message: id, sentence: sentence))
        }
        for name in spoolNames where !named.contains(name) {
            violations.append(FileViolation(name: name, message: nil, sentence: "no message names the file \(name)"))
        }
        return violations
    }

    private func byteCount(of name: String) -> Int64? {
        var status = stat()
        return unsafe stat("\(spoolDirectory)/\(name)", &status) == 0 ? Int64(status.st_size) : nil
    }

    private func stillStands(_ violation: FileViolation) throws(StoreError) -> Bool {
        if let message = violation.message {
            let statement = try connection.prepare("SELECT 1 FROM message WHERE id = ?1")
            try statement.bind(1, message.rawValue)
            return try statement.step()
        }
        return byteCount(of: violation.name) != nil
    }
}

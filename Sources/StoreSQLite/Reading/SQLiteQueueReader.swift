public import Delivery
public import MailFormat
internal import Synchronization

/// Reads a queue beside the process that serves it, or while none does.
///
/// Changes nothing.
public final class SQLiteQueueReader: QueueReader {
    private let state: Mutex<State>
    private let failure: Failure
    private let spoolDirectory: String
    /// The serving process's own spool, which knows what is being received; nil beside or without one.
    private let spool: Spool?
    private let database: String
    private let vfs: String?

    private struct State {
        let connection: Connection
        let queries: QueueQueries
        let suppressions: SuppressionQueries
    }

    /// Opens the queue in a directory for reading.
    public convenience init(path: String) throws(StoreError) {
        try self.init(SQLiteStore.Configuration(directory: path))
    }

    /// Opens the queue as configured for reading.
    public convenience init(_ configuration: SQLiteStore.Configuration) throws(StoreError) {
        try self.init(configuration, spool: nil, failure: Failure())
    }

    init(_ configuration: SQLiteStore.Configuration, spool: Spool?, failure: Failure) throws(StoreError) {
        database = "\(configuration.directory)/queue.db"
        vfs = configuration.vfs
        spoolDirectory = configuration.spoolDirectory
        self.spool = spool
        self.failure = failure
        let connection = try Self.open(database, vfs)
        let queries = try QueueQueries(on: connection)
        let suppressions = try SuppressionQueries(on: connection)
        state = Mutex(State(connection: connection, queries: queries, suppressions: suppressions))
    }

    private static func open(_ path: String, _ vfs: String?) throws(StoreError) -> Connection {
        do throws(StoreError) {
            return try checked(Connection(path: path, mode: .readOnly, vfs: vfs))
        } catch {
            // Without a log nobody writes, and what is in the file is all there is: read it even where the shared
            // index of the log cannot be made.
            guard error.code == .readOnly || error.code == .unusable, !FileHandle.exists("\(path)-wal") else {
                throw error
            }
            return try checked(Connection(path: path, mode: .immutable, vfs: vfs))
        }
    }

    private static func checked(_ connection: Connection) throws(StoreError) -> Connection {
        let version = try Migrations.checkedVersion(of: connection)
        guard version == Migrations.latest else {
            throw StoreError(
                code: .unusable,
                detail: "the queue has schema \(version): start the service once to bring it up to date"
            )
        }
        return connection
    }

    /// The content of a message.
    public func content(of message: MessageID) throws(StoreError) -> any MessageContent {
        let stored = try reading { queries throws(StoreError) in try queries.content(of: message) }
        switch stored {
        case .row(let bytes): return ResidentContent(bytes)
        case .file(let name, let byteCount):
            return SpoolEntry(name: name, byteCount: byteCount, spool: nil, path: "\(spoolDirectory)/\(name)")
        case nil: throw StoreError(code: .invalid, detail: "no message \(message)")
        }
    }

    /// Messages above an id.
    public func page(after: MessageID?, limit: Int) throws(StoreError) -> [QueuedMessage] {
        try reading { queries throws(StoreError) in
            var messages = try queries.messages(after: after, limit: limit)
            for index in messages.indices {
                messages[index].recipients = try queries.recipients(of: messages[index].id)
            }
            return messages
        }
    }

    /// One message with its attempts.
    public func message(_ id: MessageID) throws(StoreError) -> QueuedMessage? {
        try reading { queries throws(StoreError) in
            guard var message = try queries.message(id) else { return nil }
            message.recipients = try queries.recipients(of: id)
            for index in message.recipients.indices where message.recipients[index].attemptCount > 0 {
                let recipient = RecipientID(message: id, index: message.recipients[index].index)
                message.recipients[index].attempts = try queries.attempts(of: recipient)
            }
            return message
        }
    }

    /// Events above a number.
    public func events(after: Int64, limit: Int) throws(StoreError) -> [QueueEvent] {
        try reading { queries throws(StoreError) in try queries.events(after: after, limit: limit) }
    }

    /// What is still known of a message apart from its open recipients.
    public func past(of message: MessageID) throws(StoreError) -> MessagePast {
        try reading { queries throws(StoreError) in
            MessagePast(dispatches: try queries.dispatches(of: message), events: try queries.events(of: message))
        }
    }

    /// A recipient that left with a return-path of ours.
    public func dispatch(of recipient: RecipientID) throws(StoreError) -> Dispatch? {
        try reading { queries throws(StoreError) in try queries.dispatch(of: recipient) }
    }

    /// What is known against an address or a domain.
    public func suppression(of subject: SuppressionSubject) throws(StoreError) -> SuppressionRecord? {
        try listed { queries throws(StoreError) in try queries.record(of: subject) }
    }

    /// Records of subjects above one.
    public func suppressions(after: SuppressionSubject?, limit: Int) throws(StoreError) -> [SuppressionRecord] {
        try listed { queries throws(StoreError) in try queries.records(after: after, limit: limit) }
    }

    /// Sightings since an instant.
    public func sightings(
        since: Timestamp,
        after: SightedSubject?,
        limit: Int
    ) throws(StoreError) -> [SightedSubject] {
        try listed { queries throws(StoreError) in try queries.sightings(since: since, after: after, limit: limit) }
    }

    /// Proves the invariants, on a connection of its own: it reads the whole queue.
    public func check() throws(StoreError) -> [String] {
        try failure.guarding { () throws(StoreError) in
            // Beside a serving process only that one can tell a file being received from an orphan.
            let names = try spool?.names() ?? []
            let audit = QueueAudit(try Self.open(database, vfs), spoolDirectory)
            return try audit.violations(spoolNames: names)
        }
    }

    private func reading<Result: Sendable>(
        _ body: (QueueQueries) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        try consistently { state throws(StoreError) in try body(state.queries) }
    }

    private func listed<Result: Sendable>(
        _ body: (SuppressionQueries) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        try consistently { state throws(StoreError) in try body(state.suppressions) }
    }

    /// Runs a few queries that see one state of the store.
    private func consistently<Result: Sendable>(
        _ body: (State) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        try failure.guarding { () throws(StoreError) in
            try state.withLock { state throws(StoreError) in
                try state.connection.execute("BEGIN")
                do throws(StoreError) {
                    let result = try body(state)
                    try state.connection.execute("COMMIT")
                    return result
                } catch {
                    if state.connection.isInTransaction { try state.connection.execute("ROLLBACK") }
                    throw error
                }
            }
        }
    }
}

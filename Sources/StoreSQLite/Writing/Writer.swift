internal import Delivery
internal import MailFormat

/// The connection that writes, with its statements: used by one thread at a time.
final class Writer {
    let connection: Connection
    let directory: DataDirectory
    let spool: Spool
    let submissions: SubmissionStatements
    let transitions: TransitionStatements
    let claims: ClaimStatements
    let queries: QueueQueries
    let suppressions: SuppressionStatements
    let dispatches: DispatchStatements
    private let begin: Statement
    private let commit: Statement
    private let limits: SQLiteStore.Configuration
    var reserve: SpaceReserve
    var ledger = LeaseLedger()
    var changes = Changes()
    /// The encoded envelope, kept from message to message.
    var record: [UInt8] = []

    /// What follows from a transaction once it is committed.
    struct Changes {
        var leased: [Timestamp] = []
        var returned: [Timestamp] = []
        var spooled: [SpoolEntry] = []
        var unspooled: [String] = []

        mutating func clear() {
            leased.removeAll(keepingCapacity: true)
            returned.removeAll(keepingCapacity: true)
            spooled.removeAll()
            unspooled.removeAll()
        }
    }

    init(_ configuration: SQLiteStore.Configuration, spool: Spool, directory: DataDirectory)
        throws(StoreError)
    {
        limits = configuration
        self.spool = spool
        var reserve = try SpaceReserve(
            path: "\(configuration.directory)/reserve",
            byteCount: configuration.reserve,
            calls: configuration.calls
        )
        // A start on a full disk: opening needs a few pages for the log and its index.
        connection = try reserve.lend { () throws(StoreError) in try Self.open(configuration) }
        self.reserve = reserve
        // The names of the database and of its log, which `open` made.
        try directory.synchronize()
        self.directory = directory
        submissions = try SubmissionStatements(on: connection)
        transitions = try TransitionStatements(on: connection)
        claims = try ClaimStatements(on: connection)
        queries = try QueueQueries(on: connection)
        suppressions = try SuppressionStatements(on: connection)
        dispatches = try DispatchStatements(on: connection)
        begin = try connection.prepare("BEGIN IMMEDIATE")
        commit = try connection.prepare("COMMIT")
        try countLeases()
        try sweepSpool()
    }

    private static func open(_ configuration: SQLiteStore.Configuration) throws(StoreError) -> Connection {
        let connection = try Connection(
            path: "\(configuration.directory)/queue.db",
            mode: .readWrite,
            vfs: configuration.vfs
        )
        // The page size holds from the first page on, so it comes first; in WAL mode it can never change.
        try connection.execute(
            """
            PRAGMA page_size = \(configuration.pageSize);
            PRAGMA auto_vacuum = NONE;
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            PRAGMA secure_delete = OFF;
            PRAGMA wal_autocheckpoint = \(configuration.checkpointPages);
            PRAGMA cache_size = -\(configuration.cacheKibibytes);
            PRAGMA temp_store = MEMORY;
            """
        )
        try Migrations.apply(to: connection)
        return connection
    }

    /// Runs `body` in one transaction that is on disk when this returns, or not at all.
    func transaction<Result>(
        _ body: () throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        changes.clear()
        do throws(StoreError) {
            try begin.run()
            let result = try body()
            // With synchronous=FULL the log is synchronised before this returns.
            try commit.run()
            applyChanges()
            return result
        } catch {
            changes.clear()
            // Some errors end the transaction by themselves.
            if connection.isInTransaction { try connection.execute("ROLLBACK") }
            throw error
        }
    }

    private func applyChanges() {
        for until in changes.leased { ledger.add(until) }
        for until in changes.returned { ledger.remove(until) }
        for entry in changes.spooled { entry.markCommitted() }
        for name in changes.unspooled { spool.remove(name) }
        changes.clear()
    }

    /// Throws `.full` unless the submissions fit in what is free beside the reserve.
    func requireSpace(for batch: StoreWrite) throws(StoreError) {
        // Each page goes into the log and later into the database.
        let byteCount = batch.submissions.reduce(0) { $0 + ($1.content.isResident ? $1.content.byteCount : 0) + 4096 }
        guard try reserve.take(), directory.hasFree(limits.minimumFree + 2 * byteCount) else {
            throw StoreError(code: .full, detail: "\(limits.directory): less than the space to keep free is left")
        }
    }

    /// How long the log may be made; nil when mail needs the space.
    func roomForLog() -> Int? {
        let byteCount = LogPreparation.byteCount(pages: limits.checkpointPages, of: limits.pageSize)
        return directory.hasFree(byteCount + 2 * limits.minimumFree) ? byteCount : nil
    }

    /// Throws `.full` unless space for outcomes is reserved: nothing is started whose end could not be stored.
    func requireReserve() throws(StoreError) {
        guard try reserve.take() else {
            throw StoreError(code: .full, detail: "\(limits.directory): the reserve for outcomes is in use")
        }
    }

    /// A new fencing number, above all others whoever got them.
    ///
    /// It may use the reserve where there is no other space, as `recover` may: a run that begins on a full disk can still
    /// say what became of old mail.
    func takeFence(holder: Int64) throws(StoreError) -> Int64 {
        try reserve.lend { () throws(StoreError) in try nextFence(holder: holder) }
    }

    private func nextFence(holder: Int64) throws(StoreError) -> Int64 {
        try transaction { () throws(StoreError) in
            let statement = try connection.prepare(
                """
                INSERT INTO fence (holder, number) VALUES (?1, 1 + (SELECT coalesce(max(number), 0) FROM fence))
                ON CONFLICT (holder) DO UPDATE SET number = excluded.number RETURNING number
                """
            )
            try statement.bind(1, holder)
            guard try statement.step() else { throw StoreError(code: .unusable, detail: "no fence was given") }
            let number = statement.integer(0)
            try statement.run()
            return number
        }
    }

    private func countLeases() throws(StoreError) {
        ledger = LeaseLedger()
        let statement = try connection.prepare(
            "SELECT at, count(*) FROM recipient WHERE state = 0 GROUP BY at ORDER BY at"
        )
        while try statement.step() {
            ledger.add(Timestamp(milliseconds: statement.integer(0)), count: Int(statement.integer(1)))
        }
    }

    private func sweepSpool() throws(StoreError) {
        let named = try connection.prepare("SELECT 1 FROM message WHERE spool = ?1")
        _ = try spool.sweep { name throws(StoreError) in
            try named.bind(1, text: name)
            defer { named.reset() }
            return try named.step()
        }
    }

    /// The largest id of any message that is in the queue or in its history, or has left with a return-path of ours: an
    /// id given again would join reports to another message.
    func newestID() throws(StoreError) -> MessageID? {
        let id = try connection.integer(
            """
            SELECT max(id) FROM (
                SELECT max(id) AS id FROM message
                UNION ALL SELECT max(message) FROM event
                UNION ALL SELECT max(message) FROM idempotency
                UNION ALL SELECT max(message) FROM dispatch
            )
            """
        )
        // No row at all is NULL, which reads as 0.
        return id.flatMap { $0 > 0 ? MessageID(rawValue: $0) : nil }
    }

    /// How many recipients somebody holds.
    func heldCount(by holder: String) throws(StoreError) -> Int {
        let statement = try connection.prepare("SELECT count(*) FROM recipient WHERE state = 2 AND hold_by = ?1")
        try statement.bind(1, text: holder)
        defer { statement.reset() }
        return try statement.step() ? Int(statement.integer(0)) : 0
    }

    /// Makes every lease that an earlier run of this holder took due now.
    func recover(holder: Int64, fence: Int64, now: Timestamp) throws(StoreError) -> Int {
        let count = try reserve.lend { () throws(StoreError) in try returnLeases(holder, fence, now) }
        try countLeases()
        return count
    }

    private func returnLeases(_ holder: Int64, _ fence: Int64, _ now: Timestamp) throws(StoreError) -> Int {
        try transaction { () throws(StoreError) in
            let statement = try connection.prepare(
                "UPDATE recipient SET state = 1, at = ?1 WHERE state = 0 AND holder = ?2 AND fence < ?3"
            )
            try statement.bind(1, now.milliseconds)
            try statement.bind(2, holder)
            try statement.bind(3, fence)
            try statement.run()
            return statement.changes
        }
    }
}

public import Delivery
public import MailFormat
internal import Synchronization

/// The embedded queue: one SQLite database in write-ahead mode, and a spool of files for large content.
///
/// A process serves from the data directory alone; others read beside it through `SQLiteQueueReader`. After an I/O error
/// or a failed fsync every further call fails with that error (`docs/design/rulings.md` §4): what the disk holds is
/// unknown, and reading it again would show the page cache.
public final class SQLiteStore: QueueStore {
    /// Where large content is written while it arrives.
    public let spool: Spool
    private let writer: Mutex<Writer>
    private let reader: SQLiteQueueReader
    private let failure: Failure
    private let configuration: Configuration

    /// Opens the queue in a directory, made when it is not there; brings an older one up to date.
    public convenience init(path: String) throws(StoreError) { try self.init(Configuration(directory: path)) }

    /// Opens the queue as configured.
    public init(_ configuration: Configuration) throws(StoreError) {
        let failure = Failure()
        let directory = try DataDirectory(path: configuration.directory, calls: configuration.calls)
        spool = try Spool(path: configuration.spoolDirectory, calls: configuration.calls, failure: failure)
        writer = Mutex(try Writer(configuration, spool: spool, directory: directory))
        reader = try SQLiteQueueReader(configuration, spool: spool, failure: failure)
        self.configuration = configuration
        self.failure = failure
    }

    /// Makes the log a mebibyte longer, so that commits are quicker; true until it is as long as it will become, some
    /// 64 MiB.
    ///
    /// False also where mail needs the space. It may run beside whatever else goes on.
    public func lengthenLog() -> Bool {
        guard let byteCount = writer.withLock({ $0.roomForLog() }) else { return false }
        return LogPreparation.lengthen("\(configuration.directory)/queue.db-wal", to: byteCount, configuration.calls)
    }

    /// Makes a batch durable in one transaction.
    public func write(_ batch: StoreWrite) throws(StoreError) -> StoreWriteResult {
        guard !batch.isEmpty else { return StoreWriteResult() }
        let result = try writing { writer throws(StoreError) in try writer.write(batch) }
        if !batch.submissions.isEmpty { configuration.committed?(batch.submissions.map(\.id)) }
        return result
    }

    /// Takes what is due.
    public func claimDue(now: Timestamp, lease: Lease, limit: Int) throws(StoreError) -> [QueuedMessage] {
        try writing { writer throws(StoreError) in try writer.claimDue(now: now, lease: lease, limit: limit) }
    }

    /// When the earliest scheduled recipient is due, or the earliest lease runs out.
    public func nextDue() throws(StoreError) -> Timestamp? {
        try writing { writer throws(StoreError) in try writer.nextDue() }
    }

    /// Gives back the leases of earlier runs.
    public func recover(holder: Int64, fence: Int64, now: Timestamp) throws(StoreError) -> Int {
        try writing { writer throws(StoreError) in try writer.recover(holder: holder, fence: fence, now: now) }
    }

    /// A new fencing number.
    public func takeFence(holder: Int64) throws(StoreError) -> Int64 {
        try writing { writer throws(StoreError) in try writer.takeFence(holder: holder) }
    }

    /// The largest id of any message.
    public func newestID() throws(StoreError) -> MessageID? {
        try writing { writer throws(StoreError) in try writer.newestID() }
    }

    /// How many recipients somebody holds.
    public func heldCount(by holder: String) throws(StoreError) -> Int {
        try writing { writer throws(StoreError) in try writer.heldCount(by: holder) }
    }

    /// The content of a message.
    public func content(of message: MessageID) throws(StoreError) -> any MessageContent {
        try reader.content(of: message)
    }

    /// Messages above an id.
    public func page(after: MessageID?, limit: Int) throws(StoreError) -> [QueuedMessage] {
        try reader.page(after: after, limit: limit)
    }

    /// One message with its attempts.
    public func message(_ id: MessageID) throws(StoreError) -> QueuedMessage? { try reader.message(id) }

    /// Events above a number.
    public func events(after: Int64, limit: Int) throws(StoreError) -> [QueueEvent] {
        try reader.events(after: after, limit: limit)
    }

    /// What is still known of a message apart from its open recipients.
    public func past(of message: MessageID) throws(StoreError) -> MessagePast { try reader.past(of: message) }

    /// Proves the invariants.
    public func check() throws(StoreError) -> [String] { try reader.check() }

    /// A recipient that left with a return-path of ours.
    public func dispatch(of recipient: RecipientID) throws(StoreError) -> Dispatch? {
        try reader.dispatch(of: recipient)
    }

    /// What is known against an address or a domain.
    public func suppression(of subject: SuppressionSubject) throws(StoreError) -> SuppressionRecord? {
        try reader.suppression(of: subject)
    }

    /// Records of subjects above one.
    public func suppressions(after: SuppressionSubject?, limit: Int) throws(StoreError) -> [SuppressionRecord] {
        try reader.suppressions(after: after, limit: limit)
    }

    /// Sightings since an instant.
    public func sightings(
        since: Timestamp,
        after: SightedSubject?,
        limit: Int
    ) throws(StoreError) -> [SightedSubject] {
        try reader.sightings(since: since, after: after, limit: limit)
    }

    private func writing<Result: Sendable>(
        _ body: (Writer) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        try failure.guarding { () throws(StoreError) in
            try writer.withLock { writer throws(StoreError) in try body(writer) }
        }
    }
}

extension Writer {
    /// Applies a batch; one without new mail may use the reserve.
    func write(_ batch: StoreWrite) throws(StoreError) -> StoreWriteResult {
        // A report belongs to the outcome that it tells of: without it that message would end in silence.
        let hasNewMail = batch.submissions.contains { $0.origin.kind != .report }
        if hasNewMail {
            try requireSpace(for: batch)
            return try transaction { () throws(StoreError) in try apply(batch) }
        }
        return try reserve.lend { () throws(StoreError) in
            try transaction { () throws(StoreError) in try apply(batch) }
        }
    }

    private func apply(_ batch: StoreWrite) throws(StoreError) -> StoreWriteResult {
        var result = StoreWriteResult()
        for (index, submission) in batch.submissions.enumerated() { try submit(submission, at: index, &result) }
        for (index, transition) in batch.transitions.enumerated() where try !apply(transition, &result) {
            result.ignored.append(index)
        }
        for (index, deletion) in batch.deletions.enumerated() where try !delete(deletion, &result) {
            result.ignoredDeletions.append(index)
        }
        if !batch.suppressions.isEmpty { try apply(batch.suppressions, &result) }
        if !batch.dispatches.isEmpty { try record(batch.dispatches) }
        for event in batch.events { try write(event) }
        return result
    }
}

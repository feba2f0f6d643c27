import Delivery
import Dispatch
import MailFormat
import StoreTesting
import Synchronization

/// A queue in memory that fails or waits when a test wants it, and remembers its transactions.
final class WatchedStore: QueueStore {
    /// The queue itself.
    let memory = MemoryStore()
    private let state = Mutex(State())
    private let gate = DispatchSemaphore(value: 0)

    private struct State {
        var outcomes: [StoreError?] = []
        var claims: [StoreError?] = []
        var isHeld = false
        var isWaiting = false
        var batches: [[MessageID]] = []
        var contentReads = 0
        var dispatch: Dispatch?
    }

    /// Lets the next writes fail with these errors, one after the other; nil lets one succeed.
    func plan(_ outcomes: StoreError?...) { state.withLock { $0.outcomes += outcomes } }

    /// Lets the next claims fail with these errors, one after the other; nil lets one succeed.
    func planClaims(_ outcomes: StoreError?...) { state.withLock { $0.claims += outcomes } }

    /// Lets the next write wait for `release`.
    func hold() { state.withLock { $0.isHeld = true } }

    /// Whether a write waits.
    var isWaiting: Bool { state.withLock { $0.isWaiting } }

    /// Lets the write that waits go on.
    func release() { gate.signal() }

    /// Lets a message end just after somebody has looked for it.
    func dispatchAfterNextMessage(_ dispatch: Dispatch) { state.withLock { $0.dispatch = dispatch } }

    /// The new messages of every transaction that was written.
    var batches: [[MessageID]] { state.withLock { $0.batches } }

    func write(_ batch: StoreWrite) throws(StoreError) -> StoreWriteResult {
        let isHeld = state.withLock { state in
            defer { state.isHeld = false }
            state.isWaiting = state.isHeld
            return state.isHeld
        }
        if isHeld { gate.wait() }
        let failure = state.withLock { state in
            state.isWaiting = false
            return state.outcomes.isEmpty ? nil : state.outcomes.removeFirst()
        }
        if let failure { throw failure }
        let result = try memory.write(batch)
        state.withLock { $0.batches.append(batch.submissions.map(\.id)) }
        return result
    }

    func claimDue(now: Timestamp, lease: Lease, limit: Int) throws(StoreError) -> [QueuedMessage] {
        if let failure = state.withLock({ $0.claims.isEmpty ? nil : $0.claims.removeFirst() }) { throw failure }
        return try memory.claimDue(now: now, lease: lease, limit: limit)
    }

    func nextDue() throws(StoreError) -> Timestamp? { try memory.nextDue() }

    func recover(holder: Int64, fence: Int64, now: Timestamp) throws(StoreError) -> Int {
        try memory.recover(holder: holder, fence: fence, now: now)
    }

    func takeFence(holder: Int64) throws(StoreError) -> Int64 { try memory.takeFence(holder: holder) }

    func newestID() throws(StoreError) -> MessageID? { try memory.newestID() }

    func heldCount(by holder: String) throws(StoreError) -> Int { try memory.heldCount(by: holder) }

    /// How often content was read.
    var contentReads: Int { state.withLock { $0.contentReads } }

    func content(of message: MessageID) throws(StoreError) -> any MessageContent {
        state.withLock { $0.contentReads += 1 }
        return try memory.content(of: message)
    }

    func page(after: MessageID?, limit: Int) throws(StoreError) -> [QueuedMessage] {
        try memory.page(after: after, limit: limit)
    }

    func message(_ id: MessageID) throws(StoreError) -> QueuedMessage? {
        let found = try memory.message(id)
        if let dispatch = state.withLock({ $0.dispatch }) {
            var batch = StoreWrite()
            batch.dispatches = [dispatch]
            _ = try memory.write(batch)
        }
        return found
    }

    func events(after: Int64, limit: Int) throws(StoreError) -> [QueueEvent] {
        try memory.events(after: after, limit: limit)
    }

    func past(of message: MessageID) throws(StoreError) -> MessagePast { try memory.past(of: message) }

    func check() throws(StoreError) -> [String] { try memory.check() }

    func dispatch(of recipient: RecipientID) throws(StoreError) -> Dispatch? { try memory.dispatch(of: recipient) }

    func suppression(of subject: SuppressionSubject) throws(StoreError) -> SuppressionRecord? {
        try memory.suppression(of: subject)
    }

    func suppressions(after: SuppressionSubject?, limit: Int) throws(StoreError) -> [SuppressionRecord] {
        try memory.suppressions(after: after, limit: limit)
    }

    func sightings(
        since: Timestamp,
        after: SightedSubject?,
        limit: Int
    ) throws(StoreError) -> [SightedSubject] {
        try memory.sightings(since: since, after: after, limit: limit)
    }
}

public import Delivery
public import MailFormat
internal import SMTPProtocol
internal import StatusCodes
internal import Synchronization

/// The queue's rules in their plainest form, in memory: what every store is compared with, and a fake for the tests of
/// those who use one.
///
/// Nothing is indexed and nothing is clever, so that the rules can be read off it.
public final class MemoryStore: QueueStore {
    private struct Message {
        var submission: Submission
        var recipients: [Int32: Recipient]
    }

    private struct Recipient {
        var state: RecipientState
        var fence: Int64
        var attempts: [AttemptRecord] = []
        var attemptCount = 0
        var delayNoticeSent = false
        var ignoresAge = false
    }

    private struct Key: Hashable {
        var owner: String
        var key: String
    }

    private struct State {
        var messages: [MessageID: Message] = [:]
        var keys: [Key: (digest: [UInt8], message: MessageID, expires: Timestamp)] = [:]
        var events: [QueueEvent] = []
        var nextEvent: Int64 = 1
        var lastFence: Int64 = 0
        var refusal: StoreError?
        var suppressions: [SuppressionSubject: SuppressionRecord] = [:]
        var dispatches: [RecipientID: Dispatch] = [:]
    }

    private let state: Mutex<State>
    /// How many attempts are kept of a recipient.
    private let keptAttempts: Int

    /// Makes an empty queue that keeps so many attempts of each recipient.
    public init(keptAttempts: Int = 20) {
        self.keptAttempts = keptAttempts
        state = Mutex(State())
    }

    /// Lets every write fail with this error until it is set to nil: nothing is written meanwhile.
    public func refuseWrites(_ error: StoreError?) { state.withLock { $0.refusal = error } }

    /// Applies a batch, or nothing of it.
    public func write(_ batch: StoreWrite) throws(StoreError) -> StoreWriteResult {
        try state.withLock { state throws(StoreError) in
            if let refusal = state.refusal { throw refusal }
            var next = state
            var result = StoreWriteResult()
            for (index, submission) in batch.submissions.enumerated() {
                try Self.submit(submission, index, &next, &result)
            }
            for (index, transition) in batch.transitions.enumerated() {
                if !move(transition, &next, &result) { result.ignored.append(index) }
            }
            for (index, deletion) in batch.deletions.enumerated() {
                guard next.messages.removeValue(forKey: deletion.message) != nil else {
                    result.ignoredDeletions.append(index)
                    continue
                }
                result.completed.append(deletion.message)
                Self.note(.messageDeleted, deletion.at, deletion.message, nil, deletion.by, nil, &next, deletion.reason)
            }
            Self.list(batch.suppressions, &next, &result)
            for dispatch in batch.dispatches { next.dispatches[dispatch.recipient] = dispatch }
            if let latest = batch.dispatches.map(\.at).max() {
                let oldest = latest.advanced(by: .zero - Dispatch.lifetime)
                next.dispatches = next.dispatches.filter { $0.value.at > oldest }
            }
            for event in batch.events {
                let attempt = event.attempt
                Self.note(
                    event.kind,
                    event.at,
                    event.message,
                    event.recipient,
                    event.subject,
                    attempt,
                    &next,
                    event.reason
                )
            }
            state = next
            return result
        }
    }

    private static func submit(
        _ submission: Submission,
        _ index: Int,
        _ state: inout State,
        _ result: inout StoreWriteResult
    ) throws(StoreError) {
        guard !submission.envelope.recipients.isEmpty else { throw StoreError(code: .invalid, detail: "no recipient") }
        if let given = submission.idempotency {
            let key = Key(owner: given.owner, key: given.key)
            if let known = state.keys[key], known.expires > submission.arrival {
                if known.digest == given.digest {
                    result.repeated.append((submission: index, first: known.message))
                } else {
                    result.conflicting.append(index)
                }
                return
            }
            state.keys[key] = (given.digest, submission.id, submission.arrival.advanced(by: .seconds(86_400)))
        }
        guard state.messages[submission.id] == nil else { throw StoreError(code: .invalid, detail: "id used twice") }
        var fence: Int64 = 0
        if case .leased(let lease) = submission.state { fence = lease.fence }
        let recipient = Recipient(state: submission.state, fence: fence)
        let indices = 0..<Int32(submission.envelope.recipients.count)
        state.messages[submission.id] = Message(
            submission: submission,
            recipients: Dictionary(uniqueKeysWithValues: indices.map { ($0, recipient) })
        )
    }

    private func move(_ transition: RecipientTransition, _ state: inout State, _ result: inout StoreWriteResult) -> Bool
    {
        let id = transition.recipient
        guard var recipient = state.messages[id.message]?.recipients[id.index],
            Self.isAdmissible(transition, recipient)
        else { return false }
        if transition.delayNoticeSent { recipient.delayNoticeSent = true }
        recipient.ignoresAge = transition.ignoresAge
        switch transition.next {
        case .done:
            finish(transition, &state, &result)
        case .state(let next):
            if let attempt = transition.attempt {
                recipient.attemptCount += 1
                recipient.attempts = (recipient.attempts + [attempt]).suffix(keptAttempts)
            }
            if case .held = recipient.state, transition.fence != nil {
                // The hold outlives the attempt that was on its way.
            } else {
                recipient.state = next
                if case .leased(let lease) = next { recipient.fence = lease.fence }
            }
            state.messages[id.message]?.recipients[id.index] = recipient
        }
        return true
    }

    private static func isAdmissible(_ transition: RecipientTransition, _ recipient: Recipient) -> Bool {
        if let fence = transition.fence { return fence == recipient.fence }
        guard case .leased = recipient.state else { return true }
        switch transition.next {
        case .done, .state(.held): return true
        case .state(.scheduled), .state(.leased): return false
        }
    }

    private func finish(_ transition: RecipientTransition, _ state: inout State, _ result: inout StoreWriteResult) {
        let id = transition.recipient
        if let attempt = transition.attempt, attempt.status.statusClass != .success,
            let envelope = state.messages[id.message]?.submission.envelope
        {
            let address = envelope.text(envelope.recipients[Int(id.index)].address)
            Self.note(.recipientFailed, attempt.at, id.message, id.index, address, attempt, &state)
        }
        state.messages[id.message]?.recipients[id.index] = nil
        guard state.messages[id.message]?.recipients.isEmpty == true else { return }
        state.messages[id.message] = nil
        result.completed.append(id.message)
    }

    private static func note(
        _ kind: QueueEvent.Kind,
        _ at: Timestamp,
        _ message: MessageID,
        _ recipient: Int32?,
        _ subject: String,
        _ attempt: AttemptRecord?,
        _ state: inout State,
        _ reason: String? = nil
    ) {
        state.events.append(
            QueueEvent(
                number: state.nextEvent,
                at: at,
                kind: kind,
                message: message,
                recipient: recipient,
                subject: subject,
                attempt: attempt,
                reason: reason
            )
        )
        state.nextEvent += 1
    }

    /// Takes what is due, oldest first; of equally old ones the older message first.
    public func claimDue(now: Timestamp, lease: Lease, limit: Int) throws(StoreError) -> [QueuedMessage] {
        try state.withLock { state throws(StoreError) in
            if let refusal = state.refusal { throw refusal }
            var due: [(at: Timestamp, id: RecipientID)] = []
            for (id, message) in state.messages {
                for (index, recipient) in message.recipients {
                    guard let at = Self.dueTime(recipient.state), at <= now else { continue }
                    due.append((at, RecipientID(message: id, index: index)))
                }
            }
            due.sort { ($0.at, $0.id.message, $0.id.index) < ($1.at, $1.id.message, $1.id.index) }
            var claimed: [QueuedMessage] = []
            for (_, id) in due.prefix(max(limit, 0)) {
                state.messages[id.message]?.recipients[id.index]?.state = .leased(lease)
                state.messages[id.message]?.recipients[id.index]?.fence = lease.fence
                guard let message = state.messages[id.message], let recipient = message.recipients[id.index] else {
                    continue
                }
                let place: Int
                if let known = claimed.firstIndex(where: { $0.id == id.message }) {
                    place = known
                } else {
                    place = claimed.count
                    claimed.append(Self.head(message.submission))
                }
                claimed[place].recipients.append(Self.value(recipient, id.index, withAttempts: false))
            }
            return claimed
        }
    }

    private static func dueTime(_ state: RecipientState) -> Timestamp? {
        switch state {
        case .leased(let lease): lease.until
        case .scheduled(let at): at
        case .held: nil
        }
    }

    /// The earliest instant at which something can be claimed.
    public func nextDue() throws(StoreError) -> Timestamp? {
        state.withLock { state in
            state.messages.values.lazy.flatMap(\.recipients.values).compactMap { Self.dueTime($0.state) }.min()
        }
    }

    /// Gives back the leases of earlier runs.
    public func recover(holder: Int64, fence: Int64, now: Timestamp) throws(StoreError) -> Int {
        state.withLock { state in
            var count = 0
            for (id, message) in state.messages {
                for (index, recipient) in message.recipients {
                    guard case .leased(let lease) = recipient.state, lease.holder == holder, lease.fence < fence else {
                        continue
                    }
                    state.messages[id]?.recipients[index]?.state = .scheduled(now)
                    count += 1
                }
            }
            return count
        }
    }

    /// A number above all that were given.
    public func takeFence(holder: Int64) throws(StoreError) -> Int64 {
        state.withLock { state in
            state.lastFence += 1
            return state.lastFence
        }
    }

    /// The largest id of any message.
    public func newestID() throws(StoreError) -> MessageID? {
        state.withLock { state in
            let ids =
                Array(state.messages.keys) + state.events.map(\.message) + state.keys.values.map(\.message)
                + state.dispatches.keys.map(\.message)
            return ids.max { $0.rawValue < $1.rawValue }
        }
    }

    /// How many recipients somebody holds.
    public func heldCount(by holder: String) throws(StoreError) -> Int {
        state.withLock { state in
            state.messages.values.reduce(0) { count, message in
                count
                    + message.recipients.values.count { recipient in
                        if case .held(let hold) = recipient.state { hold.by == holder } else { false }
                    }
            }
        }
    }

    /// The content that was submitted.
    public func content(of message: MessageID) throws(StoreError) -> any MessageContent {
        guard let content = state.withLock({ $0.messages[message]?.submission.content }) else {
            throw StoreError(code: .invalid, detail: "no message \(message)")
        }
        return content
    }

    /// Messages above an id.
    public func page(after: MessageID?, limit: Int) throws(StoreError) -> [QueuedMessage] {
        state.withLock { state in
            let ids = state.messages.keys.filter { id in after.map { id > $0 } ?? true }.sorted().prefix(max(limit, 0))
            return ids.compactMap { state.messages[$0].map { Self.whole($0, withAttempts: false) } }
        }
    }

    /// One message with its attempts.
    public func message(_ id: MessageID) throws(StoreError) -> QueuedMessage? {
        state.withLock { $0.messages[id].map { Self.whole($0, withAttempts: true) } }
    }

    /// Events above a number.
    public func events(after: Int64, limit: Int) throws(StoreError) -> [QueueEvent] {
        state.withLock { Array($0.events.filter { $0.number > after }.prefix(max(limit, 0))) }
    }

    /// What is still known of a message apart from its open recipients.
    public func past(of message: MessageID) throws(StoreError) -> MessagePast {
        state.withLock { state in
            MessagePast(
                dispatches: state.dispatches.values.filter { $0.recipient.message == message }.sorted {
                    $0.recipient.index < $1.recipient.index
                },
                events: state.events.filter { $0.message == message }
            )
        }
    }

    /// Messages without recipients cannot arise here unless a rule above is wrong.
    public func check() throws(StoreError) -> [String] {
        state.withLock { state in
            state.messages.filter(\.value.recipients.isEmpty).keys.map { "message \($0) is there though all is done" }
        }
    }

    private static func list(
        _ changes: [SuppressionChange],
        _ state: inout State,
        _ result: inout StoreWriteResult
    ) {
        for group in SuppressionChange.grouped(changes) {
            let before = state.suppressions[group.subject] ?? SuppressionRecord(group.subject)
            var record = before
            for change in group.changes { record.apply(change) }
            guard record != before else { continue }
            state.suppressions[group.subject] = record.isEmpty ? nil : record
            result.suppressions.append(record)
        }
    }

    /// A recipient that left with a return-path of ours.
    public func dispatch(of recipient: RecipientID) throws(StoreError) -> Dispatch? {
        state.withLock { $0.dispatches[recipient] }
    }

    /// What is known against a subject.
    public func suppression(of subject: SuppressionSubject) throws(StoreError) -> SuppressionRecord? {
        state.withLock { $0.suppressions[subject] }
    }

    /// Records of subjects above one.
    public func suppressions(after: SuppressionSubject?, limit: Int) throws(StoreError) -> [SuppressionRecord] {
        state.withLock { state in
            let subjects = state.suppressions.keys.filter { subject in after.map { subject > $0 } ?? true }
            return subjects.sorted().prefix(max(limit, 0)).compactMap { state.suppressions[$0] }
        }
    }

    /// Sightings since an instant, in the order of time and subject.
    public func sightings(
        since: Timestamp,
        after: SightedSubject?,
        limit: Int
    ) throws(StoreError) -> [SightedSubject] {
        state.withLock { state in
            let all = state.suppressions.values.flatMap { record in
                record.sightings.map { SightedSubject(record.subject, $0) }
            }
            let recent = all.filter { found in
                found.sighting.at >= since
                    && (after.map { ($0.sighting.at, $0.subject) < (found.sighting.at, found.subject) } ?? true)
            }
            let sorted = recent.sorted { ($0.sighting.at, $0.subject) < ($1.sighting.at, $1.subject) }
            return Array(sorted.prefix(max(limit, 0)))
        }
    }

    private static func head(_ submission: Submission) -> QueuedMessage {
        QueuedMessage(
            id: submission.id,
            arrival: submission.arrival,
            envelope: submission.envelope,
            byteCount: submission.content.byteCount,
            origin: submission.origin,
            recipients: []
        )
    }

    private static func whole(_ message: Message, withAttempts: Bool) -> QueuedMessage {
        var whole = head(message.submission)
        whole.recipients = message.recipients.keys.sorted().compactMap { index in
            message.recipients[index].map { value($0, index, withAttempts: withAttempts) }
        }
        return whole
    }

    private static func value(_ recipient: Recipient, _ index: Int32, withAttempts: Bool) -> QueuedRecipient {
        QueuedRecipient(
            index: index,
            state: recipient.state,
            attemptCount: recipient.attemptCount,
            delayNoticeSent: recipient.delayNoticeSent,
            ignoresAge: recipient.ignoresAge,
            lastAttempt: recipient.attempts.last,
            attempts: withAttempts ? recipient.attempts : []
        )
    }
}

public import MailFormat
public import SMTPProtocol
public import StatusCodes

/// What can be asked of a queue without changing it: by a running service, and by the command line when it is down.
///
/// Blocking, callable from any thread, paged so that no reader holds the store for long.
public protocol QueueReader: AnyObject, Sendable {
    /// The content of a message, to be read later or now; small content comes back resident.
    func content(of message: MessageID) throws(StoreError) -> any MessageContent

    /// Up to `limit` messages with an id above `after`, ascending, with their open recipients.
    func page(after: MessageID?, limit: Int) throws(StoreError) -> [QueuedMessage]

    /// One message with all open recipients and their attempts; nil when it is not (any more) in the queue.
    func message(_ id: MessageID) throws(StoreError) -> QueuedMessage?

    /// Up to `limit` events with a number above `after`, ascending: what happened to messages that are gone.
    func events(after: Int64, limit: Int) throws(StoreError) -> [QueueEvent]

    /// What is still known of a message apart from its open recipients: what has become of the others.
    ///
    /// It may read all events: for a person who asks about one message.
    func past(of message: MessageID) throws(StoreError) -> MessagePast

    /// Proves the invariants; each sentence names one violation. Empty when all is well.
    func check() throws(StoreError) -> [String]

    /// A recipient that left with a return-path of ours; nil when none is known (any more).
    func dispatch(of recipient: RecipientID) throws(StoreError) -> Dispatch?

    /// What is known against an address or a domain; nil when nothing is.
    func suppression(of subject: SuppressionSubject) throws(StoreError) -> SuppressionRecord?

    /// Up to `limit` records of subjects above `after`, ascending.
    func suppressions(after: SuppressionSubject?, limit: Int) throws(StoreError) -> [SuppressionRecord]

    /// Up to `limit` sightings not older than `since`, in the order of time and subject, behind `after`.
    func sightings(
        since: Timestamp,
        after: SightedSubject?,
        limit: Int
    ) throws(StoreError) -> [SightedSubject]
}

/// Where the queue lives.
///
/// Synchronous and blocking: `write` is called by one thread only; reads may come from others.
///
/// Invariants (`queue check` proves them): every recipient is done, leased until an instant, scheduled for an instant,
/// or held for a named reason; a message exists exactly as long as one of its recipients is not done; content exists
/// exactly as long as its message.
public protocol QueueStore: QueueReader {
    /// Makes a batch durable in one transaction: after it returns, all of it is on disk; if it throws, none of it is.
    ///
    /// After `.full` the caller answers the submissions 452 4.3.1 and repeats the rest of the batch without them: space
    /// is reserved for outcomes, and for the submissions of origin `report` that go with them.
    func write(_ batch: StoreWrite) throws(StoreError) -> StoreWriteResult

    /// Takes up to `limit` scheduled recipients that are due at `now`, oldest due first, for `lease.holder` until
    /// `lease.until`; also those whose lease ran out. Durable before it returns. Throws `.full`, and claims nothing,
    /// while an outcome could not be stored (`docs/design/rulings.md` §4).
    func claimDue(now: Timestamp, lease: Lease, limit: Int) throws(StoreError) -> [QueuedMessage]

    /// When the earliest scheduled recipient is due, or the earliest lease runs out; nil when there is none.
    func nextDue() throws(StoreError) -> Timestamp?

    /// At start: gives back every lease of an earlier run of this node (their fencing number is below `fence`), so
    /// that they are due now. Returns how many.
    func recover(holder: Int64, fence: Int64, now: Timestamp) throws(StoreError) -> Int

    /// A new fencing number for this holder, larger than any that the store gave out before, durable.
    func takeFence(holder: Int64) throws(StoreError) -> Int64

    /// The largest id that the store knows of, of messages in the queue and of those that are gone; nil when it is new.
    ///
    /// Asked once, at start: it may read everything.
    func newestID() throws(StoreError) -> MessageID?

    /// How many recipients somebody holds.
    ///
    /// It may read all recipients: to be asked seldom.
    func heldCount(by holder: String) throws(StoreError) -> Int
}

/// What one transaction does, in the order of its fields.
public struct StoreWrite: Sendable {
    /// New messages with their recipients.
    public var submissions: [Submission] = []
    /// New states of recipients.
    ///
    /// One for an unknown or done recipient, or under another fence than the one that leased it last, is ignored and
    /// reported in the result.
    public var transitions: [RecipientTransition] = []
    /// Messages deleted by the operator: audited, gone without delivery or report.
    public var deletions: [Deletion] = []
    /// What changes in the suppression list (`SuppressionRecord.apply`).
    public var suppressions: [SuppressionChange] = []
    /// Recipients that left with a return-path of ours, new or with another outcome; those whose return-path is no good
    /// any more are forgotten meanwhile, at least as many as come.
    public var dispatches: [Dispatch] = []
    /// What happened beside transitions and deletions; the store gives the numbers.
    public var events: [QueueEvent] = []
    /// Makes an empty batch.
    public init() {}
    /// Whether there is nothing to do.
    public var isEmpty: Bool {
        submissions.isEmpty && transitions.isEmpty && deletions.isEmpty && suppressions.isEmpty
            && dispatches.isEmpty && events.isEmpty
    }
}

/// What a write found out, by indices into its batch.
public struct StoreWriteResult: Sendable {
    /// Submissions whose idempotency key was used before with the same content: (index, id of the first message).
    public var repeated: [(submission: Int, first: MessageID)] = []
    /// Submissions whose idempotency key was used before with other content; they were not stored.
    public var conflicting: [Int] = []
    /// Transitions that were ignored because the recipient is gone or leased under another fence.
    public var ignored: [Int] = []
    /// Deletions that were ignored because the message is gone.
    public var ignoredDeletions: [Int] = []
    /// Messages that ended with this batch: all recipients done, or deleted.
    public var completed: [MessageID] = []
    /// The records that the batch changed, as they are now; an empty one is gone.
    public var suppressions: [SuppressionRecord] = []
    /// Makes an empty result.
    public init() {}
}

/// An operator's deletion of a message (`docs/design/rulings.md` §4): the only way it ends without delivery or report.
public struct Deletion: Hashable, Sendable {
    /// The message.
    public var message: MessageID
    /// Who asked for it.
    public var by: String
    /// Why, in the words of who asked for it.
    public var reason: String
    /// When.
    public var at: Timestamp
    /// Makes a deletion.
    public init(message: MessageID, by: String, reason: String, at: Timestamp) {
        self.message = message
        self.by = by
        self.reason = reason
        self.at = at
    }
}

/// A lease: who works on a recipient, under which fencing number, until when.
public struct Lease: Hashable, Sendable {
    /// The node; 0 for the single node of an embedded store.
    public var holder: Int64
    /// The fencing number of the run that took it.
    public var fence: Int64
    /// When others may take over.
    public var until: Timestamp
    /// Makes a lease.
    public init(holder: Int64, fence: Int64, until: Timestamp) {
        self.holder = holder
        self.fence = fence
        self.until = until
    }
}

/// A message to be taken over.
public struct Submission: Sendable {
    /// Its id, chosen by the intake.
    public var id: MessageID
    /// When the final dot arrived.
    public var arrival: Timestamp
    /// Envelope; every recipient in it becomes a row.
    public var envelope: Envelope
    /// Content; resident (stored as a row) or a spool file that is already durable.
    public var content: any MessageContent
    /// The state every recipient starts in: leased to this process on the fast path, else scheduled, or held.
    public var state: RecipientState
    /// Where it came from, for logs, reports and policy.
    public var origin: Origin
    /// Idempotency key with its owner, where the client gave one.
    public var idempotency: IdempotencyKey?

    /// Makes a submission.
    public init(
        id: MessageID,
        arrival: Timestamp,
        envelope: Envelope,
        content: any MessageContent,
        state: RecipientState,
        origin: Origin,
        idempotency: IdempotencyKey? = nil
    ) {
        self.id = id
        self.arrival = arrival
        self.envelope = envelope
        self.content = content
        self.state = state
        self.origin = origin
        self.idempotency = idempotency
    }
}

/// An idempotency key (`docs/design/rulings.md` §2): honoured per owner, kept 24 hours.
public struct IdempotencyKey: Hashable, Sendable {
    /// Account, or listener and client address.
    public var owner: String
    /// What the client sent, at most 256 bytes.
    public var key: String
    /// Digest of envelope and content; another one under the same key is a conflict.
    public var digest: [UInt8]
    /// Makes a key.
    public init(owner: String, key: String, digest: [UInt8]) {
        self.owner = owner
        self.key = key
        self.digest = digest
    }
}

/// How a message came to us.
public struct Origin: Hashable, Sendable {
    /// What brought it.
    public enum Kind: UInt8, Hashable, Sendable {
        /// An SMTP listener with role mx.
        case mx = 0
        /// Authenticated or trusted submission.
        case submission = 1
        /// `sendmail` on this machine.
        case local = 2
        /// A report that we wrote.
        case report = 3
    }
    /// What brought it.
    public var kind: Kind
    /// Account name of an authenticated client, else empty.
    public var account: String
    /// Client address as text, else empty.
    public var clientAddress: String
    /// Makes an origin.
    public init(kind: Kind, account: String = "", clientAddress: String = "") {
        self.kind = kind
        self.account = account
        self.clientAddress = clientAddress
    }
}

/// Where a recipient stands.
///
/// No other state exists.
public enum RecipientState: Hashable, Sendable {
    /// Being worked on by a holder until an instant.
    case leased(Lease)
    /// Waiting for its next attempt.
    case scheduled(Timestamp)
    /// Stopped by somebody for a reason.
    case held(Hold)
}

/// Why a recipient is held.
public struct Hold: Hashable, Sendable {
    /// Who did it: `operator`, `breaker`, `route` or another part of the relay.
    public var by: String
    /// Why, one sentence for a person.
    public var reason: String
    /// Since when.
    public var since: Timestamp
    /// When it must be looked at again; nil means the operator promised to.
    public var reviewAt: Timestamp?
    /// Makes a hold.
    public init(by: String, reason: String, since: Timestamp, reviewAt: Timestamp?) {
        self.by = by
        self.reason = reason
        self.since = since
        self.reviewAt = reviewAt
    }
}

/// A recipient's new state, with what led to it.
///
/// A deferral that comes in under its lease while an operator has put the recipient on hold is recorded, and the hold
/// stays. An operator's `scheduled` for a recipient that is leased is ignored: it is being worked on.
public struct RecipientTransition: Sendable {
    /// Whom it is about.
    public var recipient: RecipientID
    /// The fence under which the caller took the lease; nil for the operator, who needs none.
    public var fence: Int64?
    /// Done, or where it stands now.
    public var next: Next
    /// The attempt that caused it, kept for `why`; nil when none did.
    public var attempt: AttemptRecord?
    /// A delay notice was sent with this transition.
    public var delayNoticeSent: Bool
    /// Its next attempt is made however old the message is, because a person has released it; every transition says so
    /// anew.
    public var ignoresAge: Bool

    /// What a transition leads to.
    public enum Next: Hashable, Sendable {
        /// Delivered, relayed, failed, expired, cancelled, expanded: nothing more to do.
        case done
        /// Not done.
        case state(RecipientState)
    }

    /// Makes a transition.
    public init(
        recipient: RecipientID,
        fence: Int64?,
        next: Next,
        attempt: AttemptRecord? = nil,
        delayNoticeSent: Bool = false,
        ignoresAge: Bool = false
    ) {
        self.recipient = recipient
        self.fence = fence
        self.next = next
        self.attempt = attempt
        self.delayNoticeSent = delayNoticeSent
        self.ignoresAge = ignoresAge
    }
}

/// One delivery attempt as it is kept for people: what was tried, what came back, what was concluded.
public struct AttemptRecord: Hashable, Sendable {
    /// When it ended.
    public var at: Timestamp
    /// The host and address, `mx.example.net[192.0.2.1]:25`; empty when no host was reached.
    public var remote: String
    /// The status concluded.
    public var status: EnhancedStatusCode
    /// The reply as it was printed, code and all lines joined by newlines; empty when there was none.
    public var reply: String
    /// The condition, cause and rule of the finding, by their ids.
    public var condition: String
    /// The cause's name.
    public var cause: String
    /// The rule that won, with the table's version.
    public var rule: String
    /// At which stage (`docs/design/rulings.md` §1).
    public var stage: String
    /// False when the reply to the final dot was lost.
    public var outcomeKnown: Bool

    /// Makes a record.
    public init(
        at: Timestamp,
        remote: String,
        status: EnhancedStatusCode,
        reply: String,
        condition: String,
        cause: String,
        rule: String,
        stage: String,
        outcomeKnown: Bool = true
    ) {
        self.at = at
        self.remote = remote
        self.status = status
        self.reply = reply
        self.condition = condition
        self.cause = cause
        self.rule = rule
        self.stage = stage
        self.outcomeKnown = outcomeKnown
    }
}

/// A message as the store gives it back.
public struct QueuedMessage: Hashable, Sendable {
    /// Its id.
    public var id: MessageID
    /// When it was accepted.
    public var arrival: Timestamp
    /// The envelope with **all** original recipients, so that indices stay valid.
    public var envelope: Envelope
    /// Size of the content in bytes.
    public var byteCount: Int
    /// How it came.
    public var origin: Origin
    /// The recipients asked for: the claimed ones, or all open ones.
    public var recipients: [QueuedRecipient]
    /// Makes a message.
    public init(
        id: MessageID,
        arrival: Timestamp,
        envelope: Envelope,
        byteCount: Int,
        origin: Origin,
        recipients: [QueuedRecipient]
    ) {
        self.id = id
        self.arrival = arrival
        self.envelope = envelope
        self.byteCount = byteCount
        self.origin = origin
        self.recipients = recipients
    }
}

/// A recipient that is not done.
public struct QueuedRecipient: Hashable, Sendable {
    /// Its place in the envelope.
    public var index: Int32
    /// Where it stands.
    public var state: RecipientState
    /// How many attempts ended without success.
    public var attemptCount: Int
    /// Whether a delay notice went out.
    public var delayNoticeSent: Bool
    /// Whether its next attempt is made however old the message is: a person has released it.
    public var ignoresAge: Bool
    /// The latest attempt.
    public var lastAttempt: AttemptRecord?
    /// All kept attempts, oldest first; filled by `message(_:)` only.
    public var attempts: [AttemptRecord]
    /// Makes a recipient.
    public init(
        index: Int32,
        state: RecipientState,
        attemptCount: Int,
        delayNoticeSent: Bool,
        ignoresAge: Bool = false,
        lastAttempt: AttemptRecord?,
        attempts: [AttemptRecord] = []
    ) {
        self.index = index
        self.state = state
        self.attemptCount = attemptCount
        self.delayNoticeSent = delayNoticeSent
        self.ignoresAge = ignoresAge
        self.lastAttempt = lastAttempt
        self.attempts = attempts
    }
}

/// Why the store could not do what it was asked.
public struct StoreError: Error, Hashable, Sendable {
    /// What kind of trouble; decides what the relay does (`docs/design/rulings.md` §4).
    public enum Code: Hashable, Sendable {
        /// No space: nothing was written; the batch is answered 452 4.3.1 and work goes on.
        case full
        /// An I/O error or a failed fsync: never retried; the process ends with exit 74.
        case inputOutput
        /// The file system is read-only.
        case readOnly
        /// The database is locked by another process, damaged, or of a newer version.
        case unusable
        /// The caller's mistake (an id used twice, content that lies elsewhere); nothing was written.
        case invalid
    }
    /// What kind of trouble.
    public var code: Code
    /// What the engine said, for the log.
    public var detail: String
    /// Makes an error.
    public init(code: Code, detail: String) {
        self.code = code
        self.detail = detail
    }
}

public import MailFormat

/// Something that ended badly or by hand, kept for a while after its message is gone.
///
/// Written in the transaction that made it true (`docs/design/rulings.md` §4).
public struct QueueEvent: Hashable, Sendable {
    /// What happened.
    public enum Kind: String, Hashable, Sendable {
        /// A recipient failed or expired: done with a last attempt that was no success.
        case recipientFailed = "recipient.failed"
        /// A report says that a recipient failed after another system had taken it.
        case recipientBounced = "recipient.bounced"
        /// A recipient complained about a message.
        case recipientComplained = "recipient.complained"
        /// The operator deleted a message.
        case messageDeleted = "message.deleted"
    }
    /// Ascending number, unique in the store.
    public var number: Int64
    /// When.
    public var at: Timestamp
    /// What happened.
    public var kind: Kind
    /// The message.
    public var message: MessageID
    /// The recipient's place in the envelope; nil for an event of the whole message.
    public var recipient: Int32?
    /// The recipient's address, or who deleted the message.
    public var subject: String
    /// The attempt that decided it; nil for a deletion.
    public var attempt: AttemptRecord?
    /// Why a person did it; nil where none did.
    public var reason: String?

    /// Makes an event.
    public init(
        number: Int64,
        at: Timestamp,
        kind: Kind,
        message: MessageID,
        recipient: Int32?,
        subject: String,
        attempt: AttemptRecord?,
        reason: String? = nil
    ) {
        self.number = number
        self.at = at
        self.kind = kind
        self.message = message
        self.recipient = recipient
        self.subject = subject
        self.attempt = attempt
        self.reason = reason
    }
}

public import MailFormat
public import SMTPProtocol

/// What a delivery needs to know of a message besides its content.
///
/// One object per message, shared by the queue thread and the loops that work on it: handing it over is a reference
/// count, not a copy of the envelope.
public final class DeliveryMessage: Sendable {
    /// Its id.
    public let id: MessageID
    /// When it was accepted; its age decides notices and expiry.
    public let arrival: Timestamp
    /// The envelope with all original recipients.
    public let envelope: Envelope
    /// Size of the content in bytes.
    public let byteCount: Int
    /// How it came.
    public let origin: Origin

    /// Makes a message.
    public init(id: MessageID, arrival: Timestamp, envelope: Envelope, byteCount: Int, origin: Origin) {
        self.id = id
        self.arrival = arrival
        self.envelope = envelope
        self.byteCount = byteCount
        self.origin = origin
    }

    /// The message of a submission.
    public convenience init(_ submission: Submission) {
        self.init(
            id: submission.id,
            arrival: submission.arrival,
            envelope: submission.envelope,
            byteCount: submission.content.byteCount,
            origin: submission.origin
        )
    }

    /// A message as the store gave it back.
    public convenience init(_ queued: QueuedMessage) {
        self.init(
            id: queued.id,
            arrival: queued.arrival,
            envelope: queued.envelope,
            byteCount: queued.byteCount,
            origin: queued.origin
        )
    }

    /// Whether the reverse-path is null: a report, about which no further report is ever written (RFC 5321 §6.1).
    public var isReport: Bool { envelope.reversePath.isEmpty }
}

/// A message that was just committed with all its recipients leased to this process.
public struct AcceptedMessage: Sendable {
    /// The message.
    public var message: DeliveryMessage
    /// Its content while it is in memory for the first attempt.
    public var content: (any MessageContent)?
    /// The lease that all recipients were stored under.
    public var leaseUntil: Timestamp

    /// Makes an accepted message.
    public init(message: DeliveryMessage, content: (any MessageContent)?, leaseUntil: Timestamp) {
        self.message = message
        self.content = content
        self.leaseUntil = leaseUntil
    }
}

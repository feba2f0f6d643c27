package import Delivery
package import SMTPProtocol
package import StatusCodes

/// What sessions need from the relay: verdicts, authentication, memory, and a queue that keeps what was accepted.
///
/// Every method is called on the session's event loop and must not block. Where an answer is optional, nil means that
/// it comes later, through `later`, from any thread; the session asks for no more input until then, and gives up by
/// its own deadline (RFC 6409 §5.3). Answers that come too late are dropped.
package protocol SessionHost: AnyObject, Sendable {
    /// A connection is open; nil lets it in, a reply (4yz, 5yz) is its greeting and its end.
    func sessionOpened(_ peer: PeerInfo) -> Reply?
    /// The connection is gone.
    ///
    /// Called once for each that `sessionOpened` saw, also for those it turned away.
    func sessionClosed(_ session: SessionInfo, summary: SessionSummary)

    /// MAIL: may this sender begin a transaction?
    func mailVerdict(_ question: MailQuestion, later: LaterAnswer<Verdict>) -> Verdict?
    /// RCPT: is this recipient taken?
    func recipientVerdict(_ question: RecipientQuestion, later: LaterAnswer<Verdict>) -> Verdict?
    /// AUTH: what does the directory say?
    func authenticate(
        _ question: AuthenticationQuestion,
        session: SessionInfo,
        later: LaterAnswer<AuthenticationAnswer>
    ) -> AuthenticationAnswer?

    /// Content is about to be asked for: reserves memory for it and names the message.
    func reserveContent(bytes: Int, session: SessionInfo) -> ContentReservation
    /// More memory for content that turned out larger; nil grants it, a reply (452 4.3.1) refuses the message.
    func extendReservation(bytes: Int) -> Reply?
    /// Gives reserved memory back, for content that was never submitted or went to a sink.
    func releaseReservation(bytes: Int)
    /// Content has passed what memory holds (64 KiB): all of it goes here while it arrives.
    ///
    /// Its first `ownOctets` are ours, trace field and what submission adds; the client's begin behind them.
    func contentSink(for message: MessageID, session: SessionInfo, ownOctets: Int) -> any ContentSink

    /// The message is complete.
    ///
    /// The answer says 250 2.0.0 only once it is durable; the reservation is now the host's.
    func submit(_ message: ReceivedMessage, later: LaterAnswer<Reply>)

    /// Something worth a line in the log.
    func sessionNoted(_ note: SessionNote, session: SessionInfo)
}

/// Whether content may come.
package enum ContentReservation: Sendable {
    /// It may, and the message has this id.
    case granted(MessageID)
    /// It may not, for now or for good.
    case refused(Reply)
}

/// MAIL as the host sees it.
package struct MailQuestion: Sendable {
    /// Who asks.
    package let session: SessionInfo
    /// What MAIL said; no recipients yet.
    package let envelope: Envelope
    /// SIZE= (RFC 1870); nil when absent.
    package let declaredSize: Int?

    /// Makes a question.
    package init(session: SessionInfo, envelope: Envelope, declaredSize: Int?) {
        self.session = session
        self.envelope = envelope
        self.declaredSize = declaredSize
    }
}

/// RCPT as the host sees it.
package struct RecipientQuestion: Sendable {
    /// Who asks.
    package let session: SessionInfo
    /// What MAIL and RCPT said so far; the recipient asked about is not among its recipients yet.
    ///
    /// Let it go once the verdict is given: while somebody else holds it, the session's next RCPT has to copy it.
    package let envelope: Envelope
    /// The recipient asked about, ranges of the envelope's arena.
    package let recipient: Envelope.Recipient

    /// Makes a question.
    package init(session: SessionInfo, envelope: Envelope, recipient: Envelope.Recipient) {
        self.session = session
        self.envelope = envelope
        self.recipient = recipient
    }

    /// The recipient's address as received.
    package var address: String { envelope.text(recipient.address) }
    /// The recipient's domain as received; empty for bare postmaster.
    package var domain: String { envelope.text(recipient.domain) }
}

/// A message whose last octet has arrived.
package struct ReceivedMessage: Sendable {
    /// The id that `reserveContent` gave, also in its `Received` field.
    package var id: MessageID
    /// Sender and accepted recipients.
    package var envelope: Envelope
    /// Trace field, header and body; resident, or what the sink stored.
    package var content: any MessageContent
    /// How many bytes of the memory budget it holds.
    package var reservedBytes: Int
    /// Who sent it.
    package var session: SessionInfo
    /// What was seen in the content while it passed.
    package var facts: ContentFacts

    /// Makes a message.
    package init(
        id: MessageID,
        envelope: Envelope,
        content: any MessageContent,
        reservedBytes: Int,
        session: SessionInfo,
        facts: ContentFacts
    ) {
        self.id = id
        self.envelope = envelope
        self.content = content
        self.reservedBytes = reservedBytes
        self.session = session
        self.facts = facts
    }
}

/// What one session did, told when it is over.
package struct SessionSummary: Hashable, Sendable {
    /// Commands read, good and bad.
    package var commandCount: Int
    /// Commands refused.
    package var errorCount: Int
    /// Messages that got their 250.
    package var acceptedCount: Int

    /// Makes a summary.
    package init(commandCount: Int, errorCount: Int, acceptedCount: Int) {
        self.commandCount = commandCount
        self.errorCount = errorCount
        self.acceptedCount = acceptedCount
    }
}

/// An event of a session that a postmaster wants to find in the log.
package enum SessionNote: Hashable, Sendable {
    /// A refusal (4yz, 5yz) was sent at this stage.
    case refused(Reply)
    /// TLS is up.
    case secured(TLSFacts)
    /// TLS did not come up; the library's words.
    case handshakeFailed(String)
    /// The client authenticated.
    case authenticated(account: String)
    /// The connection broke; the system's words.
    case connectionLost(String)
}

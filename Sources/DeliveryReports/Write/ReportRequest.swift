public import MailFormat
public import SMTPProtocol
public import StatusCodes

/// Everything a report says: one message, and what happened to some of its recipients (RFC 3464).
public struct ReportRequest: Sendable {
    /// Who reports.
    public var reporter: Reporter
    /// The message that is reported about.
    public var original: ReportedMessage
    /// Whom it is about; at least one.
    ///
    /// Different actions may be mixed.
    public var recipients: [ReportRecipient]
    /// The report's own Message-ID, without angle brackets: unique, and not to be guessed, since the boundary is
    /// made from it.
    public var messageID: String
    /// When the report is written.
    public var now: Timestamp
    /// Who reads it.
    public var audience: Audience

    /// Who reads a report.
    public enum Audience: Hashable, Sendable {
        /// The sender of the message, at its reverse-path.
        case sender
        /// The postmaster in the sender's place: the message has no reverse-path, or nothing can be returned there.
        case postmaster
    }

    /// Makes a request.
    public init(
        reporter: Reporter,
        original: ReportedMessage,
        recipients: [ReportRecipient],
        messageID: String,
        now: Timestamp,
        audience: Audience = .sender
    ) {
        self.reporter = reporter
        self.original = original
        self.recipients = recipients
        self.messageID = messageID
        self.now = now
        self.audience = audience
    }
}

/// The system that reports.
public struct Reporter: Hashable, Sendable {
    /// Its host name: the Reporting-MTA, and the name a person sees.
    public var hostname: String
    /// The address in From, `mailer-daemon@mx.example.net`.
    ///
    /// Replies go to a person (RFC 5321 §4.5.1).
    public var address: String
    /// Whom a person may ask, `postmaster@mx.example.net`.
    public var postmaster: String

    /// Makes a reporter.
    public init(hostname: String, address: String, postmaster: String) {
        self.hostname = hostname
        self.address = address
        self.postmaster = postmaster
    }
}

/// What is known of the message that is reported about.
public struct ReportedMessage: Hashable, Sendable {
    /// Where the report goes: the reverse-path, never the null one, or the postmaster's address in its place.
    public var reversePath: String
    /// ENVID, decoded from xtext; nil when MAIL had none.
    public var envelopeID: String?
    /// RET; nil when MAIL had none.
    public var returned: Return?
    /// Whether it came with SMTPUTF8.
    public var smtpUTF8: Bool
    /// When it arrived here.
    public var arrival: Timestamp
    /// The name its queue entry has, for people who ask; nil to leave it out.
    public var queueID: String?

    /// Makes a description.
    public init(
        reversePath: String,
        envelopeID: String? = nil,
        returned: Return? = nil,
        smtpUTF8: Bool = false,
        arrival: Timestamp,
        queueID: String? = nil
    ) {
        self.reversePath = reversePath
        self.envelopeID = envelopeID
        self.returned = returned
        self.smtpUTF8 = smtpUTF8
        self.arrival = arrival
        self.queueID = queueID
    }
}

/// What happened to one recipient.
public struct ReportRecipient: Hashable, Sendable {
    /// The address that was tried (RFC 3464 §2.3.2).
    public var finalRecipient: String
    /// ORCPT as `type;address`, decoded from xtext; nil when RCPT had none.
    public var originalRecipient: String?
    /// What happened.
    public var action: ReportAction
    /// The status concluded.
    ///
    /// For expiry the last real one with its class 4 (`4.4.7` only when no attempt gave a cause).
    public var status: EnhancedStatusCode
    /// The host that said so, by name; nil when no host was reached or it is our own conclusion.
    public var remoteMTA: String?
    /// What that host said; nil when nothing was said by another.
    public var diagnostic: Diagnostic?
    /// When the last attempt ended; nil when there was none.
    public var lastAttempt: Timestamp?
    /// Until when attempts go on; for `delayed` only.
    public var willRetryUntil: Timestamp?
    /// How many attempts there were; 0 where they were not counted, or there was none.
    public var attempts: Int
    /// The finding in words.
    public var explanation: ReportExplanation
    /// False when the reply to the final dot was lost: the message may have arrived all the same.
    public var outcomeKnown: Bool

    /// Makes an entry.
    public init(
        finalRecipient: String,
        originalRecipient: String? = nil,
        action: ReportAction,
        status: EnhancedStatusCode,
        remoteMTA: String? = nil,
        diagnostic: Diagnostic? = nil,
        lastAttempt: Timestamp? = nil,
        willRetryUntil: Timestamp? = nil,
        attempts: Int = 0,
        explanation: ReportExplanation = ReportExplanation(),
        outcomeKnown: Bool = true
    ) {
        self.finalRecipient = finalRecipient
        self.originalRecipient = originalRecipient
        self.action = action
        self.status = status
        self.remoteMTA = remoteMTA
        self.diagnostic = diagnostic
        self.lastAttempt = lastAttempt
        self.willRetryUntil = willRetryUntil
        self.attempts = attempts
        self.explanation = explanation
        self.outcomeKnown = outcomeKnown
    }
}

/// What a host said (RFC 3464 §2.3.6).
public struct Diagnostic: Hashable, Sendable {
    /// The kind: `smtp` for a reply, `x-martlet` for our own words about a failure that had no reply.
    public var type: String
    /// The lines as they came, codes included, without line ends.
    public var lines: [String]

    /// Makes a diagnostic.
    public init(type: String = "smtp", lines: [String]) {
        self.type = type
        self.lines = lines
    }

    /// Reads the value of a Diagnostic-Code field, `smtp; 550 …` (RFC 3464 §2.3.6); nil when it is empty.
    package init?(field: String) {
        let bytes = Array(field.utf8)
        guard let read = StatusFields.diagnostic(bytes.span, ByteRange(0, bytes.count)) else { return nil }
        self = read
    }

    /// An SMTP reply, its lines joined by newlines.
    public init(reply: String) {
        self.init(lines: reply.split(whereSeparator: \.isNewline).map(String.init))
    }
}

/// What a report says of a finding: plain words, in one language.
public struct ReportExplanation: Hashable, Sendable {
    /// What it is, a few words: `The mailbox is full`.
    public var title: String
    /// What happened, in sentences.
    public var text: String
    /// Whose turn it is, in a sentence such as `The recipient has to make room`.
    public var turn: String
    /// What the sender can do, step by step.
    public var remedy: [String]

    /// Makes an explanation.
    public init(title: String = "", text: String = "", turn: String = "", remedy: [String] = []) {
        self.title = title
        self.text = text
        self.turn = turn
        self.remedy = remedy
    }
}

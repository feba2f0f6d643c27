/// One message for one next hop: what is to be said in MAIL and RCPT, and what must be known of the content.
public struct ClientTransaction: Sendable {
    /// Which recipients of an envelope a transaction is for.
    public enum Recipients: Hashable, Sendable {
        /// All of them, in their order.
        case all
        /// Those at these places of `Envelope.recipients`, in this order.
        case some([Int32])
    }

    /// The envelope of the message.
    public var envelope: Envelope
    /// Whom of it this transaction is for.
    public var recipients: Recipients
    /// What must be known of the content.
    public var content: ContentNeeds

    /// Makes a transaction.
    public init(envelope: Envelope, recipients: Recipients = .all, content: ContentNeeds) {
        self.envelope = envelope
        self.recipients = recipients
        self.content = content
    }

    /// How many recipients it has.
    public var recipientCount: Int {
        switch recipients {
        case .all: envelope.recipients.count
        case .some(let places): places.count
        }
    }

    /// The recipient at a position of this transaction.
    public subscript(position: Int) -> Envelope.Recipient {
        switch recipients {
        case .all: envelope.recipients[position]
        case .some(let places): envelope.recipients[Int(places[position])]
        }
    }
}

/// What decides how content may travel.
public struct ContentNeeds: Hashable, Sendable {
    /// Size in octets, CRLF counted, without dot-stuffing: the number that SIZE and BDAT declare (RFC 1870 §6).
    public var byteCount: Int
    /// What it is made of.
    public var body: BodyType
    /// Its header or its addresses need SMTPUTF8 (RFC 6531 §3.2).
    public var needsSMTPUTF8: Bool

    /// Makes needs.
    public init(byteCount: Int, body: BodyType, needsSMTPUTF8: Bool) {
        self.byteCount = byteCount
        self.body = body
        self.needsSMTPUTF8 = needsSMTPUTF8
    }

    /// The needs that the envelope declared when the message came.
    public init(byteCount: Int, declaredIn envelope: Envelope) {
        self.init(byteCount: byteCount, body: envelope.body, needsSMTPUTF8: envelope.smtpUTF8)
    }
}

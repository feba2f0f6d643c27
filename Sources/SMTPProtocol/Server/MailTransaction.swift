import MailFormat
import StatusCodes

/// MAIL to the end of content (RFC 5321 §3.3): what the envelope has so far.
///
/// It owns two buffers that the session lends it and takes back, so that RCPT allocates nothing once they have grown.
struct MailTransaction: ~Copyable {
    private var arena: [UInt8]
    private var recipients: [Envelope.Recipient]
    private let reversePath: ByteRange
    private let envelopeID: ByteRange
    private let body: BodyType
    private let returned: Return?
    /// What HELO or EHLO had settled.
    let greeted: Greeted
    /// SMTPUTF8 was given on MAIL.
    let smtpUTF8: Bool
    /// SIZE= of MAIL.
    let declaredSize: Int?
    /// RCPT commands so far, refused ones too (RFC 9422 §4.2); one too many is 452 (RFC 5321 §4.5.3.1.10).
    private(set) var recipientCommands = 0

    /// Begins with what MAIL said.
    init(_ command: MailCommand, _ line: Span<UInt8>, _ greeted: Greeted, lentBy spare: inout SpareEnvelope) {
        self.greeted = greeted
        (self.arena, self.recipients) = spare.lend()
        self.reversePath = arena.copyIn(line, command.path.address)
        self.envelopeID = arena.decodeIn(line, command.envelopeID, from: command.envelopeID.start)
        self.body = command.body
        self.returned = command.returned
        self.smtpUTF8 = command.smtpUTF8
        self.declaredSize = command.size
    }

    /// How many recipients were accepted.
    var acceptedCount: Int { recipients.count }

    /// What was said so far; shares the buffers, so let it go before the next RCPT.
    var envelope: Envelope {
        Envelope(
            arena: arena,
            reversePath: reversePath,
            recipients: recipients,
            body: body,
            smtpUTF8: smtpUTF8,
            returned: returned,
            envelopeID: envelopeID
        )
    }

    /// The envelope of content that has come, in buffers of its own, of exactly its size.
    func exactEnvelope(of content: ContentFacts) -> Envelope {
        var exact = envelope
        // RFC 6152 §3: no host without 8BITMIME may get octets above 127, whether or not the client announced them.
        if content.hasEightBit, body == .sevenBit { exact.body = .eightBitMIME }
        exact.arena = []
        exact.arena.reserveCapacity(arena.count)
        exact.arena.append(contentsOf: arena)
        exact.recipients = []
        exact.recipients.reserveCapacity(recipients.count)
        exact.recipients.append(contentsOf: recipients)
        return exact
    }

    /// Counts a RCPT.
    mutating func countRecipientCommand() { recipientCommands += 1 }

    /// Writes down what RCPT said, to be accepted or refused.
    mutating func consider(_ command: RecipientCommand, _ line: Span<UInt8>) -> Candidate {
        let mark = arena.count
        let mailbox = command.path.mailbox
        let address = arena.copyIn(line, mailbox.address)
        let shift = Int(address.start) - Int(mailbox.address.start)
        let original = command.originalRecipient
        // Only the address is encoded; the type before the semicolon means itself.
        var encoded = original.start
        while encoded < original.end, line[Int(encoded)] != UInt8(ascii: ";") { encoded += 1 }
        return Candidate(
            recipient: Envelope.Recipient(
                address: address,
                domain: mailbox.domain.isEmpty
                    ? ByteRange(Int(address.end), Int(address.end))
                    : ByteRange(Int(mailbox.domain.start) + shift, Int(mailbox.domain.end) + shift),
                notify: command.notify,
                originalRecipient: arena.decodeIn(line, original, from: encoded)
            ),
            mark: mark
        )
    }

    /// The candidate is a recipient.
    mutating func accept(_ candidate: Candidate) { recipients.append(candidate.recipient) }

    /// The candidate is none; its text is forgotten.
    mutating func refuse(_ candidate: Candidate) { arena.removeLast(arena.count - candidate.mark) }

    /// The transaction is over; its buffers go back.
    consuming func end(_ spare: inout SpareEnvelope) { spare.takeBack(arena, recipients) }
}

/// A recipient that waits for its verdict.
struct Candidate: Hashable, Sendable {
    let recipient: Envelope.Recipient
    /// The arena's length before it.
    let mark: Int
}

/// The buffers of a session's envelopes between two transactions.
struct SpareEnvelope: Sendable {
    private var arena: [UInt8] = []
    private var recipients: [Envelope.Recipient] = []

    /// What a session keeps for its next transaction; a greater buffer is given back to the system.
    private static let keptOctets = 8192
    private static let keptRecipients = 128

    mutating func lend() -> ([UInt8], [Envelope.Recipient]) {
        let lent = (arena, recipients)
        arena = []
        recipients = []
        return lent
    }

    mutating func takeBack(_ arena: consuming [UInt8], _ recipients: consuming [Envelope.Recipient]) {
        self.arena = arena
        self.recipients = recipients
        self.arena.removeAll(keepingCapacity: self.arena.capacity <= Self.keptOctets)
        self.recipients.removeAll(keepingCapacity: self.recipients.capacity <= Self.keptRecipients)
    }
}

extension [UInt8] {
    /// Appends a range of a line and says where it lies now.
    fileprivate mutating func copyIn(_ line: Span<UInt8>, _ range: ByteRange) -> ByteRange {
        let start = count
        for offset in range.offsets { append(line[offset]) }
        return ByteRange(start, count)
    }

    /// Appends a range of a line whose xtext, from one offset on, was found good, and says where it lies now.
    fileprivate mutating func decodeIn(_ line: Span<UInt8>, _ range: ByteRange, from encoded: Int32) -> ByteRange {
        guard !range.isEmpty else { return .empty }
        let start = count
        for offset in Int(range.start)..<Int(encoded) { append(line[offset]) }
        let isXText = XText.decode(line, ByteRange(Int(encoded), Int(range.end)), allowsUTF8: true, to: &self)
        precondition(isXText, "the grammar lets nothing else through")
        return ByteRange(start, count)
    }
}

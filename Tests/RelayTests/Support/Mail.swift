import Delivery
import MailFormat
import SMTPProtocol

/// Messages as tests of the relay need them.
enum Mail {
    /// The `number`-th message id of a test.
    static func id(_ number: Int) -> MessageID { MessageID(rawValue: Int64(number) << 21) }

    /// An envelope; no sender is the null reverse-path.
    static func envelope(from sender: String = "a@example.org", to recipients: [String]) -> Envelope {
        var envelope = Envelope(arena: [], reversePath: .empty, recipients: [])
        func add(_ text: String) -> ByteRange {
            let start = envelope.arena.count
            envelope.arena += Array(text.utf8)
            return ByteRange(start, envelope.arena.count)
        }
        envelope.reversePath = add(sender)
        for recipient in recipients {
            let address = add(recipient)
            // What stands behind the last @; nothing for bare postmaster.
            let domain = recipient.contains("@") ? recipient.split(separator: "@").last?.utf8.count ?? 0 : 0
            envelope.recipients.append(
                Envelope.Recipient(
                    address: address,
                    domain: ByteRange(Int(address.end) - domain, Int(address.end))
                )
            )
        }
        return envelope
    }

    /// A message that somebody hands over.
    static func submission(
        _ number: Int,
        from sender: String = "a@example.org",
        to recipients: [String] = ["b@example.net"],
        content: String = "Subject: x\r\n\r\nhi\r\n",
        at arrival: Timestamp,
        key: IdempotencyKey? = nil
    ) -> Submission {
        Submission(
            id: id(number),
            arrival: arrival,
            envelope: envelope(from: sender, to: recipients),
            content: ResidentContent(Array(content.utf8)),
            state: .scheduled(arrival),
            origin: Origin(kind: .submission, clientAddress: "192.0.2.7"),
            idempotency: key
        )
    }
}

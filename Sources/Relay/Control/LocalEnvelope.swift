import MailFormat
import SMTPProtocol

/// The envelope of a message that a local program hands over, by the same address grammar as SMTP.
enum LocalEnvelope {
    /// Something in it is no address or no parameter.
    struct Invalid: Error {
        /// What, and what it should be.
        let sentence: String
    }

    /// At most as many recipients as an SMTP transaction.
    static let mostRecipients = 10_000

    static func make(_ message: ControlRequest.Message) throws(Invalid) -> Envelope {
        guard !message.recipients.isEmpty else { throw Invalid(sentence: "the message has no recipients") }
        guard message.recipients.count <= mostRecipients else {
            throw Invalid(sentence: "more than \(mostRecipients) recipients; send the message in parts")
        }
        var envelope = Envelope(arena: [], reversePath: .empty, recipients: [])
        var needsUTF8 = false
        func append(_ text: String) -> ByteRange {
            let start = envelope.arena.count
            envelope.arena.append(contentsOf: text.utf8)
            if text.utf8.contains(where: { $0 >= 0x80 }) { needsUTF8 = true }
            return ByteRange(start, envelope.arena.count)
        }
        if !message.sender.isEmpty { envelope.reversePath = append(try valid(message.sender).text) }
        if let id = message.envelopeID { envelope.envelopeID = append(id) }
        let notify = try message.notify.map(Self.notify)
        for recipient in message.recipients {
            let valid = try valid(recipient)
            let address = append(valid.text)
            envelope.recipients.append(
                Envelope.Recipient(
                    address: address,
                    domain: ByteRange(Int(address.start) + valid.domainOffset, Int(address.end)),
                    notify: notify
                )
            )
        }
        switch message.returned?.lowercased() {
        case nil: break
        case "full": envelope.returned = .full
        case "hdrs": envelope.returned = .headers
        case let other?: throw Invalid(sentence: "RET is full or hdrs, not \(other)")
        }
        envelope.smtpUTF8 = needsUTF8
        if message.content.contains(where: { $0 >= 0x80 }) { envelope.body = .eightBitMIME }
        return envelope
    }

    private static func valid(_ text: String) throws(Invalid) -> (text: String, domainOffset: Int) {
        let bytes = Array(text.utf8)
        do throws(AddressError) {
            let mailbox = try AddressGrammar(.utf8).wholeMailbox(bytes.span)
            return (text, Int(mailbox.domain.start))
        } catch {
            throw Invalid(sentence: "\(text) is no mail address")
        }
    }

    private static func notify(_ text: String) throws(Invalid) -> Notify {
        if text.lowercased() == "never" { return .never }
        var notify: Notify = []
        for word in text.lowercased().split(separator: ",") {
            switch word {
            case "success": notify.insert(.success)
            case "failure": notify.insert(.failure)
            case "delay": notify.insert(.delay)
            default: throw Invalid(sentence: "NOTIFY is never, or some of success,failure,delay; not \(text)")
            }
        }
        return notify
    }
}

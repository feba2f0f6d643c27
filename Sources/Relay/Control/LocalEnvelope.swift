package import Foundation
import MailFormat
package import SMTPProtocol

/// The envelope of a message that a local program hands over, by the same address grammar as SMTP.
package enum LocalEnvelope {
    /// Something in it is no address or no parameter.
    package struct Invalid: Error, Hashable {
        /// What, and what it should be.
        package let sentence: String
    }

    /// At most as many recipients as an SMTP transaction.
    package static let mostRecipients = 10_000
    /// The longest ENVID that a next hop must take (RFC 3461 §4.4).
    package static let longestEnvelopeID = 100
    /// The longest key that makes a message safe to repeat: that of the header field for the same purpose.
    package static let longestKey = IdempotencyField.longestKey
    /// The longest ORCPT (RFC 3461 §4.2).
    package static let longestOriginalRecipient = 500

    /// The envelope of a message; what a program got wrong is said in a sentence.
    package static func make(_ message: ControlRequest.Message) throws(Invalid) -> Envelope {
        guard !message.recipients.isEmpty else { throw Invalid(sentence: "the message has no recipients") }
        guard message.recipients.count <= mostRecipients else {
            throw Invalid(sentence: "more than \(mostRecipients) recipients; send the message in parts")
        }
        guard (message.key?.utf8.count ?? 0) <= longestKey else {
            throw Invalid(sentence: "the key is longer than \(longestKey) bytes")
        }
        var envelope = Envelope(arena: [], reversePath: .empty, recipients: [])
        if !message.sender.isEmpty {
            let sender = try valid(message.sender)
            envelope.reversePath = envelope.append(sender.text)
        }
        if let id = message.envelopeID { envelope.envelopeID = envelope.append(try validID(id)) }
        let notify = try message.notify.map(Self.notify)
        for recipient in message.recipients {
            let valid = try valid(recipient)
            let address = envelope.append(valid.text)
            envelope.recipients.append(
                Envelope.Recipient(
                    address: address,
                    domain: ByteRange(Int(address.start) + valid.domainOffset, Int(address.end)),
                    notify: notify
                )
            )
        }
        envelope.smtpUTF8 = message.needsUTF8 == true || envelope.arena.contains { $0 >= 0x80 }
        for detail in message.details ?? [] { try add(detail, to: &envelope) }
        switch message.returned?.lowercased() {
        case nil: break
        case "full": envelope.returned = .full
        case "hdrs": envelope.returned = .headers
        case let other?: throw Invalid(sentence: "RET is full or hdrs, not \(other)")
        }
        if message.content.contains(where: { $0 >= 0x80 }) { envelope.body = .eightBitMIME }
        return envelope
    }

    private static func add(_ detail: ControlRequest.Message.Detail, to envelope: inout Envelope) throws(Invalid) {
        guard envelope.recipients.indices.contains(detail.index) else {
            throw Invalid(sentence: "there is no recipient \(detail.index)")
        }
        if let text = detail.notify { envelope.recipients[detail.index].notify = try notify(text) }
        guard let original = detail.originalRecipient else { return }
        guard original.utf8.count <= longestOriginalRecipient, original.contains(";") else {
            throw Invalid(
                sentence: "ORCPT is a type and an address, rfc822;user@example.net, not \(original.prefix(80))"
            )
        }
        envelope.recipients[detail.index].originalRecipient = envelope.append(original)
    }

    private static func valid(_ text: String) throws(Invalid) -> (text: String, domainOffset: Int) {
        let bytes = Array(text.utf8)
        do throws(AddressError) {
            let mailbox = try AddressGrammar(.utf8).wholeMailbox(bytes.span)
            return (text, Int(mailbox.domain.start))
        } catch {
            throw Invalid(sentence: "\(text.prefix(80)) is no mail address")
        }
    }

    private static func validID(_ text: String) throws(Invalid) -> String {
        guard !text.isEmpty, text.utf8.count <= longestEnvelopeID, text.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
        else { throw Invalid(sentence: "ENVID takes 1 to \(longestEnvelopeID) printable characters of US-ASCII") }
        return text
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
        guard !notify.isEmpty else { throw Invalid(sentence: "NOTIFY is never, or some of success,failure,delay") }
        return notify
    }
}

extension Envelope {
    /// Keeps a text; where it lies.
    fileprivate mutating func append(_ text: String) -> ByteRange {
        let start = arena.count
        arena.append(contentsOf: text.utf8)
        return ByteRange(start, arena.count)
    }
}

extension ControlRequest.Message {
    /// A message whose envelope came by SMTP.
    ///
    /// - Parameters:
    ///   - envelope: its envelope.
    ///   - content: the whole message, CRLF line ends.
    ///   - host: the domain of a postmaster without one.
    package init(_ envelope: Envelope, content: Data, host: String) {
        self.init(
            sender: envelope.text(envelope.reversePath),
            recipients: envelope.recipients.map { recipient in
                // RFC 5321 §4.5.1: postmaster alone is the one here.
                envelope.text(recipient.address) + (recipient.domain.isEmpty ? "@\(host)" : "")
            },
            content: content,
            returned: envelope.returned.map { $0 == .full ? "full" : "hdrs" },
            envelopeID: envelope.envelopeID.isEmpty ? nil : envelope.text(envelope.envelopeID)
        )
        needsUTF8 = envelope.smtpUTF8
        details = envelope.recipients.enumerated().compactMap { index, recipient in
            guard recipient.notify != nil || !recipient.originalRecipient.isEmpty else { return nil }
            let original = recipient.originalRecipient
            return Detail(
                index: index,
                notify: recipient.notify?.text,
                originalRecipient: original.isEmpty ? nil : envelope.text(original)
            )
        }
    }
}

extension Notify {
    /// As NOTIFY= has it.
    fileprivate var text: String {
        if self == .never { return "never" }
        let words: [(Notify, String)] = [(.success, "success"), (.failure, "failure"), (.delay, "delay")]
        return words.filter { contains($0.0) }.map(\.1).joined(separator: ",")
    }
}

package import Delivery
internal import MailFormat
package import SMTPProtocol

/// Envelope and origin as one blob of a message's row.
///
/// A version byte, then numbers (LEB128: seven bits a byte, the lowest first, the top bit says that more follow) and
/// ranges of the arena (start and length), then the arena. One value to bind, and nothing to allocate, on the way in.
package enum EnvelopeRecord {
    private static let version: UInt8 = 1
    private static let absent: UInt64 = 0xFF
    /// Beside the bits of NOTIFY: others have taken the recipient's place, which is told to whom asked for it.
    private static let expanded: UInt64 = 0x08

    /// Writes into a buffer that the caller keeps.
    package static func encode(_ envelope: Envelope, _ origin: Origin, into bytes: inout [UInt8]) {
        bytes.removeAll(keepingCapacity: true)
        bytes.append(version)
        bytes.append(envelope.body.rawValue)
        bytes.append(envelope.smtpUTF8 ? 1 : 0)
        bytes.append(envelope.returned?.rawValue ?? 0)
        bytes.append(origin.kind.rawValue)
        append(envelope.reversePath, to: &bytes)
        append(envelope.envelopeID, to: &bytes)
        append(UInt64(envelope.recipients.count), to: &bytes)
        for recipient in envelope.recipients {
            append(recipient.address, to: &bytes)
            append(recipient.domain, to: &bytes)
            append(recipient.originalRecipient, to: &bytes)
            append(parameters(of: recipient), to: &bytes)
        }
        append(origin.account, to: &bytes)
        append(origin.clientAddress, to: &bytes)
        bytes.append(contentsOf: envelope.arena)
    }

    /// Reads a blob back; nil when it is not one of ours, or damaged.
    package static func decode(_ bytes: [UInt8]) -> (envelope: Envelope, origin: Origin)? {
        var reader = Reader(bytes: bytes)
        guard reader.byte() == version, let body = reader.byte().flatMap(BodyType.init(rawValue:)),
            let utf8 = reader.byte(), let returned = reader.byte(),
            let kind = reader.byte().flatMap(Origin.Kind.init(rawValue:)),
            let reversePath = reader.range(), let envelopeID = reader.range(), let count = reader.number(),
            // Each takes at least seven bytes: a damaged count reserves no memory.
            count <= UInt64(bytes.count / 7)
        else { return nil }
        var recipients: [Envelope.Recipient] = []
        recipients.reserveCapacity(Int(count))
        for _ in 0..<count {
            guard let recipient = reader.recipient() else { return nil }
            recipients.append(recipient)
        }
        guard let account = reader.text(), let clientAddress = reader.text() else { return nil }
        let envelope = Envelope(
            arena: Array(bytes[reader.offset...]),
            reversePath: reversePath,
            recipients: recipients,
            body: body,
            smtpUTF8: utf8 == 1,
            returned: Return(rawValue: returned),
            envelopeID: envelopeID
        )
        guard hasValidRanges(envelope) else { return nil }
        return (envelope, Origin(kind: kind, account: account, clientAddress: clientAddress))
    }

    private static func hasValidRanges(_ envelope: Envelope) -> Bool {
        let end = Int32(envelope.arena.count)
        return envelope.reversePath.end <= end && envelope.envelopeID.end <= end
            && envelope.recipients.allSatisfy {
                $0.address.end <= end && $0.domain.end <= end && $0.originalRecipient.end <= end
            }
    }

    private static func parameters(of recipient: Envelope.Recipient) -> UInt64 {
        // Nobody is expanded without NOTIFY=SUCCESS: without it there would be nothing to tell.
        guard let notify = recipient.notify else { return absent }
        return UInt64(notify.rawValue) | (recipient.isExpanded ? expanded : 0)
    }

    private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private static func append(_ range: ByteRange, to bytes: inout [UInt8]) {
        append(UInt64(range.start), to: &bytes)
        append(UInt64(range.count), to: &bytes)
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        append(UInt64(text.utf8.count), to: &bytes)
        bytes.append(contentsOf: text.utf8)
    }

    private struct Reader {
        let bytes: [UInt8]
        var offset = 0

        mutating func byte() -> UInt8? {
            guard offset < bytes.count else { return nil }
            defer { offset += 1 }
            return bytes[offset]
        }

        mutating func number() -> UInt64? {
            var value: UInt64 = 0
            var shift: UInt64 = 0
            while let next = byte(), shift < 63 {
                value |= UInt64(next & 0x7F) << shift
                if next < 0x80 { return value }
                shift += 7
            }
            return nil
        }

        mutating func range() -> ByteRange? {
            guard let start = number(), let count = number(), start <= Int32.max, count <= UInt64(Int32.max) - start
            else { return nil }
            return ByteRange(Int(start), Int(start + count))
        }

        mutating func recipient() -> Envelope.Recipient? {
            guard let address = range(), let domain = range(), let original = range(), let notify = number(),
                notify <= absent
            else { return nil }
            let isAbsent = notify == absent
            return Envelope.Recipient(
                address: address,
                domain: domain,
                notify: isAbsent ? nil : Notify(rawValue: UInt8(notify & ~expanded)),
                originalRecipient: original,
                isExpanded: !isAbsent && notify & expanded != 0
            )
        }

        mutating func text() -> String? {
            guard let count = number(), count <= UInt64(bytes.count - offset) else { return nil }
            defer { offset += Int(count) }
            return String(decoding: bytes[offset..<offset + Int(count)], as: UTF8.self)
        }
    }
}

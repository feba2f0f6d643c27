import Crypto
import Delivery
import MailFormat
import SMTPProtocol

/// The header field by which a client makes its submission safe to repeat: `Martlet-Idempotency-Key`.
///
/// Honoured for our own clients only (`docs/design/rulings.md` §2), and taken out before the message goes on: it is
/// between the client and us.
struct IdempotencyField {
    /// What the client sent.
    let key: String
    /// The message without the field.
    let content: [UInt8]
    /// SHA-256 over the envelope and what the client sent, trace fields of ours left out.
    let digest: [UInt8]

    private static let name: StaticString = "martlet-idempotency-key"

    /// The longest key in octets; a longer one is no key, and the message an ordinary one.
    static let longestKey = 256

    /// Looks for the field in the header of a message; nil when there is none.
    ///
    /// - Parameters:
    ///   - envelope: its envelope, a part of what must be the same in a repeat.
    ///   - message: what arrived; content that lies in a file is not looked at, it is never taken for a repeat.
    ///   - clientBytes: how many octets at its end the client sent; what is before them is ours.
    init?(_ envelope: Envelope, _ message: any MessageContent, clientBytes: Int) {
        guard message.isResident, clientBytes <= message.byteCount else { return nil }
        var found: (key: String, content: [UInt8], digest: [UInt8])?
        do throws(ContentError) {
            try message.withBytes(in: 0..<message.byteCount) { bytes in
                found = Self.look(envelope, bytes, ownBytes: bytes.count - clientBytes)
            }
        } catch {
            // Resident content cannot fail to be read.
            return nil
        }
        guard let found else { return nil }
        (key, content, digest) = found
    }

    private static func look(
        _ envelope: Envelope,
        _ bytes: Span<UInt8>,
        ownBytes: Int
    ) -> (key: String, content: [UInt8], digest: [UInt8])? {
        var reader = HeaderReader()
        while let field = reader.next(bytes) {
            guard bytes.equals(name, in: field.name) else { continue }
            let value = text(bytes, field.value)
            guard !value.isEmpty, value.utf8.count <= longestKey else { return nil }
            var content: [UInt8] = []
            content.reserveCapacity(bytes.count)
            var hash = SHA256()
            hash.update(data: envelope.arena)
            for index in bytes.indices where !field.whole.offsets.contains(index) { content.append(bytes[index]) }
            hash.update(data: content.dropFirst(ownBytes))
            return (value, content, Array(hash.finalize()))
        }
        return nil
    }

    private static func text(_ bytes: Span<UInt8>, _ range: ByteRange) -> String {
        var octets: [UInt8] = []
        for index in range.offsets where bytes[index] >= 0x20 { octets.append(bytes[index]) }
        while octets.first == 0x20 { octets.removeFirst() }
        while octets.last == 0x20 { octets.removeLast() }
        return String(decoding: octets, as: UTF8.self)
    }
}

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

    /// The name, as names are compared.
    static let name = Array("martlet-idempotency-key".utf8)
    /// The longest key in octets; a longer one is no key, and the message an ordinary one.
    static let longestKey = 256
    /// The longest field in octets, with blanks and folds: no client needs four times the room of the key.
    static let longestField = 1024

    /// Looks for the field in the header of a message in memory; nil when there is none.
    ///
    /// - Parameters:
    ///   - envelope: its envelope, a part of what must be the same in a repeat.
    ///   - message: what arrived; content in a file was looked at while it arrived (`SpoolSink`).
    ///   - clientBytes: how many octets at its end the client sent; what is before them is ours.
    init?(_ envelope: Envelope, _ message: any MessageContent, clientBytes: Int) {
        guard message.isResident, clientBytes <= message.byteCount else { return nil }
        var result: (found: IdempotencyScanner.Found, content: [UInt8])?
        do throws(ContentError) {
            try message.withBytes(in: 0..<message.byteCount) { bytes in
                // Nearly every message has none: those are neither copied nor digested.
                guard Self.isThere(bytes) else { return }
                result = Self.scan(bytes, ownOctets: bytes.count - clientBytes)
            }
        } catch {
            // Resident content cannot fail to be read.
            return nil
        }
        guard let result else { return nil }
        key = result.found.key
        content = result.content
        digest = Self.digest(envelope, result.found)
    }

    /// The digest that a repeat must have: of the envelope, and of the content without the field.
    static func digest(_ envelope: Envelope, _ found: IdempotencyScanner.Found) -> [UInt8] {
        var hash = SHA256()
        hash.update(data: envelope.arena)
        hash.update(data: found.digest)
        return Array(hash.finalize())
    }

    private static func isThere(_ bytes: Span<UInt8>) -> Bool {
        var reader = HeaderReader()
        while let field = reader.next(bytes) {
            if bytes.equals("martlet-idempotency-key", in: field.name) { return true }
        }
        return false
    }

    private static func scan(
        _ bytes: Span<UInt8>,
        ownOctets: Int
    ) -> (found: IdempotencyScanner.Found, content: [UInt8])? {
        var scanner = IdempotencyScanner(ownOctets: ownOctets)
        var content: [UInt8] = []
        content.reserveCapacity(bytes.count)
        let keep: (Span<UInt8>) -> Void = { kept in for index in kept.indices { content.append(kept[index]) } }
        scanner.pass(bytes, keep)
        return scanner.finish(keep).map { ($0, content) }
    }
}

/// Content in the spool that was sent under an idempotency key, which is not in it any more.
final class KeyedContent: MessageContent {
    /// The content in the spool.
    let stored: any MessageContent
    /// The key, and the digest of the content.
    let found: IdempotencyScanner.Found

    init(_ stored: any MessageContent, _ found: IdempotencyScanner.Found) {
        self.stored = stored
        self.found = found
    }

    var byteCount: Int { stored.byteCount }
    var isResident: Bool { stored.isResident }

    func withBytes(in range: Range<Int>, _ body: (Span<UInt8>) -> Void) throws(ContentError) {
        try stored.withBytes(in: range, body)
    }
}

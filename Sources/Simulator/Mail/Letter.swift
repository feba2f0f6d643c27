import MailFormat
import SMTPProtocol

/// A mail of the simulator's own, always with the null reverse-path: nobody answers it.
struct Letter: Sendable {
    /// Whom it goes to.
    var recipient: String
    /// The complete message (RFC 5322), CRLF line ends, not dot-stuffed.
    var bytes: [UInt8]
    /// Whether its header or its addresses have UTF-8.
    var smtpUTF8: Bool

    /// The envelope that it is sent with.
    var envelope: Envelope {
        let arena = Array(recipient.utf8)
        let domain = arena.lastIndex(of: UInt8(ascii: "@")).map { $0 + 1 } ?? arena.count
        return Envelope(
            arena: arena,
            reversePath: .empty,
            recipients: [
                Envelope.Recipient(
                    address: ByteRange(0, arena.count),
                    domain: ByteRange(domain, arena.count),
                    notify: .never
                )
            ],
            body: bytes.allSatisfy { $0 < 0x80 } ? .sevenBit : .eightBitMIME,
            smtpUTF8: smtpUTF8
        )
    }
}

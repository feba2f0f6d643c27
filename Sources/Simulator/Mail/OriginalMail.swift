import Delivery
import DeliveryReports
import MailFormat
import SMTPProtocol
import SMTPTransport

/// The message that an answer is about.
struct OriginalMail: Sendable {
    /// What an answer gives back of a message at most; of a larger one only the header.
    static let mostBytes = 65_536

    /// The reverse-path.
    let sender: String
    /// The beginning of the message, or all of it.
    let content: [UInt8]
    /// Whether that is all.
    let isWhole: Bool
    /// What its sender knows it by.
    let facts: OriginalFacts
    /// Whether it was written by a machine that must not be answered (RFC 3834 §2).
    let isAutomatic: Bool
    /// When it came.
    let arrival: Timestamp
    /// Its name here.
    let queueID: String
    /// Whose address it came from, and what that called itself.
    let client: (address: String, name: String)
    /// What MAIL and RCPT said.
    let envelope: Envelope

    /// Copies what is needed; nil when the message cannot be read.
    init?(_ message: ReceivedMessage, arrival: Timestamp) {
        let range = 0..<min(message.content.byteCount, Self.mostBytes)
        var copy: [UInt8] = []
        do {
            try message.content.withBytes(in: range) { bytes in copy = bytes.copy(ByteRange(0, bytes.count)) }
        } catch {
            return nil
        }
        sender = message.envelope.text(message.envelope.reversePath)
        isWhole = copy.count == message.content.byteCount
        facts = OriginalFacts(copy.span)
        let block = HeaderBlock(copy.span)
        isAutomatic = Self.isAutomatic(block, copy.span)
        content = isWhole ? copy : Array(copy[..<block.bodyStart])
        self.arrival = arrival
        queueID = message.id.description
        client = (message.session.peer.addressText, message.session.helo)
        envelope = message.envelope
    }

    private static func isAutomatic(_ header: HeaderBlock, _ bytes: Span<UInt8>) -> Bool {
        if header.first("list-id", bytes) != nil { return true }
        guard let field = header.first("auto-submitted", bytes) else { return false }
        return Unfolding.text(bytes, field.value).lowercased() != "no"
    }

    /// Whether it has bytes that not every host takes.
    var isEightBit: Bool { !content.allSatisfy { $0 < 0x80 } }

    /// Appends the message, or its header, as the last part of a report.
    func append(to multipart: inout MultipartWriter, description: (whole: String, header: String)? = nil) {
        multipart.beginPart { part in
            if let description {
                part.unstructured("Content-Description", isWhole ? description.whole : description.header)
            }
            part.field("Content-Type", isWhole ? "message/rfc822" : "text/rfc822-headers")
            if isEightBit { part.field("Content-Transfer-Encoding", "8bit") }
        }
        multipart.append(content)
        multipart.endPart()
    }
}

import MailFormat

/// What a sender knows a message by, read from its header.
package struct OriginalFacts: Hashable, Sendable {
    /// The subject, decoded; nil when there is none.
    package var subject: String?
    /// The date as written.
    package var date: String?
    /// The Message-ID as written, when it is one that other fields may quote.
    package var messageID: String?

    /// Reads the header at the start of a message.
    package init(_ content: Span<UInt8>) {
        var reader = HeaderReader()
        while let field = reader.next(content) {
            if subject == nil, content.equals("subject", in: field.name) {
                subject = Shown.safely(EncodedWord.text(content, field.value), limit: 200)
            } else if date == nil, content.equals("date", in: field.name) {
                date = Shown.safely(Unfolding.text(content, field.value), limit: 80)
            } else if messageID == nil, content.equals("message-id", in: field.name) {
                messageID = Self.messageID(content, field.value)
            }
        }
    }

    /// `msg-id = "<" id-left "@" id-right ">"` (RFC 5322 §3.6.4), as far as needed to quote it safely.
    private static func messageID(_ content: Span<UInt8>, _ value: ByteRange) -> String? {
        guard (3...250).contains(value.count), content[Int(value.start)] == UInt8(ascii: "<"),
            content[Int(value.end) - 1] == UInt8(ascii: ">")
        else { return nil }
        for offset in (Int(value.start) + 1)..<(Int(value.end) - 1) {
            let byte = content[offset]
            guard ASCII.isVisible(byte), byte != UInt8(ascii: "<"), byte != UInt8(ascii: ">") else { return nil }
        }
        return Unfolding.text(content, value)
    }
}

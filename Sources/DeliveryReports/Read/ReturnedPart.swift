import MailFormat

/// Parts that return the message which a report is about, or its header (RFC 6522 §3, RFC 6533 §5).
enum ReturnedPart {
    /// Whether a part is one.
    static func isReturned(_ part: MIMEPart) -> Bool {
        switch (part.contentType.type, part.contentType.subtype) {
        case ("message", "rfc822"), ("message", "global"), ("text", "rfc822-headers"), ("message", "global-headers"):
            true
        default: false
        }
    }
}

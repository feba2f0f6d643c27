import MailFormat
import StatusCodes

/// The part of a report that programs read: `message/delivery-status` (RFC 3464 §2) or its UTF-8 relative (RFC 6533 §4.1).
struct StatusPart {
    /// How many lines of a reply are reported.
    static let mostLines = 50

    private let request: ReportRequest
    /// Whether UTF-8 may occur.
    private let isGlobal: Bool

    /// The fields, all groups; the part's body ends with the last one's line end.
    static func bytes(_ request: ReportRequest, isGlobal: Bool) -> [UInt8] {
        let part = Self(request: request, isGlobal: isGlobal)
        var bytes = part.messageFields()
        for recipient in request.recipients {
            // RFC 3464 §2.1: an empty line stands before each group.
            bytes += [0x0D, 0x0A]
            bytes += part.recipientFields(recipient)
        }
        return bytes
    }

    /// Whether an address of the request has characters beyond US-ASCII.
    static func hasInternationalizedAddress(_ request: ReportRequest) -> Bool {
        request.recipients.contains { recipient in
            RecipientAddress(mailbox: recipient.finalRecipient).isInternationalized
                || recipient.originalRecipient.flatMap(RecipientAddress.init)?.isInternationalized == true
        }
    }

    /// `5.1.1`.
    static func text(_ status: EnhancedStatusCode) -> String {
        "\(status.statusClass.rawValue).\(status.status.subject).\(status.status.detail)"
    }

    /// The lines of a reply that are shown.
    static func bounded(_ lines: [String]) -> ArraySlice<String> { lines.prefix(mostLines) }

    /// RFC 3464 §2.2.
    private func messageFields() -> [UInt8] {
        var fields = HeaderWriter()
        // §2.2.1: only where MAIL had ENVID.
        if let id = request.original.envelopeID { fields.field("Original-Envelope-Id", bytes: printable(id)) }
        fields.field("Reporting-MTA", bytes: printable("dns; " + request.reporter.hostname))
        if let id = request.original.queueID { fields.field("X-Martlet-Queue-ID", bytes: printable(id)) }
        fields.date("Arrival-Date", request.original.arrival)
        return fields.bytes
    }

    /// RFC 3464 §2.3.
    private func recipientFields(_ recipient: ReportRecipient) -> [UInt8] {
        var fields = HeaderWriter()
        // §2.3.1: MUST occur when ORCPT was given, never when it was not.
        if let original = recipient.originalRecipient.flatMap(RecipientAddress.init) {
            fields.field("Original-Recipient", bytes: original.fieldValue(isGlobal: isGlobal))
        }
        let final = RecipientAddress(mailbox: recipient.finalRecipient)
        fields.field("Final-Recipient", bytes: final.fieldValue(isGlobal: isGlobal))
        fields.field("Action", recipient.action.rawValue)
        fields.field("Status", Self.text(recipient.status))
        if let remote = recipient.remoteMTA { fields.field("Remote-MTA", bytes: printable("dns; " + remote)) }
        if let diagnostic = recipient.diagnostic, !diagnostic.lines.isEmpty {
            fields.field("Diagnostic-Code", lines: diagnosticLines(diagnostic))
        }
        if let last = recipient.lastAttempt { fields.date("Last-Attempt-Date", last) }
        // §2.3.9: with delayed only.
        if recipient.action == .delayed, let until = recipient.willRetryUntil { fields.date("Will-Retry-Until", until) }
        if !recipient.outcomeKnown { fields.field("X-Martlet-Outcome", "unknown") }
        return fields.bytes
    }

    /// RFC 3461 §9.2: the reply as it came, each of its lines on a line of its own.
    private func diagnosticLines(_ diagnostic: Diagnostic) -> [[UInt8]] {
        var lines = Self.bounded(diagnostic.lines).map { printable(Shown.safely($0, limit: 900)) }
        lines[0] = printable(diagnostic.type + "; ") + lines[0]
        return lines
    }

    /// The bytes of a text; beyond US-ASCII only where the part may have it (RFC 3464 §2.1.1).
    private func printable(_ text: String) -> [UInt8] {
        guard !isGlobal else { return Array(text.utf8) }
        return text.unicodeScalars.map { $0.isASCII ? UInt8(truncatingIfNeeded: $0.value) : UInt8(ascii: "?") }
    }
}

import MailFormat
public import SMTPProtocol

/// Which event is reported to whom (RFC 3461 §4.1, §5.2).
public enum ReportPolicy {
    /// Whether an event of a recipient is to be reported.
    ///
    /// - Parameters:
    ///   - action: What happened. `relayed` means a next hop without the DSN extension: a next hop that has it takes
    ///     over the duty, and nothing is reported here (RFC 3461 §5.2.1).
    ///   - notify: NOTIFY of the recipient; nil when RCPT had none.
    ///   - delayNoticesByDefault: Whether a delay is reported where NOTIFY was absent, which is the host's own choice.
    ///   - hasReversePath: False for the null reverse-path.
    ///   - nature: What the message itself is, as `MessageNature` read it.
    /// - Returns: Whether a report is to be written.
    public static func isReported(
        _ action: ReportAction,
        notify: Notify?,
        delayNoticesByDefault: Bool,
        hasReversePath: Bool,
        nature: MessageNature
    ) -> Bool {
        // RFC 5321 §4.5.5, RFC 3464 §2, §3: a report about a report would have no end.
        guard hasReversePath, nature != .report else { return false }
        return switch action {
        case .failed:
            // RFC 3461 §4.1, §5.2.6: without NOTIFY the sender expects to hear of failures.
            notify?.contains(.failure) ?? true
        case .delayed:
            // RFC 3461 §5.2.5, RFC 3834 §2: nobody waits for an automatic reply, so a delay of one is no news unless it
            // was asked for.
            notify?.contains(.delay) ?? (delayNoticesByDefault && nature == .ordinary)
        case .delivered, .relayed, .expanded:
            // RFC 3461 §5.2.2, §5.2.7: only where SUCCESS was asked for.
            notify?.contains(.success) ?? false
        }
    }
}

/// What a message is, as far as reports about it are concerned.
public enum MessageNature: Hashable, Sendable {
    /// Something that somebody, or a program, sent.
    case ordinary
    /// An automatic reply (RFC 3834 §5). Its failure is still reported: our report has a null reverse-path, and an
    /// automatic reply to that is never made, so no loop can arise.
    case automaticReply
    /// A delivery or disposition report (`multipart/report`, RFC 6522), whatever its reverse-path claims.
    ///
    /// A feedback report (RFC 5965) is ordinary: its sender wants to know that it did not arrive.
    case report

    /// Tells from the header of a message, whose bytes may also hold more or be cut short.
    public init(header bytes: Span<UInt8>) {
        var reader = HeaderReader()
        var isAutomatic = false
        while let field = reader.next(bytes) {
            if bytes.equals("content-type", in: field.name) {
                if Self.isReport(ContentType(bytes, field.value)) {
                    self = .report
                    return
                }
            } else if bytes.equals("auto-submitted", in: field.name) {
                // RFC 3834 §5: keyword, then optional parameters; comments may precede it.
                let start = StructuredText.skipCommentsAndSpace(
                    bytes,
                    from: Int(field.value.start),
                    to: Int(field.value.end)
                )
                isAutomatic = bytes.matches("auto-replied", at: start)
            }
        }
        self = isAutomatic ? .automaticReply : .ordinary
    }

    private static func isReport(_ type: ContentType) -> Bool {
        guard type.isType("multipart", "report") else { return false }
        return switch type.text("report-type")?.lowercased() {
        case "delivery-status", "global-delivery-status", "disposition-notification": true
        default: false
        }
    }
}

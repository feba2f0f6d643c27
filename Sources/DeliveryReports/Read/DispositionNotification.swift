public import MailFormat

/// What a mail reader did with a message (RFC 8098): a receipt, never a report on delivery.
public struct DispositionNotification: Hashable, Sendable {
    /// The recipient whose reader speaks, without its type.
    public var finalRecipient: String?
    /// The address the sender wrote, without its type.
    public var originalRecipient: String?
    /// The Message-ID of the message that was read.
    public var originalMessageID: String?
    /// What was done, in lower case: `displayed`, `deleted`, `dispatched`, `processed`.
    public var disposition: String?

    /// How many bytes of the part for programs are read.
    static let longestPart = 1 << 16

    /// Reads a message whose structure is known; nil when it has no part that is a disposition notification.
    public init?(_ bytes: Span<UInt8>, _ structure: MIMEStructure) {
        let found = structure.outermost {
            $0.isType("message", "disposition-notification") || $0.isType("message", "global-disposition-notification")
        }
        guard let part = found else { return nil }
        var content: [UInt8] = []
        part.encoding.decode(bytes, part.body, limit: Self.longestPart, to: &content)
        let fields = StatusFields(HeaderBlock(content.span).fields[...])
        finalRecipient = fields.typed("final-recipient", in: content.span)
        originalRecipient = fields.typed("original-recipient", in: content.span)
        originalMessageID = fields.text("original-message-id", in: content.span)
        // `disposition-mode ";" disposition-type`: the part behind the semicolon counts.
        disposition = fields.typed("disposition", in: content.span)?.lowercased()
    }
}

public import MailFormat

/// A complaint or another report of RFC 5965 as it was read.
///
/// Read leniently, as `DeliveryReport` is.
public struct FeedbackReport: Hashable, Sendable {
    /// What it is about, in lower case: `abuse`, `auth-failure`, `fraud`, `not-spam`, `opt-out`, `virus`, `other`, or
    /// whatever stood there (RFC 5965 §7.3, RFC 6591 §3.1).
    public var type: String
    /// Who wrote it (RFC 5965 §3.1).
    public var userAgent: String?
    /// The reverse-path of the reported message.
    public var originalMailFrom: String?
    /// The recipients of the reported message.
    public var originalRecipients: [String]
    /// The address that it came from.
    public var sourceAddress: String?
    /// The domains that it is about.
    public var reportedDomains: [String]
    /// Who reports.
    public var reportingMTA: String?
    /// When the reported message arrived.
    public var arrival: Timestamp?
    /// Which authentication failed (RFC 6591 §3.2.1), such as `dmarc`.
    public var authenticationFailure: String?
    /// Where the reported message, or its header, lies in the report.
    public var returned: MIMEPart?

    /// How many values of a field that may be repeated are kept.
    static let mostValues = 1000
    /// How many bytes of the part for programs are read.
    static let longestPart = 1 << 20

    /// Reads a message whose structure is known; nil when it has no part that is a feedback report.
    public init?(_ bytes: Span<UInt8>, _ structure: MIMEStructure) {
        guard let part = structure.outermost(where: { $0.isType("message", "feedback-report") }) else { return nil }
        var content: [UInt8] = []
        part.encoding.decode(bytes, part.body, limit: Self.longestPart, to: &content)
        self.init(fields: content.span)
        returned = structure.parts.first { $0.parent == part.parent && ReturnedPart.isReturned($0) }
    }

    /// Reads the fields of the part for programs.
    public init(fields bytes: Span<UInt8>) {
        type = ""
        originalRecipients = []
        reportedDomains = []
        var start = 0
        while start < bytes.count, bytes[start] == ASCII.lineFeed || bytes[start] == ASCII.carriageReturn { start += 1 }
        let fields = StatusFields(HeaderBlock(bytes, at: start).fields[...])
        type = fields.text("feedback-type", in: bytes)?.lowercased() ?? ""
        userAgent = fields.text("user-agent", in: bytes)
        originalMailFrom = fields.text("original-mail-from", in: bytes).map(Self.address)
        originalRecipients = fields.texts("original-rcpt-to", in: bytes, most: Self.mostValues).map(Self.address)
        if originalRecipients.isEmpty {
            // Providers' own older name, and the field of RFC 3464.
            let others = fields.text("removal-recipient", in: bytes) ?? fields.typed("final-recipient", in: bytes)
            originalRecipients = others.map { [Self.address($0)] } ?? []
        }
        sourceAddress = fields.text("source-ip", in: bytes)
        reportedDomains = fields.texts("reported-domain", in: bytes, most: Self.mostValues)
        reportingMTA = fields.typed("reporting-mta", in: bytes)
        arrival = fields.date("arrival-date", in: bytes) ?? fields.date("received-date", in: bytes)
        authenticationFailure = fields.text("auth-failure", in: bytes)?.lowercased()
    }

    private static func address(_ text: String) -> String {
        guard text.utf8.count >= 2, text.hasPrefix("<"), text.hasSuffix(">") else { return text }
        return String(text.dropFirst().dropLast())
    }
}

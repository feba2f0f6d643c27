public import MailFormat
public import StatusCodes

/// A delivery report as it was read (RFC 3464, RFC 6533): what its part for programs says.
///
/// Read leniently: what is missing is nil, what is malformed is kept as it was printed where that helps. What it means
/// is not decided here.
public struct DeliveryReport: Hashable, Sendable {
    /// The ENVID of the message (RFC 3464 §2.2.1).
    public var originalEnvelopeID: String?
    /// Who reports, without its type (RFC 3464 §2.2.2).
    public var reportingMTA: String?
    /// When the message arrived there (RFC 3464 §2.2.5).
    public var arrival: Timestamp?
    /// What happened to whom.
    public var recipients: [Recipient]
    /// Where the returned message, or its header, lies in the report; its `contentType` tells which.
    public var returned: MIMEPart?
    /// Where the part for people lies.
    public var notification: MIMEPart?

    /// What happened to one recipient (RFC 3464 §2.3).
    public struct Recipient: Hashable, Sendable {
        /// The address the sender wrote, without its type.
        public var originalRecipient: String?
        /// The address that was tried, without its type.
        public var finalRecipient: String?
        /// What happened; nil when it is none of the five words.
        public var action: ReportAction?
        /// The status; nil when it is malformed.
        public var status: EnhancedStatusCode?
        /// The status as it was printed.
        public var printedStatus: String?
        /// The host that said so, without its type.
        public var remoteMTA: String?
        /// What it said, with the kind of it; the lines of a reply are told apart where they were folded.
        public var diagnostic: Diagnostic?
        /// When the last attempt was.
        public var lastAttempt: Timestamp?
        /// Until when attempts go on.
        public var willRetryUntil: Timestamp?
        /// False when the reporter says that it does not know (`X-Martlet-Outcome`).
        public var outcomeKnown: Bool
    }

    /// How many recipients are read.
    public static let mostRecipients = 10_000
    /// How many bytes of the part for programs are read.
    public static let longestStatusPart = 8 << 20

    /// Reads a message; nil when it has no part that is a delivery status.
    public init?(_ bytes: Span<UInt8>) {
        self.init(bytes, MIMEStructure(bytes))
    }

    /// Reads a message whose structure is known; nil when it has no part that is a delivery status.
    ///
    /// A report about a report returns that one: the outermost status part is the message's own. Some reporters write a
    /// status part for each recipient.
    public init?(_ bytes: Span<UInt8>, _ structure: MIMEStructure) {
        let parts = structure.parts
        let statuses = parts.indices.filter { Self.isStatus(parts[$0]) }
        guard let first = statuses.min(by: { parts[$0].depth < parts[$1].depth }) else { return nil }
        let parent = parts[first].parent
        recipients = []
        for status in statuses where parts[status].parent == parent {
            readStatus(bytes, parts[status])
        }
        for sibling in parts where sibling.parent == parent {
            if ReturnedPart.isReturned(sibling) {
                if returned == nil { returned = sibling }
            } else if notification == nil, sibling.contentType.type == "text" {
                notification = sibling
            }
        }
    }

    /// Reads a status part, or what looks like one; nil when no recipient is in it.
    public init?(statusPart: Span<UInt8>) {
        recipients = []
        readGroups(statusPart)
        if recipients.isEmpty { return nil }
    }

    private static func isStatus(_ part: MIMEPart) -> Bool {
        part.contentType.isType("message", "delivery-status")
            || part.contentType.isType("message", "global-delivery-status")
    }

    private mutating func readStatus(_ bytes: Span<UInt8>, _ part: MIMEPart) {
        // Nearly every one is read where it is.
        if part.encoding == .identity {
            return readGroups(bytes.extracting(part.body.prefix(Self.longestStatusPart)))
        }
        var content: [UInt8] = []
        part.encoding.decode(bytes, part.body, limit: Self.longestStatusPart, to: &content)
        readGroups(content.span)
    }

    /// Reads the groups of fields: the first is about the message, all others about a recipient each (RFC 3464 §2.1).
    private mutating func readGroups(_ bytes: Span<UInt8>) {
        var position = 0
        var isFirst = true
        while position < bytes.count, recipients.count < Self.mostRecipients {
            let group = HeaderBlock(bytes, at: position)
            position = max(group.bodyStart, position + 1)
            // A line that is no field is passed over; what follows it may still be of use.
            if group.ending == .brokenLine { position = StatusFields.nextLine(bytes, from: group.bodyStart) }
            var start = 0
            while start < group.fields.count {
                let end = Self.end(of: group.fields, from: start, bytes)
                let fields = StatusFields(group.fields[start..<end])
                if isFirst { readMessage(fields, bytes) }
                if fields.isAboutRecipient(in: bytes) { recipients.append(Recipient(fields, bytes)) }
                (start, isFirst) = (end, false)
            }
        }
    }

    /// Where the group that begins with a field ends: a second Final-Recipient begins another one although the empty
    /// line before it is missing.
    private static func end(of fields: [HeaderField], from start: Int, _ bytes: Span<UInt8>) -> Int {
        var hasRecipient = false
        for index in start..<fields.count where StatusFields.isFinalRecipient(fields[index].name, bytes) {
            if hasRecipient {
                let hasOriginal = bytes.equals("original-recipient", in: fields[index - 1].name)
                return hasOriginal && index - 1 > start ? index - 1 : index
            }
            hasRecipient = true
        }
        return fields.count
    }

    private mutating func readMessage(_ fields: StatusFields, _ bytes: Span<UInt8>) {
        originalEnvelopeID = fields.text("original-envelope-id", in: bytes) ?? originalEnvelopeID
        reportingMTA = fields.typed("reporting-mta", in: bytes) ?? reportingMTA
        arrival = fields.date("arrival-date", in: bytes) ?? arrival
    }
}

extension DeliveryReport.Recipient {
    /// A recipient of whom nothing is known yet.
    package init() { outcomeKnown = true }

    init(_ fields: StatusFields, _ bytes: Span<UInt8>) {
        originalRecipient = fields.address("original-recipient", in: bytes)
        finalRecipient = fields.finalRecipient(in: bytes)
        action = fields.action("action", in: bytes)
        printedStatus = fields.text("status", in: bytes)
        status = fields.status("status", in: bytes)
        remoteMTA = fields.typed("remote-mta", in: bytes)
        diagnostic = fields.diagnostic(in: bytes)
        lastAttempt = fields.date("last-attempt-date", in: bytes)
        willRetryUntil = fields.date("will-retry-until", in: bytes)
        outcomeKnown = fields.text("x-martlet-outcome", in: bytes) != "unknown"
    }
}

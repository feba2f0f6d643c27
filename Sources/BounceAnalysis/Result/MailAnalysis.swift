public import DeliveryReports
public import MailFormat
public import StatusCodes

/// What a mail about a mail tells: what it is, about which message, and what became of whom.
public struct MailAnalysis: Hashable, Sendable {
    /// What a mail is.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// At least one recipient has failed.
        case bounce
        /// Delivery takes longer; nobody has failed.
        case delay
        /// It lies in the mailbox.
        case delivered
        /// A system that sends no reports has it.
        case relayed
        /// It went on to the members of a list.
        case expanded
        /// A complaint, or another report of RFC 5965.
        case feedback
        /// An answer that nobody wrote: out of office, acknowledgements, challenges.
        case autoReply = "auto-reply"
        /// A receipt of a mail reader (RFC 8098).
        case receipt
        /// An ordinary mail.
        case notAReport = "not-a-report"
    }

    /// What it is.
    public var kind: Kind
    /// Who reports, where the report says so.
    public var reportingMTA: String?
    /// When the message arrived there.
    public var arrival: Timestamp?
    /// The message that it is about.
    public var original: OriginalMessage
    /// What became of whom; a bounce that names nobody has one result without a recipient.
    public var results: [RecipientResult]
    /// Whether the mail exceeded a limit, so that something may be missing.
    public var isCut: Bool

    /// What it is when it is no report.
    static func ordinary(isCut: Bool = false) -> Self {
        Self(kind: .notAReport, reportingMTA: nil, arrival: nil, original: OriginalMessage(), results: [], isCut: isCut)
    }

    /// The kind that the actions amount to: the worst of them.
    static func kind(of results: [RecipientResult]) -> Kind {
        let actions = results.map(\.action)
        if actions.contains(.failed) { return .bounce }
        if actions.contains(.delayed) { return .delay }
        if actions.contains(.relayed) { return .relayed }
        if actions.contains(.expanded) { return .expanded }
        return actions.contains(.delivered) ? .delivered : .bounce
    }
}

/// What became of one recipient.
public struct RecipientResult: Hashable, Sendable {
    /// The address that was tried; nil when the mail names none.
    public var recipient: String?
    /// The address that the sender wrote, where it was another.
    public var originalRecipient: String?
    /// What happened; nil when the mail is no report on delivery.
    public var action: ReportAction?
    /// Whether the report has a field that says so.
    public var isActionPrinted = false
    /// What is known; nil when the mail is no report on delivery.
    public var evidence: Evidence?
    /// What follows from it.
    public var finding: Finding?
    /// The status field of a report for programs.
    public var reportedStatus: EnhancedStatusCode?
    /// The host that refused it.
    public var remoteMTA: String?
    /// The words of the report: a reply, or a sentence.
    public var diagnostic: String?
    /// What kind of words, in lower case: `smtp`, `x-unix`; empty when not told.
    public var diagnosticType = ""
    /// What a feedback report is about.
    public var feedbackType: String?

    /// The status that was printed, with the reply or in the report's own field; nil when none was well-formed.
    public var printedStatus: EnhancedStatusCode?
    /// The reply code that was printed.
    public var reply: ReplyCode? { evidence?.reply?.code }
}

public import MailFormat

/// How much of a mail is looked at; a result says when there was more.
public struct AnalysisLimits: Hashable, Sendable {
    /// How many octets of a message are kept.
    ///
    /// A report with its thousands of recipients has one or two megabytes; the message that it returns comes last. As
    /// many mails as there are cores, and two more, are in memory at a time.
    public var octets = 2 << 20
    /// How deep parts may lie in each other, and how many there may be.
    public var structure = MIMELimits()

    /// How many recipients a mail may tell of.
    static let recipients = 10_000

    /// Makes the usual limits.
    public init() {}
}

/// What happened to a recipient, as a report says it (RFC 3464 §2.3.3).
public enum ReportAction: String, Hashable, Sendable, CaseIterable {
    /// It will not be delivered.
    case failed
    /// It has not been delivered yet; attempts go on.
    case delayed
    /// It lies in the recipient's mailbox.
    case delivered
    /// A system that sends no reports has taken it; nothing more will be heard.
    case relayed
    /// It went on to the members of a list or alias; nothing more will be heard.
    case expanded
}

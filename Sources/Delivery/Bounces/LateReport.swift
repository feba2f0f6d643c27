public import SMTPProtocol

/// What a mail to one of our return-paths told, to be stored together with the outcome that ends that mail.
///
/// An object, so that ordinary outcomes stay small.
public final class LateReport: Sendable {
    /// The recipient that it is about, with its outcome corrected.
    public let dispatch: Dispatch
    /// What is added to the timeline of the message; nil when it tells nothing new.
    public let event: QueueEvent?
    /// What it says against the address; nil when that is nothing.
    public let suppression: SuppressionChange?
    /// The mail itself, for who sent the message that it is about; nil when it is not for him.
    public let copy: Copy?
    /// Whether it was for him, and no copy was made because his share of reports is used up.
    public let isWithheld: Bool

    /// A mail that goes on to somebody else.
    public struct Copy: Sendable {
        /// Its content; resident, or a spool file of its own.
        public let content: any MessageContent
        /// What the content is made of.
        public let body: BodyType
        /// Whether its header needs SMTPUTF8.
        public let smtpUTF8: Bool
        /// Makes a copy.
        public init(content: any MessageContent, body: BodyType, smtpUTF8: Bool) {
            self.content = content
            self.body = body
            self.smtpUTF8 = smtpUTF8
        }
    }

    /// Makes a report.
    public init(
        dispatch: Dispatch,
        event: QueueEvent?,
        suppression: SuppressionChange?,
        copy: Copy?,
        isWithheld: Bool = false
    ) {
        self.dispatch = dispatch
        self.event = event
        self.suppression = suppression
        self.copy = copy
        self.isWithheld = isWithheld
    }
}

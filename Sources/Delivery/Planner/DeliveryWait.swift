public import MailFormat

/// What keeps a recipient from being tried, beside its own time: for people.
public struct DeliveryWait: Hashable, Sendable {
    /// Whose limit it is: that of the recipient's own destination, or of the site that its domain belongs to.
    public let destination: DestinationRoute
    /// Domains that are known to be of that site; nil for a destination of its own.
    public let domains: Int?
    /// What there is too much of.
    public let reason: Reason
    /// Until when, where that is known.
    public let until: Timestamp?

    /// What a recipient waits for.
    public enum Reason: Hashable, Sendable {
        /// The end of a pause, and what it is for.
        case pause(Alert.Kind?)
        /// The rate, as configured or as refusals have taught it.
        case rate
        /// The end of transactions that are under way, for there are as many as may be.
        case connections
    }
}

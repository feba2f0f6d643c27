public import MailFormat

/// Something that a person has to know now.
///
/// One per incident, not one per message.
public struct Alert: Hashable, Sendable {
    /// What happened.
    public let kind: Kind
    /// Where; nil when it is about everything.
    public let destination: DestinationRoute?
    /// Whether it began or ended.
    public let change: Change
    /// When.
    public let at: Timestamp
    /// When delivery is tried again by itself; nil when it ended.
    public let reviewAt: Timestamp?

    /// What happened.
    public enum Kind: String, Hashable, Sendable {
        /// A destination says of every recipient that it does not exist.
        case allRecipientsUnknown = "all-recipients-unknown"
        /// No destination can be reached.
        case allDestinationsFailing = "all-destinations-failing"
        /// The resolver answers nothing.
        case resolverDown = "resolver-down"
        /// A next hop from our own configuration refuses us.
        case ownRouteRefuses = "own-route-refuses"
        /// A destination was paused because it keeps failing.
        case destinationPaused = "destination-paused"

        /// One sentence for a person.
        public var sentence: String {
            switch self {
            case .allRecipientsUnknown:
                "the destination refuses every recipient as unknown; nothing more is bounced until the review"
            case .allDestinationsFailing:
                "no destination can be reached; check this host's network, address and firewall"
            case .resolverDown:
                "the DNS resolver gives no answers; check dns.resolvers"
            case .ownRouteRefuses:
                "the configured next hop refuses this relay; check its credentials and its relay permissions"
            case .destinationPaused:
                "the destination keeps failing and is left alone for a while"
            }
        }
    }

    /// Whether it began or ended.
    public enum Change: Hashable, Sendable {
        /// It began.
        case opened
        /// It is over.
        case closed
    }
}

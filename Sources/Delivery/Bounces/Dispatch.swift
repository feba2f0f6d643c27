public import MailFormat

/// A recipient that left with a return-path of ours: kept after its message is done, so that a late report can join it.
public struct Dispatch: Hashable, Sendable {
    /// Which recipient of which message.
    public var recipient: RecipientID
    /// When it was relayed.
    public var at: Timestamp
    /// Its address.
    public var address: String
    /// The reverse-path that the message had before it got ours.
    public var sender: String
    /// What has become of it, as far as is known.
    public var outcome: Outcome
    /// Whose system took it: a provider by name, else the recipient's domain.
    public var provider: String

    /// What has become of a recipient that left us.
    public enum Outcome: UInt8, Hashable, Sendable {
        /// Another system took it.
        case relayed = 0
        /// A report says that it failed after that.
        case bounced = 1
        /// The recipient complained.
        case complained = 2
    }

    /// How long it is kept: as long as its return-path is good, and a week for what is under way then.
    public static let lifetime: Duration = .seconds((ReturnPathSigner.lifetimeDays + 7) * 86_400)

    /// Makes one.
    public init(
        recipient: RecipientID,
        at: Timestamp,
        address: String,
        sender: String,
        outcome: Outcome = .relayed,
        provider: String
    ) {
        self.recipient = recipient
        self.at = at
        self.address = address
        self.sender = sender
        self.outcome = outcome
        self.provider = provider
    }
}

import NIOConcurrencyHelpers
import SMTPTransport
import StatusCodes

/// What the sessions of one simulator share.
final class SimulatorDesk: Sendable {
    /// How often `defer-N` refused whom.
    let postponements = PostponementCounts()
    /// Keeps a message and gives the reply to its final dot.
    let taken: @Sendable (ReceivedMessage) -> Reply
    /// Writes what comes back by mail.
    let correspondence: Correspondence
    private let latestID = NIOLockedValueBox<Int64>(0)

    init(correspondence: Correspondence, taken: @escaping @Sendable (ReceivedMessage) -> Reply) {
        self.correspondence = correspondence
        self.taken = taken
    }

    /// A number for a message.
    func nextID() -> Int64 {
        latestID.withLockedValue { latest in
            latest += 1
            return latest
        }
    }
}

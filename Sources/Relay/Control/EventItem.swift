package import Delivery
package import MailFormat
import StatusCodes

/// Something that happened, as people and scripts see it.
package struct EventItem: Codable, Sendable {
    /// Its number: ascending, unique in the store.
    package var number: Int64
    /// When, in milliseconds since 1970.
    package var at: Int64
    /// What: `recipient.failed`, `recipient.expired`, `recipient.suppressed`, `recipient.bounced`,
    /// `recipient.complained`, `message.deleted`.
    package var name: String
    /// The message's queue id.
    package var message: String
    /// The recipient's address; nil for what happened to the whole message.
    package var recipient: String?
    /// Who did it; nil for what happened by itself.
    package var by: String?
    /// Why, in the words of who did it.
    package var reason: String?
    /// The attempt that decided it.
    package var attempt: QueueItem.Attempt?
}

extension EventItem {
    /// A stored event as people see it.
    package init(_ event: QueueEvent) {
        let isDeletion = event.kind == .messageDeleted
        self.init(
            number: event.number,
            at: event.at.milliseconds,
            name: Self.name(event),
            message: event.message.description,
            recipient: isDeletion ? nil : event.subject,
            by: isDeletion ? event.subject : nil,
            reason: event.reason,
            attempt: event.attempt.map(QueueItem.Attempt.init)
        )
    }

    /// A recipient that ends on a 4yz has expired: nothing else ends one (`docs/design/rulings.md` §1, expiry).
    private static func name(_ event: QueueEvent) -> String {
        switch event.kind {
        case .messageDeleted, .recipientBounced, .recipientComplained: event.kind.rawValue
        case .recipientFailed where event.attempt?.condition == Condition.recipientSuppressed.id: "recipient.suppressed"
        case .recipientFailed:
            event.attempt?.status.statusClass == .persistentTransientFailure ? "recipient.expired" : "recipient.failed"
        }
    }
}

/// Goes through what a store keeps of what happened, page by page, so that no reader holds the store for long.
package struct EventFeed {
    private let after: Int64
    private let since: Timestamp?

    /// Events with a number above `after`, and since an instant.
    package init(after: Int64, since: Timestamp?) {
        self.after = after
        self.since = since
    }

    /// Events read in one transaction.
    static let pageSize = 500

    /// Hands over each event in order.
    ///
    /// - Returns: The number of the last one looked at, handed over or not: where to go on.
    package func forEach(
        in reader: any QueueReader,
        _ body: (EventItem) async throws -> Void
    ) async throws -> Int64 {
        var position = after
        while true {
            let page = try reader.events(after: position, limit: Self.pageSize)
            for event in page where since.map({ event.at >= $0 }) ?? true { try await body(EventItem(event)) }
            position = page.last?.number ?? position
            guard page.count == Self.pageSize else { return position }
        }
    }
}

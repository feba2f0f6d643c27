/// One concrete situation of the registry, with the reply that reports it and its enhanced status code.
///
/// Several conditions may share a status. The named ones are generated from `Registry/conditions.csv`.
public struct Condition: Hashable, Sendable {
    let index: UInt16

    init(index: UInt16) { self.index = index }

    struct Row {
        let id: StaticString
        let reply: UInt16
        let statusClass: UInt8
        let subject: UInt16
        let detail: UInt16
        let place: Place
        let stage: StaticString
        let roles: StaticString
        let defaultOn: Bool
        let text: StaticString
    }

    /// Where a condition shows itself (column `where`).
    public enum Place: Hashable, Sendable {
        /// We say it to a client.
        case serverSession
        /// LMTP or mailbox delivery ends so.
        case localDelivery
        /// We conclude it as a client, or read it from a peer.
        case deliveryAgent
        /// It exists in reports and in the queue.
        case reportOnly
        /// Message tracking.
        case trackingStatus
    }

    private var row: Row { Self.table[Int(index)] }

    /// Every condition, in the order of the registry.
    public static var all: [Self] { table.indices.map { Self(index: UInt16($0)) } }

    /// Its stable name, `5.7.1-relay-denied`.
    public var id: String { row.id.description }
    /// The three digits that go with it.
    public var replyCode: ReplyCode { ReplyCode(unchecked: row.reply) }
    /// The enhanced status code; nil for greeting, EHLO and 3yz.
    public var status: EnhancedStatusCode? {
        let row = row
        guard let statusClass = StatusClass(rawValue: row.statusClass) else { return nil }
        return EnhancedStatusCode(statusClass, row.subject, row.detail)
    }
    /// Where it shows itself.
    public var place: Place { row.place }
    /// The text that a reply carries when the occasion has no better one.
    public var text: String { row.text.description }
}

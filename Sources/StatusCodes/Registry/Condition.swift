/// One concrete situation of the registry, with the reply that reports it and its enhanced status code.
///
/// Several conditions may share a status. The named ones are generated from `Registry/conditions.csv`. A condition is a
/// two-byte index into a static table: copying, comparing and asking it costs nothing that allocates.
public struct Condition: Hashable, Sendable {
    let index: UInt16

    init(index: UInt16) { self.index = index }

    /// The condition with a stable id, `5.7.1-relay-denied`; nil when there is none.
    public init?(id: String) {
        guard let index = Self.table.firstIndex(where: { $0.id == id }) else { return nil }
        self.index = UInt16(index)
    }

    struct Row: Sendable {
        let id: String
        let reply: UInt16
        let statusClass: UInt8
        let subject: UInt16
        let detail: UInt16
        let place: Place
        let stages: StageSet
        let roles: RoleSet
        let offRoles: RoleSet
        let isDefaultOn: Bool
        let text: String
        let wire: StaticString
    }

    /// Where a condition shows itself (column `where`).
    public enum Place: String, Hashable, Sendable, CaseIterable {
        /// We say it to a client.
        case serverSession = "server-session"
        /// LMTP or mailbox delivery ends so.
        case localDelivery = "local-delivery"
        /// We conclude it as a client, or read it from a peer.
        case deliveryAgent = "delivery-agent"
        /// It exists in reports and in the queue.
        case reportOnly = "dsn-only"
        /// Message tracking.
        case trackingStatus = "tracking-status"
    }

    private var row: Row { Self.table[Int(index)] }

    /// Every condition, in the order of the registry.
    public static var all: [Self] { table.indices.map { Self(index: UInt16($0)) } }

    /// Its stable name, `5.7.1-relay-denied`.
    public var id: String { row.id }
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
    /// At which stages it arises; every stage where the registry says `any`.
    public var stages: StageSet { row.stages }
    /// Which listeners show it; none where no listener is involved.
    public var roles: RoleSet { row.roles }
    /// Those of its roles that show it only when switched on.
    public var rolesWhenSwitchedOn: RoleSet { row.offRoles }
    /// Whether a fresh configuration shows it; others need the operator's word.
    public var isDefaultOn: Bool { row.isDefaultOn }
    /// The text that a reply carries when the occasion has no better one: printable ASCII, one line.
    public var text: String { row.text }
    /// The whole reply with that text as it goes over the wire, CRLF included, in static memory.
    public var wire: StaticString { row.wire }
}

extension Condition: CustomStringConvertible {
    /// The id.
    public var description: String { id }
}

/// What a listener is for (`listeners.role` of the configuration).
public enum Role: String, Hashable, Sendable, CaseIterable {
    /// Mail from other systems, port 25.
    case mx
    /// Mail from our users (RFC 6409).
    case submission
    /// Local delivery for another system (RFC 2033).
    case lmtp
    /// Mail on demand (RFC 2645).
    case odmr
}

/// A set of listener roles.
public struct RoleSet: OptionSet, Hashable, Sendable {
    /// One bit a role.
    public let rawValue: UInt8
    /// Makes a set from its bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// The set of one role.
    public init(_ role: Role) {
        switch role {
        case .mx: self = .mx
        case .submission: self = .submission
        case .lmtp: self = .lmtp
        case .odmr: self = .odmr
        }
    }
    /// Mail from other systems.
    public static let mx = Self(rawValue: 1)
    /// Mail from our users.
    public static let submission = Self(rawValue: 2)
    /// Local delivery.
    public static let lmtp = Self(rawValue: 4)
    /// Mail on demand.
    public static let odmr = Self(rawValue: 8)
    /// Every role.
    public static let all = Self(rawValue: 15)
}

/// Every reply that the server can send: `martlet selftest replies` prints it.
public enum ReplyCatalogue {
    /// One reply with its condition.
    public struct Entry: Hashable, Sendable {
        /// The situation.
        public let condition: Condition
        /// The line with the condition's own text, without CRLF.
        public let line: String
    }

    /// The replies in the order of the registry: all that a session says, and the ends of local delivery that LMTP says.
    public static var entries: [Entry] {
        Condition.all.filter(isSaid).map { condition in
            var bytes: [UInt8] = []
            Reply(condition).render(into: &bytes)
            return Entry(condition: condition, line: String(decoding: bytes.dropLast(2), as: UTF8.self))
        }
    }

    /// The catalogue as text, a line a reply: `5.7.1-relay-denied  550 5.7.1 Relaying is not permitted; …`.
    public static var lines: [String] {
        let entries = entries
        let width = entries.map(\.condition.id.utf8.count).max() ?? 0
        return entries.map { entry in
            let padding = String(repeating: " ", count: width - entry.condition.id.utf8.count)
            return "\(entry.condition.id)\(padding)  \(entry.line)"
        }
    }

    private static func isSaid(_ condition: Condition) -> Bool {
        condition.place == .serverSession || (condition.place == .localDelivery && condition.roles.contains(.lmtp))
    }
}

import Delivery
import MailFormat
import SMTPProtocol
import StatusCodes
import Testing

/// A queue in memory with the rules of `QueueStore` that the planner depends on: fences, states, claims.
struct VirtualQueue {
    struct Row {
        var state: RecipientState
        var attempts = 0
        var noticed = false
        var ignoresAge = false
        var last: AttemptRecord?
    }

    struct Entry {
        var message: DeliveryMessage
        var rows: [Int32: Row]
    }

    private(set) var entries: [MessageID: Entry] = [:]
    let fence: Int64

    init(fence: Int64) { self.fence = fence }

    var openRecipients: Int { entries.values.reduce(0) { $0 + $1.rows.count } }

    mutating func insert(_ message: DeliveryMessage, state: RecipientState) {
        let rows = message.envelope.recipients.indices.map { (Int32($0), Row(state: state)) }
        entries[message.id] = Entry(message: message, rows: Dictionary(uniqueKeysWithValues: rows))
    }

    mutating func delete(_ id: MessageID) { entries[id] = nil }

    /// Applies transitions; returns those that were ignored.
    mutating func apply(_ transitions: [RecipientTransition]) -> [RecipientID] {
        var ignored: [RecipientID] = []
        for transition in transitions {
            let id = transition.recipient
            guard var row = entries[id.message]?.rows[id.index], mayTouch(row, transition.fence) else {
                ignored.append(id)
                continue
            }
            if let attempt = transition.attempt {
                row.attempts += 1
                row.last = attempt
            }
            if transition.delayNoticeSent { row.noticed = true }
            row.ignoresAge = transition.ignoresAge
            switch transition.next {
            case .done: entries[id.message]?.rows[id.index] = nil
            case .state(let state):
                row.state = state
                entries[id.message]?.rows[id.index] = row
            }
            if entries[id.message]?.rows.isEmpty == true { entries[id.message] = nil }
        }
        return ignored
    }

    private func mayTouch(_ row: Row, _ fence: Int64?) -> Bool {
        guard let fence, case .leased(let lease) = row.state else { return true }
        return fence >= lease.fence
    }

    mutating func claimDue(now: Timestamp, lease: Lease, limit: Int) -> [QueuedMessage] {
        var due: [(at: Timestamp, id: MessageID, index: Int32)] = []
        for (id, entry) in entries {
            for (index, row) in entry.rows {
                if let at = Self.dueAt(row.state), at <= now { due.append((at, id, index)) }
            }
        }
        due.sort { ($0.at, $0.id, $0.index) < ($1.at, $1.id, $1.index) }
        var claimed: [MessageID: QueuedMessage] = [:]
        var order: [MessageID] = []
        for (_, id, index) in due.prefix(limit) {
            entries[id]?.rows[index]?.state = .leased(lease)
            guard let entry = entries[id], let row = entry.rows[index] else { continue }
            if claimed[id] == nil { order.append(id) }
            claimed[id, default: Self.queued(entry.message)].recipients.append(Self.queued(index, row))
        }
        return order.compactMap { claimed[$0] }
    }

    private static func dueAt(_ state: RecipientState) -> Timestamp? {
        switch state {
        case .leased(let lease): lease.until
        case .scheduled(let at): at
        case .held: nil
        }
    }

    static func queued(_ message: DeliveryMessage) -> QueuedMessage {
        QueuedMessage(
            id: message.id,
            arrival: message.arrival,
            envelope: message.envelope,
            byteCount: message.byteCount,
            origin: message.origin,
            recipients: []
        )
    }

    private static func queued(_ index: Int32, _ row: Row) -> QueuedRecipient {
        QueuedRecipient(
            index: index,
            state: row.state,
            attemptCount: row.attempts,
            delayNoticeSent: row.noticed,
            ignoresAge: row.ignoresAge,
            lastAttempt: row.last
        )
    }

    /// A message as `page` or `message` show it.
    func message(_ id: MessageID) -> QueuedMessage? {
        guard let entry = entries[id] else { return nil }
        var queued = Self.queued(entry.message)
        queued.recipients = entry.rows.sorted { $0.key < $1.key }.map { Self.queued($0.key, $0.value) }
        return queued
    }

    /// Messages behind an id, as the store shows them.
    func page(after: MessageID?, limit: Int) -> [QueuedMessage] {
        let ids = entries.keys.filter { id in after.map { id > $0 } ?? true }.sorted().prefix(limit)
        return ids.compactMap { message($0) }
    }

    func state(_ id: RecipientID) -> RecipientState? { entries[id.message]?.rows[id.index]?.state }

    var nextDue: Timestamp? {
        entries.values.flatMap { $0.rows.values }.compactMap { Self.dueAt($0.state) }.min()
    }
}

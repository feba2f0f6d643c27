internal import Delivery
internal import MailFormat

/// The statements that keep recipients for late reports.
struct DispatchStatements {
    let record: Statement
    let purge: Statement

    init(on connection: Connection) throws(StoreError) {
        record = try connection.prepare(
            """
            INSERT OR REPLACE INTO dispatch (message, idx, at, address, sender, outcome, provider)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            """
        )
        purge = try connection.prepare(
            """
            DELETE FROM dispatch WHERE (message, idx) IN
                (SELECT message, idx FROM dispatch WHERE at <= ?1 ORDER BY at LIMIT ?2)
            """
        )
    }
}

extension Writer {
    /// Old ones go at least as fast as new ones come, and never all at once.
    private static let leastPurged = 16

    /// Keeps recipients, and forgets those whose return-path is no good any more.
    func record(_ batch: [Dispatch]) throws(StoreError) {
        for dispatch in batch {
            try dispatches.record.bind(1, dispatch.recipient.message.rawValue)
            try dispatches.record.bind(2, Int64(dispatch.recipient.index))
            try dispatches.record.bind(3, dispatch.at.milliseconds)
            try dispatches.record.bind(4, text: dispatch.address)
            try dispatches.record.bind(5, text: dispatch.sender)
            try dispatches.record.bind(6, Int64(dispatch.outcome.rawValue))
            try dispatches.record.bind(7, text: dispatch.provider)
            try dispatches.record.run()
        }
        guard let latest = batch.map(\.at).max() else { return }
        try dispatches.purge.bind(1, latest.advanced(by: .zero - Dispatch.lifetime).milliseconds)
        try dispatches.purge.bind(2, Int64(max(Self.leastPurged, 2 * batch.count)))
        try dispatches.purge.run()
    }
}

import Delivery
import MailFormat

// What is done beside the mail: taking back what providers said by mistake, forgetting what does not matter any more.
extension SuppressionKeeper {
    /// Records that are looked at in one turn of the queue thread.
    private static let pageSize = 200
    /// From one look for what may be forgotten to the next.
    private static let sweepPause: Duration = .seconds(24 * 3600)
    /// The rest between two pages of such a look.
    private static let sweepRest: Duration = .milliseconds(50)

    /// When it wants to be asked for `upkeep`.
    var nextLook: Timestamp { retractions.isEmpty ? nextSweep : Timestamp(milliseconds: 0) }

    /// What is to be taken back or forgotten, a page at a time.
    mutating func upkeep(now: Timestamp) throws(StoreError) -> [SuppressionChange] {
        var changes: [SuppressionChange] = []
        if !retractions.isEmpty { changes += try retract() }
        if now >= nextSweep { changes += try sweep(now: now) }
        return changes
    }

    private mutating func retract() throws(StoreError) -> [SuppressionChange] {
        let pending = retractions[0]
        let page = try reader.sightings(
            since: pending.retraction.since,
            after: pending.position,
            limit: Self.pageSize
        )
        if page.count < Self.pageSize { retractions.removeFirst() } else { retractions[0].position = page.last }
        return page.compactMap { found in
            found.sighting.provider == pending.retraction.provider
                ? SuppressionChange(found.subject, .retracted(pending.retraction)) : nil
        }
    }

    private mutating func sweep(now: Timestamp) throws(StoreError) -> [SuppressionChange] {
        let page = try reader.suppressions(after: sweepPosition, limit: Self.pageSize)
        let isLast = page.count < Self.pageSize
        sweepPosition = isLast ? nil : page.last?.subject
        nextSweep = now.advanced(by: isLast ? Self.sweepPause : Self.sweepRest)
        return page.filter { $0.isSpent(at: now) }.map { SuppressionChange($0.subject, .swept(at: now)) }
    }
}

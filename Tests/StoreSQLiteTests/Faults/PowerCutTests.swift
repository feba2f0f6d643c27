import Delivery
import MailFormat
import StoreSQLite
import StoreTesting
import Testing

/// The power goes at every step of a history: what was acknowledged is there, what was not is there whole or not at all.
///
/// `kill -9` does not test fsync, for the page cache survives it; here everything that was not synchronised is lost.
@Suite struct PowerCutTests {
    /// What can be seen of a queue.
    private struct Snapshot: Equatable {
        var messages: [QueuedMessage]
        var contents: [[UInt8]]
        var events: [QueueEvent]

        init(_ queue: any QueueReader) throws {
            messages = try queue.page(after: nil, limit: .max)
            contents = try messages.map { try queue.content(of: $0.id).bytes() }
            events = try queue.events(after: 0, limit: .max)
        }
    }

    private enum Outcome: Equatable {
        /// The history ended before the power did.
        case noCut
        /// All that was acknowledged was there, nothing was half.
        case survived
        /// It was not.
        case lost
    }

    private func play(_ step: RandomHistory.Step, on store: any QueueStore) throws {
        switch step {
        case .write(let batch): _ = try store.write(batch)
        case .claim(let now, let lease, let limit): _ = try store.claimDue(now: now, lease: lease, limit: limit)
        case .restart(let now): _ = try store.recover(holder: 0, fence: try store.takeFence(holder: 0), now: now)
        }
    }

    /// Plays a history until the power goes, before the `count`-th change or at its end, and looks what is left.
    private func outcome(cutBefore count: Int, seed: UInt64, steps: Int, ignoringSyncs: Bool = false) throws -> Outcome
    {
        let layer = FaultLayer()
        let fixture = try SQLiteFixture(on: layer) {
            // Often enough that cuts fall into the copying of the log as well.
            $0.checkpointPages = 12
            $0.reserve = 0
        }
        if ignoringSyncs { layer.ignoreSyncs() }
        layer.cutPower(before: count, seed: seed)
        var history = RandomHistory(seed: 5)
        let model = MemoryStore()
        var before = try Snapshot(model)
        for _ in 0..<steps where !layer.isOff {
            before = try Snapshot(model)
            let step = history.next()
            do { try play(step, on: fixture.store) } catch { #expect(layer.isOff, "\(error)") }
            try play(step, on: model)
        }
        guard layer.isOff || ignoringSyncs else { return .noCut }
        layer.cutPower(seed: seed)
        let after = try Snapshot(model)
        do {
            try fixture.reopenOnSystem()
            let left = try Snapshot(fixture.store)
            guard left == before || left == after else { return .lost }
            return try fixture.store.check() == [] ? .survived : .lost
        } catch let error as StoreError where error.code == .unusable {
            return .lost
        }
    }

    @Test(arguments: 0..<8)
    func `nothing acknowledged is lost, at whatever write the power goes`(slice: Int) throws {
        var cuts = 0
        history: for count in stride(from: slice + 1, through: 1000, by: 8) {
            // 0: nothing unsynchronised arrived; else some of it did, in parts.
            for seed in [0, UInt64(count)] {
                switch try outcome(cutBefore: count, seed: seed, steps: 10) {
                case .noCut: break history
                case .survived: cuts += 1
                case .lost: Issue.record("lost by a cut before change \(count), seed \(seed)")
                }
            }
        }
        #expect(cuts > 10, "the history was long enough for the cuts")
    }

    @Test func `the same look finds the loss where fsync does nothing`() throws {
        #expect(try outcome(cutBefore: 0, seed: 0, steps: 12, ignoringSyncs: true) == .lost)
        #expect(try outcome(cutBefore: 150, seed: 0, steps: 12, ignoringSyncs: true) == .lost)
    }
}

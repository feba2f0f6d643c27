import Delivery
import Foundation
import MailFormat
import StoreSQLite
import StoreTesting
import Synchronization
import Testing

/// Full disks, failing disks, torn writes (`docs/design/rulings.md` §4).
@Suite struct FaultTests {
    private let layer: FaultLayer
    private let fixture: SQLiteFixture
    private var store: SQLiteStore { fixture.sqlite }

    init() throws {
        let layer = FaultLayer()
        self.layer = layer
        fixture = try SQLiteFixture(on: layer)
    }

    private func expect(_ code: StoreError.Code, _ body: () throws -> Void) {
        let error = #expect(throws: StoreError.self) { try body() }
        #expect(error?.code == code, "\(error?.detail ?? "")")
    }

    @Test(arguments: [FaultLayer.Operation.sync, .write])
    func `after an I/O error nothing more is done, even when the disk works again`(
        _ operation: FaultLayer.Operation
    ) throws {
        _ = try store.write(.submitting(Samples.submission(1)))
        layer.fail(operation, .inputOutput)
        expect(.inputOutput) { _ = try store.write(.submitting(Samples.submission(2))) }
        layer.heal()
        expect(.inputOutput) { _ = try store.write(.submitting(Samples.submission(3))) }
        expect(.inputOutput) { _ = try store.claimDue(now: Samples.start, lease: Samples.lease(), limit: 1) }
        expect(.inputOutput) { _ = try store.page(after: nil, limit: 1) }
        try fixture.reopenOnSystem()
        #expect(try store.content(of: Samples.id(1)).bytes() == Samples.content(1))
        #expect(try store.message(Samples.id(3)) == nil)
        #expect(try store.check() == [])
    }

    @Test func `a failed fsync is an I/O error though it says that there is no space`() throws {
        layer.fail(.sync, .noSpace)
        expect(.inputOutput) { _ = try store.write(.submitting(Samples.submission(1))) }
        expect(.inputOutput) { _ = try store.write(.submitting(Samples.submission(2))) }
    }

    @Test func `a file system that becomes read-only is an I/O error`() throws {
        layer.fail(.write, .readOnly)
        expect(.inputOutput) { _ = try store.write(.submitting(Samples.submission(1))) }
        expect(.inputOutput) { _ = try store.message(Samples.id(1)) }
    }

    @Test func `a read error ends all work`() throws {
        _ = try store.write(.submitting(Samples.submission(1, byteCount: 60_000)))
        try fixture.reopen()
        layer.fail(.read, .inputOutput, repeatedly: true)
        expect(.inputOutput) { _ = try store.content(of: Samples.id(1)) }
        layer.heal()
        expect(.inputOutput) { _ = try store.write(.submitting(Samples.submission(2))) }
    }

    @Test func `a torn write loses nothing that was acknowledged`() throws {
        _ = try store.write(.submitting(Samples.submission(1, byteCount: 20_000)))
        layer.fail(.write, .torn, after: 3)
        expect(.inputOutput) { _ = try store.write(.submitting(Samples.submission(2, byteCount: 20_000))) }
        try fixture.reopenOnSystem()
        #expect(try store.content(of: Samples.id(1)).bytes() == Samples.content(1, byteCount: 20_000))
        #expect(try store.page(after: nil, limit: 9).map(\.id) == [Samples.id(1)])
        #expect(try store.check() == [])
    }

    @Test func `a full disk refuses the batch whole, at whatever write it is found out, and recovers by itself`() throws
    {
        _ = try store.write(.submitting(Samples.submission(1)))
        let batch = StoreWrite.submitting(
            Samples.submission(2, byteCount: 30_000),
            Samples.submission(3, recipients: 40)
        )
        var refusals = 0
        for count in 1... {
            layer.fail(.write, .noSpace, after: count, repeatedly: true)
            let result = Result { try store.write(batch) }
            layer.heal()
            if case .success = result { break }
            refusals += 1
            let error = #expect(throws: StoreError.self) { try result.get() }
            #expect(error?.code == .full)
            #expect(try store.page(after: nil, limit: 9).map(\.id) == [Samples.id(1)])
            #expect(try store.nextDue() == Samples.lease().until)
        }
        #expect(refusals > 5, "each page of the batch was refused once")
        #expect(try store.check() == [])
        #expect(try store.content(of: Samples.id(2)).bytes() == Samples.content(2, byteCount: 30_000))
        try fixture.reopenOnSystem()
        #expect(try store.page(after: nil, limit: 9).map(\.id) == (1...3).map(Samples.id))
    }

    private func reserved() throws -> Int {
        let reserve = "\(fixture.configuration.directory)/reserve"
        return try #require(try FileManager.default.attributesOfItem(atPath: reserve)[.size] as? Int)
    }

    @Test func `a run begins in the reserve where there is no other space, and not without it`() throws {
        _ = try store.write(.submitting(Samples.submission(1)))
        layer.fail(.write, .noSpace)
        let fence = try store.takeFence(holder: 0)
        #expect(try reserved() == 0)
        layer.fail(.write, .noSpace, repeatedly: true)
        expect(.full) { _ = try store.takeFence(holder: 0) }
        expect(.full) { _ = try store.recover(holder: 0, fence: fence + 1, now: Samples.start) }
        layer.heal()
        #expect(try store.takeFence(holder: 0) == fence + 1)
        #expect(try store.check() == [])
    }

    @Test func `an outcome that finds no space is stored in the reserve`() throws {
        _ = try store.write(.submitting(Samples.submission(1), Samples.submission(2)))
        #expect(try reserved() == 1 << 20)
        layer.fail(.write, .noSpace)
        #expect(try store.write(.moving(.done(1))).completed == [Samples.id(1)])
        #expect(try reserved() == 0)
        #expect(try store.message(Samples.id(1)) == nil)
        // There is space again: the next submission grows it first.
        _ = try store.write(.submitting(Samples.submission(3)))
        #expect(try reserved() == 1 << 20)
    }

    @Test func `a report is stored with its outcome in the reserve, where other mail is refused`() throws {
        _ = try store.write(.submitting(Samples.submission(1), Samples.submission(2)))
        var batch = StoreWrite.submitting(Samples.submission(3))
        batch.transitions = [.done(1, attempt: Samples.failure())]
        layer.fail(.write, .noSpace)
        expect(.full) { _ = try store.write(batch) }
        #expect(try store.message(Samples.id(1)) != nil)
        batch.submissions[0].origin = Origin(kind: .report)
        layer.fail(.write, .noSpace)
        #expect(try store.write(batch).completed == [Samples.id(1)])
        #expect(try store.content(of: Samples.id(3)).bytes() == Samples.content(3))
    }

    @Test func `an outcome is refused when the reserve does not help, and nothing of it is written`() throws {
        _ = try store.write(.submitting(Samples.submission(1)))
        layer.fail(.write, .noSpace, repeatedly: true)
        expect(.full) { _ = try store.write(.moving(.done(1))) }
        layer.heal()
        #expect(try store.message(Samples.id(1))?.recipients.count == 1)
        #expect(try store.write(.moving(.done(1))).completed == [Samples.id(1)])
    }

    @Test func `every commit is synchronised before it is acknowledged`() throws {
        for isIgnored in [false, true] {
            let layer = FaultLayer()
            let unsynced = Mutex<[Int]>([])
            let fixture = try SQLiteFixture(on: layer) {
                $0.checkpointPages = 10
                $0.committed = { _ in unsynced.withLock { $0.append(layer.unsyncedLog) } }
            }
            if isIgnored { layer.ignoreSyncs() }
            for number in 0..<20 { _ = try fixture.store.write(.submitting(Samples.submission(number))) }
            let seen = unsynced.withLock { $0 }
            #expect(seen.count == 20)
            // The twin: where fsync does nothing, this very look finds it out.
            #expect(seen.allSatisfy { $0 == 0 } == !isIgnored)
            fixture.close()
        }
    }

    @Test func `the commit hook names the messages of its batch`() throws {
        let seen = Mutex<[[MessageID]]>([])
        let fixture = try SQLiteFixture { $0.committed = { ids in seen.withLock { $0.append(ids) } } }
        _ = try fixture.store.write(.submitting(Samples.submission(1), Samples.submission(2)))
        _ = try fixture.store.write(.moving(.done(1)))
        #expect(seen.withLock { $0 } == [[Samples.id(1), Samples.id(2)]])
    }
}

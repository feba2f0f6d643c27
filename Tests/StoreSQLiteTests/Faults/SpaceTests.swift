import Delivery
import Foundation
import MailFormat
import StoreSQLite
import StoreTesting
import Synchronization
import Testing

/// Space that is kept free, without a fault below.
@Suite struct SpaceTests {
    @Test func `a message is refused while less than the minimum is free, and taken when there is more`() throws {
        let space = Space()
        let fixture = try SQLiteFixture { $0.calls = space.calls }
        _ = try fixture.store.write(.submitting(Samples.submission(1)))
        space.set(free: Int64(fixture.configuration.minimumFree))
        let error = #expect(throws: StoreError.self) { try fixture.store.write(.submitting(Samples.submission(2))) }
        #expect(error?.code == .full)
        #expect(try fixture.store.message(Samples.id(2)) == nil)
        // Outcomes go on.
        #expect(try fixture.store.write(.moving(.done(1))).completed == [Samples.id(1)])
        space.set(free: Int64(fixture.configuration.minimumFree) + 1 << 20)
        _ = try fixture.store.write(.submitting(Samples.submission(2)))
        #expect(try fixture.store.message(Samples.id(2)) != nil)
    }

    @Test func `no delivery starts and no message is taken while the reserve cannot be had`() throws {
        let space = Space()
        space.set(canAllocate: false)
        let fixture = try SQLiteFixture { $0.calls = space.calls }
        space.set(canAllocate: true)
        _ = try fixture.store.write(.submitting(Samples.submission(1, state: Samples.due(0))))
        try fixture.reopen()
        space.set(canAllocate: false)
        try fixture.reopen()
        let claim = { try fixture.store.claimDue(now: Samples.start, lease: Samples.lease(), limit: 5) }
        #expect(throws: StoreError.self) { try claim() }
        #expect(throws: StoreError.self) { try fixture.store.write(.submitting(Samples.submission(2))) }
        #expect(try fixture.store.message(Samples.id(1))?.recipients.map(\.state) == [Samples.due(0)])
        space.set(canAllocate: true)
        #expect(try claim().map(\.id) == [Samples.id(1)])
    }
}

/// A file system whose free space a test sets.
final class Space: Sendable {
    private let state = Mutex((free: Int64(1) << 40, canAllocate: true))

    func set(free: Int64) { state.withLock { $0.free = free } }
    func set(canAllocate: Bool) { state.withLock { $0.canAllocate = canAllocate } }

    var calls: SystemCalls {
        var calls = SystemCalls.system
        let allocate = calls.allocate
        calls.freeBytes = { [self] _ in state.withLock { $0.free } }
        calls.allocate = { [self] in state.withLock { $0.canAllocate } ? allocate($0, $1) : ENOSPC }
        return calls
    }
}

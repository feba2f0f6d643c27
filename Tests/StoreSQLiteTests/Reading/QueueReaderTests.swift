import Delivery
import Foundation
import MailFormat
import StoreSQLite
import StoreTesting
import Testing

/// `queue list`, `show` and `why` beside the service, and without it.
@Suite struct QueueReaderTests {
    private let fixture: SQLiteFixture

    init() throws {
        fixture = try SQLiteFixture()
        let batch = StoreWrite.submitting(
            Samples.submission(1, recipients: 2),
            Samples.submission(2, state: Samples.due(60))
        )
        _ = try fixture.store.write(batch)
        _ = try fixture.store.write(.moving(.to(Samples.due(9), 1, 1, attempt: Samples.deferral(3))))
    }

    @Test func `a reader beside the service sees what is committed`() throws {
        let reader = try SQLiteQueueReader(path: fixture.configuration.directory)
        #expect(try reader.page(after: nil, limit: 9) == fixture.store.page(after: nil, limit: 9))
        #expect(try reader.message(Samples.id(1)) == fixture.store.message(Samples.id(1)))
        #expect(try reader.content(of: Samples.id(2)).bytes() == Samples.content(2))
        _ = try fixture.store.write(.moving(.done(2, fence: nil)))
        #expect(try reader.page(after: nil, limit: 9).map(\.id) == [Samples.id(1)])
        #expect(try reader.check() == [])
    }

    @Test func `a reader works while the service is down`() throws {
        let expected = try fixture.store.page(after: nil, limit: 9)
        fixture.close()
        let reader = try SQLiteQueueReader(path: fixture.configuration.directory)
        #expect(try reader.page(after: nil, limit: 9) == expected)
        #expect(expected.map(\.id) == [Samples.id(1), Samples.id(2)])
        #expect(try reader.message(Samples.id(1))?.recipients.last?.attempts == [Samples.deferral(3)])
    }

    @Test func `a reader does not keep the service from starting`() throws {
        fixture.close()
        let reader = try SQLiteQueueReader(path: fixture.configuration.directory)
        try fixture.reopen()
        _ = try fixture.store.write(.deleting(Samples.id(1)))
        #expect(try reader.message(Samples.id(1)) == nil)
        #expect(try reader.events(after: 0, limit: 9).map(\.kind) == [.messageDeleted])
    }

    @Test func `there is nothing to read where there is no queue`() throws {
        let error = #expect(throws: StoreError.self) { try SQLiteQueueReader(path: fixture.scratch.path) }
        #expect(error?.code == .unusable)
    }
}

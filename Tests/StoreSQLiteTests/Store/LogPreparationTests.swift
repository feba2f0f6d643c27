import Delivery
import Foundation
import MailFormat
import StoreSQLite
import StoreTesting
import Testing

/// A log that has its length from the start.
@Suite struct LogPreparationTests {
    /// Pages of the log; with their headers a little more than 1 MiB, the portion that is made durable at a time.
    private static let pages = 300
    private static let byteCount = LogPreparation.byteCount(pages: pages, of: 4096)

    private let space = Space()
    private let fixture: SQLiteFixture
    private var log: String { "\(fixture.configuration.directory)/queue.db-wal" }

    init() throws {
        let calls = space.calls
        fixture = try SQLiteFixture {
            $0.checkpointPages = Self.pages
            $0.calls = calls
        }
    }

    private func length(_ path: String) throws -> Int {
        try #require(FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
    }

    /// What the next process finds when this one is killed now.
    private func messagesAfterKill() throws -> [MessageID] {
        let copy = try ScratchDirectory()
        for name in ["queue.db", "queue.db-wal"] {
            try FileManager.default.copyItem(
                atPath: "\(fixture.configuration.directory)/\(name)",
                toPath: "\(copy.path)/\(name)"
            )
        }
        let store = try SQLiteStore(path: copy.path)
        #expect(try store.check() == [])
        return try store.page(after: nil, limit: .max).map(\.id)
    }

    @Test func `the log gets its length and keeps it through checkpoints, and nothing in it is lost`() throws {
        _ = try fixture.store.write(.submitting(Samples.submission(1)))
        let before = try length(log)
        while fixture.sqlite.lengthenLog() {}
        #expect(before < Self.byteCount)
        #expect(try length(log) == Self.byteCount)
        #expect(try messagesAfterKill() == [Samples.id(1)])
        // Each takes some pages: the log is written from its beginning again a few times.
        for number in 2...400 { _ = try fixture.store.write(.submitting(Samples.submission(number))) }
        #expect(try length(log) < 2 * Self.byteCount)
        #expect(try messagesAfterKill() == (1...400).map { Samples.id($0) })
    }

    @Test func `it grows by pieces, and says when it is done`() throws {
        let before = try length(log)
        #expect(fixture.sqlite.lengthenLog())
        #expect(try length(log) == before + 1 << 20)
        #expect(!fixture.sqlite.lengthenLog())
        #expect(!fixture.sqlite.lengthenLog())
        #expect(try length(log) == Self.byteCount)
    }

    @Test func `what is committed while the log is made longer is all there`() async throws {
        let sqlite = fixture.sqlite
        async let prepared: Void = Task.detached { while sqlite.lengthenLog() {} }.value
        for number in 1...100 { _ = try sqlite.write(.submitting(Samples.submission(number))) }
        await prepared
        #expect(try length(log) >= Self.byteCount)
        #expect(try messagesAfterKill() == (1...100).map { Samples.id($0) })
    }

    @Test func `a log that was made long is found again by the next run`() throws {
        while fixture.sqlite.lengthenLog() {}
        _ = try fixture.store.write(.submitting(Samples.submission(1)))
        try fixture.reopen()
        #expect(try fixture.store.message(Samples.id(1)) != nil)
    }

    @Test func `the log takes no space that mail may need`() throws {
        let before = try length(log)
        space.set(free: Int64(Self.byteCount + 2 * fixture.configuration.minimumFree - 1))
        while fixture.sqlite.lengthenLog() {}
        #expect(try length(log) == before)
        space.set(free: Int64(Self.byteCount + 2 * fixture.configuration.minimumFree))
        while fixture.sqlite.lengthenLog() {}
        #expect(try length(log) == Self.byteCount)
    }

    @Test func `a disk that becomes full meanwhile leaves a shorter log, and the queue goes on`() throws {
        let fixture = try SQLiteFixture {
            $0.checkpointPages = Self.pages
            $0.calls.write = { _, _ in -1 }
        }
        while fixture.sqlite.lengthenLog() {}
        #expect(try length("\(fixture.configuration.directory)/queue.db-wal") < Self.byteCount)
        _ = try fixture.store.write(.submitting(Samples.submission(1)))
        #expect(try fixture.store.message(Samples.id(1)) != nil)
    }
}

import Delivery
import Foundation
import MailFormat
import StoreSQLite
import StoreTesting
import Testing

@Suite struct OpeningTests {
    private let fixture: SQLiteFixture
    private var database: String { "\(fixture.configuration.directory)/queue.db" }

    init() throws { fixture = try SQLiteFixture() }

    /// Runs SQL on the closed queue.
    private func execute(_ sql: String) throws { try Connection(path: database, mode: .readWrite).execute(sql) }

    private func expectUnusable(_ words: String) {
        let error = #expect(throws: StoreError.self) { try fixture.reopen() }
        #expect(error?.code == .unusable)
        #expect(error?.detail.contains(words) == true, "\(error?.detail ?? "")")
    }

    @Test func `a second process is told that the queue is in use, and the first goes on`() throws {
        let error = #expect(throws: StoreError.self) { try SQLiteStore(fixture.configuration) }
        #expect(error?.code == .unusable)
        #expect(error?.detail.contains("in use by another process") == true)
        _ = try fixture.store.write(.submitting(Samples.submission(1)))
        #expect(try fixture.store.message(Samples.id(1)) != nil)
    }

    @Test func `the lock goes with the store`() throws {
        fixture.close()
        let next = try SQLiteStore(fixture.configuration)
        #expect(try next.page(after: nil, limit: 1).isEmpty)
    }

    @Test func `a queue of a newer version is refused, and left as it is`() throws {
        fixture.close()
        try execute("PRAGMA user_version = 999")
        expectUnusable("newer Martlet")
        #expect(try Connection(path: database, mode: .readOnly).integer("PRAGMA user_version") == 999)
    }

    @Test func `a queue without reasons of deletions gets them, and keeps what it has`() throws {
        _ = try fixture.store.write(.submitting(Samples.submission(1)))
        _ = try fixture.store.write(.deleting(Samples.id(1)))
        _ = try fixture.store.write(.submitting(Samples.submission(2)))
        fixture.close()
        try execute("ALTER TABLE event DROP COLUMN reason; \(Self.withoutLists); PRAGMA user_version = 1")
        try fixture.reopen()
        _ = try fixture.store.write(.deleting(Samples.id(2)))
        let events = try fixture.store.events(after: 0, limit: 10)
        #expect(events.map(\.message) == [Samples.id(1), Samples.id(2)])
        #expect(events.map(\.subject) == ["root", "root"])
        #expect(events.map(\.reason) == [nil, "spam"])
    }

    /// Takes away what the third and fourth step bring.
    private static let withoutLists = "DROP TABLE suppression; DROP TABLE sighting; DROP TABLE dispatch"

    @Test func `a queue without a suppression list gets one, and keeps what it has`() throws {
        _ = try fixture.store.write(.submitting(Samples.submission(1)))
        fixture.close()
        try execute("\(Self.withoutLists); PRAGMA user_version = 2")
        try fixture.reopen()
        let subject = Samples.subject(1)
        _ = try fixture.store.write(.listing(SuppressionChange(subject, .listed(Samples.entry()))))
        #expect(try fixture.store.suppression(of: subject)?.entry == Samples.entry())
        #expect(try fixture.store.message(Samples.id(1)) != nil)
        #expect(try fixture.store.check().isEmpty)
    }

    @Test func `another program's database is refused`() throws {
        fixture.close()
        try execute("PRAGMA application_id = 7")
        expectUnusable("not a queue of Martlet")
    }

    @Test func `a file that is no database is refused`() throws {
        fixture.close()
        try Data(repeating: 0x41, count: 8192).write(to: URL(fileURLWithPath: database))
        for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: database + suffix) }
        expectUnusable("not a database")
    }

    @Test func `the settings that durability rests on are set`() throws {
        #expect(try Connection(path: database, mode: .readOnly).integer("PRAGMA page_size") == 4096)
        fixture.close()
        let header = try Data(contentsOf: URL(fileURLWithPath: database)).prefix(100)
        // Bytes 18 and 19 of the header: 2 is write-ahead logging.
        #expect(header[18] == 2 && header[19] == 2)
        #expect(try Connection(path: database, mode: .readOnly).integer("PRAGMA auto_vacuum") == 0)
    }

    @Test func `a directory that cannot be made is an error with its reason`() throws {
        let path = "\(fixture.scratch.path)/missing/queue"
        let error = #expect(throws: StoreError.self) { try SQLiteStore(path: path) }
        #expect(error?.code == .inputOutput)
        #expect(error?.detail.contains("No such file") == true)
    }

    @Test func `only the owner and the group may enter the queue`() throws {
        let attributes = try FileManager.default.attributesOfItem(atPath: fixture.configuration.directory)
        let mode = try #require(attributes[.posixPermissions] as? Int)
        #expect(mode & 0o007 == 0)
    }
}

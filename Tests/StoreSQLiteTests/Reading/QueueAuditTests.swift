import Delivery
import MailFormat
import StoreSQLite
import StoreTesting
import Testing

/// `queue check` finds each kind of damage: an audit that finds nothing is worth nothing unless it can.
@Suite struct QueueAuditTests {
    @Test(arguments: [
        ("DELETE FROM recipient WHERE message = ID", "is there though all its recipients are done"),
        ("DELETE FROM message WHERE id = ID", "has recipients but is not there"),
        ("UPDATE message SET content = NULL", "has no content, or two"),
        ("UPDATE message SET spool = 'x'", "has no content, or two"),
        ("UPDATE message SET size = size + 1", "has content of another size than recorded"),
        (
            "PRAGMA ignore_check_constraints = 1; UPDATE recipient SET state = 3",
            "neither leased nor scheduled nor held"
        ),
        ("UPDATE recipient SET fence = 0", "leased without a fence"),
        ("UPDATE recipient SET state = 2", "held by nobody"),
        ("UPDATE recipient SET hold_by = 'a', hold_reason = 'b'", "a hold that is none"),
        ("UPDATE recipient SET idx = 9 WHERE idx = 1", "that is not in its envelope"),
        ("UPDATE recipient SET attempts = -1", "with a negative number"),
        ("UPDATE attempt SET idx = 7", "has attempts of a recipient that is done"),
        ("UPDATE message SET envelope = x'0102'", "has an envelope that cannot be read"),
    ])
    func `damage is named`(_ sql: String, _ words: String) throws {
        let fixture = try SQLiteFixture()
        _ = try fixture.store.write(.submitting(Samples.submission(1, recipients: 2)))
        _ = try fixture.store.write(.moving(.to(.leased(Samples.lease()), 1, attempt: Samples.deferral(1))))
        #expect(try fixture.store.check() == [])
        let connection = try Connection(path: "\(fixture.configuration.directory)/queue.db", mode: .readWrite)
        try connection.execute(sql.replacing("ID", with: String(Samples.id(1).rawValue)))
        let violations = try fixture.store.check()
        #expect(violations.contains { $0.contains(words) }, "\(violations)")
        #expect(violations.contains { $0.contains(Samples.id(1).description) })
    }
}

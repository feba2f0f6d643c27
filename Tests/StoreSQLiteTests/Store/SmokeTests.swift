import Delivery
import MailFormat
import SMTPProtocol
import StoreSQLite
import StoreTesting
import Testing

@Test func `smoke`() throws {
    let d = try ScratchDirectory()
    let store = try SQLiteStore(path: d.path + "/q")
    #expect(try store.takeFence(holder: 0) == 1)
    #expect(try store.takeFence(holder: 0) == 2)
    _ = try store.write(.submitting(Samples.submission(1), Samples.submission(2, recipients: 3, state: Samples.due(5))))
    #expect(try store.nextDue() == Samples.start.advanced(by: .seconds(5)))
    let page = try store.page(after: nil, limit: 10)
    #expect(page.count == 2 && page[1].recipients.count == 3 && page[0].envelope == Samples.envelope())
    let claimed = try store.claimDue(
        now: Samples.start.advanced(by: .seconds(5)),
        lease: Samples.lease(fence: 2),
        limit: 2
    )
    #expect(claimed.count == 1 && claimed[0].recipients.count == 2)
    let r = try store.write(.moving(RecipientTransition(recipient: Samples.recipient(1), fence: 1, next: .done)))
    #expect(r.completed == [Samples.id(1)])
    #expect(try store.check() == [])
    #expect(try store.message(Samples.id(1)) == nil)
}

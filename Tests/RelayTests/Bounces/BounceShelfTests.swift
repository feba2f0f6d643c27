import Delivery
import MailFormat
import SMTPTransport
import StoreTesting
import Testing

@testable import Relay

/// How much mail to return-paths may wait for a person.
@Suite struct `Bounce shelf` {
    private let store = MemoryStore()
    private let file = LogFile()
    private let shelf = BounceShelf(limit: 2)
    private static let now = Timestamp(seconds: 1_800_000_000)
    private static let signer = ReturnPathSigner(
        domain: "bounces.test",
        keys: [Array("a key of many octets".utf8)],
        primitives: CryptoPrimitives()
    )

    /// Whether mail is taken to the feedback address, to an old return-path, and to one of today.
    private func taken() throws -> [Bool] {
        let addresses = BounceAddresses(signer: Self.signer, feedback: "fbl")
        let recipient = RecipientID(message: Mail.id(1), index: 0)
        let path = try #require(Self.signer.returnPath(of: recipient, at: Self.now))
        let old = try #require(Self.signer.returnPath(of: recipient, at: Self.now.advanced(by: .seconds(-31 * 86_400))))
        return try ["fbl@bounces.test", old, path].map { address in
            shelf.takes(try #require(addresses.kind(of: address, at: Self.now)))
        }
    }

    /// A hold of a message by somebody.
    private static func hold(_ number: Int, by holder: String) -> RecipientTransition {
        let hold = Hold(by: holder, reason: "it is no report", since: now, reviewAt: nil)
        return RecipientTransition(
            recipient: RecipientID(message: Mail.id(number), index: 0),
            fence: nil,
            next: .state(.held(hold))
        )
    }

    private func putAside(_ numbers: Range<Int>, by holder: String = DeliveryPlanner.bounceIntake) throws {
        var batch = StoreWrite()
        batch.submissions = numbers.map { Mail.submission($0, at: Self.now) }
        batch.transitions = numbers.map { Self.hold($0, by: holder) }
        _ = try store.write(batch)
        shelf.committed(batch.transitions)
    }

    private func look(_ seconds: Int64 = 0) throws {
        try shelf.lookAfter(store, now: Self.now.advanced(by: .seconds(seconds)), log: file.log)
    }

    @Test func `beyond the limit nothing is taken that anybody can send, and the reports of today find room`() throws {
        try putAside(1..<2)
        #expect(try taken() == [true, true, true])
        try putAside(2..<3)
        #expect(try taken() == [false, false, true])
        try putAside(3..<5)
        #expect(try taken() == [false, false, false])
    }

    @Test func `what others hold does not count`() throws {
        try putAside(1..<5, by: "operator")
        #expect(shelf.count == 0)
        try shelf.count(in: store)
        #expect(shelf.count == 0)
    }

    @Test func `it is told once, and what a person has dealt with makes room again`() throws {
        try putAside(1..<3)
        try look()
        try look(61)
        #expect(try file.events() == ["bounces.full"])
        var batch = StoreWrite()
        batch.deletions = [Deletion(message: Mail.id(1), by: "anna", reason: "seen", at: Self.now)]
        _ = try store.write(batch)
        // All recipients are counted once in a minute, not for every mail.
        try look(62)
        #expect(!shelf.takes(.feedback))
        try look(122)
        #expect(shelf.takes(.feedback))
        try look(200)
        #expect(try file.events() == ["bounces.full", "bounces.recovered"])
    }

    @Test func `what was dealt with before the limit is reached is no reason to say that it is full`() throws {
        try putAside(1..<2)
        var batch = StoreWrite()
        batch.deletions = [Deletion(message: Mail.id(1), by: "anna", reason: "seen", at: Self.now)]
        _ = try store.write(batch)
        try putAside(2..<3)
        try look()
        #expect(shelf.count == 1 && shelf.takes(.feedback))
        #expect(try file.events().isEmpty)
    }
}

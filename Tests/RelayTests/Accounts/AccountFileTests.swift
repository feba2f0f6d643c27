import Foundation
import MailFormat
import Relay
import SMTPProtocol
import SMTPTransport
import Testing

/// A folder that goes when the test ends.
final class AccountFolder {
    let path: String
    var file: AccountFile { AccountFile(path: "\(path)/accounts") }

    init() throws {
        path = NSTemporaryDirectory() + "/martlet-accounts-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func makeAccount(_ name: String, _ password: String = "secret") throws -> Account {
        try #require(
            try Account.make(
                name: name,
                password: Array(password.utf8),
                now: Timestamp(seconds: 1_700_000_000),
                cost: .low,
                primitives: CryptoPrimitives(),
                salt: Array("saltsaltsaltsalt".utf8)
            )
        )
    }

    func add(_ account: Account) throws { try file.update { $0[account.name] = account } }
}

@Suite struct AccountFileTests {
    @Test func `Accounts come back as they were written`() throws {
        let folder = try AccountFolder()
        var account = try folder.makeAccount("alice@example.net")
        account.isDisabled = true
        account.demandsSCRAM = true
        account.senders = ["@example.net", "bob@example.org"]
        try folder.add(account)
        try folder.add(try folder.makeAccount("bob"))
        let book = try folder.file.read()
        #expect(book["ALICE@example.net"] == account)
        #expect(book.all.map(\.name) == ["alice@example.net", "bob"])
        #expect(try folder.file.read().secret == book.secret)
        #expect(book.secret.count == 32)
    }

    @Test func `The file is for its owner alone, and nothing is left beside it`() throws {
        let folder = try AccountFolder()
        try folder.add(try folder.makeAccount("alice"))
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.file.path)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(names == ["accounts", "accounts.lock"])
    }

    @Test func `An absent file is an empty book`() throws {
        let folder = try AccountFolder()
        #expect(try folder.file.read().all.isEmpty)
        try folder.file.update { $0["nobody"] = nil }
        #expect(try folder.file.read().all.isEmpty)
    }

    @Test(
        arguments: [
            ("{}\n", "line 1"), ("{\"format\":2,\"secret\":\"AAAA\"}\n", "line 1"), ("nonsense", "line 1"),
            ("{\"format\":1,\"secret\":\"AAAA\"}\n{\"name\":\"alice\"}\n", "line 2"),
            (
                "{\"format\":1,\"secret\":\"AAAA\"}\n"
                    + "{\"name\":\"a\",\"password\":\"plain\",\"created\":1,\"password_set\":1}\n", "line 2"
            ),
            (
                "{\"format\":1,\"secret\":\"AAAA\"}\n"
                    + "{\"name\":\"a\",\"password\":\"$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$AAAA\",\"created\":1,"
                    + "\"password_set\":1,\"scram\":{\"salt\":\"AA==\",\"iterations\":1,\"stored_key\":\"\",\"server_key\":\"\"}}\n",
                "line 2"
            ),
        ])
    func `A broken file is told by its line, and is not overwritten`(text: String, line: String) throws {
        let folder = try AccountFolder()
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder.file.path))
        let failure = #expect(throws: AccountFile.Failure.self) { try folder.file.read() }
        #expect(failure?.description.contains(line) == true)
        let account = try folder.makeAccount("bob")
        #expect(throws: AccountFile.Failure.self) { try folder.add(account) }
        #expect(FileManager.default.contents(atPath: folder.file.path) == Data(text.utf8))
    }

    @Test func `A change that throws changes nothing`() throws {
        struct Stop: Error {}
        let folder = try AccountFolder()
        try folder.add(try folder.makeAccount("alice"))
        #expect(throws: Stop.self) {
            try folder.file.update { book in
                book["alice"] = nil
                throw Stop()
            }
        }
        #expect(try folder.file.read()["alice"] != nil)
    }

    @Test func `Many writers lose nothing`() async throws {
        let folder = try AccountFolder()
        let file = folder.file
        let account = try folder.makeAccount("template")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                group.addTask {
                    var mine = account
                    mine.name = "user\(number)"
                    try file.update { $0[mine.name] = mine }
                }
            }
            try await group.waitForAll()
        }
        #expect(try file.read().all.count == 20)
    }

    @Test func `Senders are addresses and domains`() throws {
        let folder = try AccountFolder()
        var account = try folder.makeAccount("alice")
        #expect(account.maySend(as: "anybody@example.org"))
        account.senders = ["Alice@Example.net", "@example.org"]
        let expected = [
            "alice@example.net": true, "ALICE@EXAMPLE.NET": true, "x@example.org": true, "": true,
            "bob@example.net": false, "x@sub.example.org": false, "x@notexample.org": false,
        ]
        for (path, isAllowed) in expected { #expect(account.maySend(as: path) == isAllowed, "\(path)") }
    }
}

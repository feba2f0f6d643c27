import Foundation
import Relay
import SMTPProtocol
import SMTPTransport
import Testing

@Suite struct `The user command` {
    private static let password = "correct horse battery staple"
    private let scene: CommandScene

    init() throws { scene = try CommandScene() }

    private var file: AccountFile { AccountFile(path: scene.accounts) }

    @discardableResult
    private func user(_ words: String..., password: String? = nil) async throws -> Executable.Outcome {
        let source = password == nil ? [] : ["--password-file", "-"]
        let outcome = try await Executable.run(
            ["user"] + words + source + ["--config", scene.configuration],
            input: password.map { "\($0)\n" } ?? ""
        )
        // Whatever it does, a password is never said again.
        if let password, !password.isEmpty {
            #expect(!outcome.output.contains(password) && !outcome.errors.contains(password))
        }
        return outcome
    }

    private func takes(_ password: String, _ account: Account?) throws -> Bool {
        try #require(account).password.matches(Array(password.utf8))
    }

    @Test func `add keeps a hash and a verifier, and the password nowhere`() async throws {
        let outcome = try await user("add", "Alice@example.net", "--sender", "@example.net", password: Self.password)
        #expect(outcome.status == 0 && outcome.output == "Added Alice@example.net.\n" && outcome.errors.isEmpty)
        let account = try #require(try file.read()["alice@example.net"])
        #expect(account.name == "Alice@example.net" && account.senders == ["@example.net"])
        #expect(!account.isDisabled && !account.demandsSCRAM && account.verifier != nil)
        #expect(try takes(Self.password, account))
        #expect(try !takes("wrong", account))
        let text = String(decoding: try #require(FileManager.default.contents(atPath: scene.accounts)), as: UTF8.self)
        #expect(!text.contains(Self.password))
    }

    @Test func `A password comes from the first line of a file, too`() async throws {
        try scene.write("secret", "\(Self.password)\nsecond line\n")
        let outcome = try await user("add", "scanner", "--scram-only", "--password-file", "\(scene.folder)/secret")
        #expect(outcome.status == 0)
        let account = try #require(try file.read()["scanner"])
        #expect(account.demandsSCRAM)
        #expect(try takes(Self.password, account))
    }

    @Test func `A name that is taken is refused, and its password stays`() async throws {
        try await user("add", "alice", password: Self.password)
        let outcome = try await user("add", "ALICE", password: "another")
        #expect(outcome.status == 1 && outcome.errors.contains("martlet user update"))
        #expect(try takes(Self.password, file.read()["alice"]))
    }

    @Test func `Passwords and names that are none are refused, and nothing is written`() async throws {
        #expect(try await user("add", "alice", password: "").status == 64)
        #expect(try await user("add", "alice", password: "\u{7}").status == 65)
        #expect(try await user("add", "", password: Self.password).status == 65)
        let unreadable = try await user("add", "alice", "--password-file", "\(scene.folder)/nowhere")
        #expect(unreadable.status == 74 && unreadable.errors.contains("nowhere cannot be read"))
        #expect(!FileManager.default.fileExists(atPath: scene.accounts))
    }

    @Test func `list and show keep every secret of the file to themselves`() async throws {
        try await user("add", "alice", password: Self.password)
        try await user("add", "bob", "--sender", "bob@example.net", password: "another sentence")
        let text = String(decoding: try #require(FileManager.default.contents(atPath: scene.accounts)), as: UTF8.self)
        // Every base64 value and every hash in it.
        let secrets = text.matches(of: /[A-Za-z0-9+\/=$,]{20,}/).map { String($0.output) }
        #expect(secrets.count >= 9)
        var outputs: [String] = []
        for format in ["text", "json"] {
            outputs.append(try await user("list", "--format", format).output)
            outputs.append(try await user("show", "alice", "--format", format).output)
        }
        for output in outputs {
            #expect(output.contains("alice"))
            for secret in secrets { #expect(!output.contains(secret)) }
        }
        #expect(outputs[0] == "alice\nbob  as bob@example.net\n")
        #expect(outputs[2].hasPrefix(#"{"name":"alice","disabled":false,"mechanisms":["#))
        #expect(outputs[2].split(separator: "\n").count == 2 && outputs[3].split(separator: "\n").count == 1)
    }

    @Test func `An empty file is said to be so`() async throws {
        let text = try await user("list")
        #expect(text.status == 0 && text.output == "No accounts.\n")
        let json = try await user("list", "--format", "json")
        #expect(json.status == 0 && json.output.isEmpty)
    }

    @Test func `update changes what it is told and nothing else`() async throws {
        try await user("add", "alice", password: Self.password)
        let before = try #require(try file.read()["alice"])
        var expected = before
        #expect(try await user("update", "alice", "--disable", "--scram-only").output == "Changed alice.\n")
        expected.isDisabled = true
        expected.demandsSCRAM = true
        #expect(try file.read()["alice"] == expected)
        try await user("update", "ALICE", "--enable", "--any-mechanism", "--sender", "@example.net")
        expected.isDisabled = false
        expected.demandsSCRAM = false
        expected.senders = ["@example.net"]
        #expect(try file.read()["alice"] == expected)
        try await user("update", "alice", "--any-sender")
        #expect(try file.read()["alice"] == before)
    }

    @Test func `update sets a new password, with a verifier of its own`() async throws {
        try await user("add", "alice", password: Self.password)
        let before = try #require(try file.read()["alice"])
        #expect(try await user("update", "alice", "--password", password: "another sentence").status == 0)
        let after = try #require(try file.read()["alice"])
        #expect(try takes("another sentence", after) && !takes(Self.password, after))
        #expect(after.verifier != before.verifier && after.created == before.created)
        #expect(after.passwordSet >= before.passwordSet)
    }

    @Test(arguments: [
        ["--disable", "--enable"], ["--scram-only", "--any-mechanism"], ["--any-sender", "--sender", "@example.net"],
    ])
    func `Wishes that contradict each other are refused`(flags: [String]) async throws {
        try await user("add", "alice", password: Self.password)
        let before = try file.read()["alice"]
        let outcome = try await Executable.run(
            ["user", "update", "alice"] + flags + ["--config", scene.configuration]
        )
        #expect(outcome.status == 64 && outcome.errors.contains("contradict"))
        #expect(try file.read()["alice"] == before)
    }

    @Test func `remove removes one, and says when there is none`() async throws {
        try await user("add", "alice", password: Self.password)
        try await user("add", "bob", password: Self.password)
        #expect(try await user("remove", "alice").output == "Removed alice.\n")
        #expect(try file.read().all.map(\.name) == ["bob"])
        let again = try await user("remove", "alice")
        #expect(again.status == 1 && again.errors.contains("alice"))
    }

    @Test func `A file that is no accounts file is 74, and is left as it is`() async throws {
        try scene.write("accounts", "hello\n")
        for words in [["list"], ["show", "alice"], ["remove", "alice"], ["update", "alice", "--disable"]] {
            let outcome = try await Executable.run(["user"] + words + ["--config", scene.configuration])
            #expect(outcome.status == 74 && outcome.errors.contains("line 1"), "\(words)")
        }
        #expect(try await user("add", "alice", password: Self.password).status == 74)
        #expect(FileManager.default.contents(atPath: scene.accounts) == Data("hello\n".utf8))
    }
}

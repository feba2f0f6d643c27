import Foundation
import MailFormat
import Relay
import SMTPProtocol
import SMTPTransport
import StatusCodes
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(2))) struct AccountsTests {
    private let folder: AccountFolder
    private let now = Timestamp(seconds: 1_700_000_100)

    init() throws {
        folder = try AccountFolder()
        try folder.add(try folder.makeAccount("alice@example.net"))
    }

    private var settings: Accounts.Settings {
        var settings = Accounts.Settings()
        settings.cost = .low
        return settings
    }

    private func open(_ settings: Accounts.Settings? = nil) throws -> Accounts {
        try Accounts(file: folder.file, primitives: CryptoPrimitives(), settings: settings ?? self.settings) {
            problem in
            Issue.record("\(problem)")
        }
    }

    private func ask(
        _ accounts: Accounts,
        _ question: AuthenticationQuestion,
        client: String = "192.0.2.1",
        after seconds: Int = 0
    ) async -> String {
        let answer = await withCheckedContinuation { continuation in
            accounts.answer(question, client: client, now: now.advanced(by: .seconds(seconds))) {
                continuation.resume(returning: $0)
            }
        }
        return Self.name(of: answer)
    }

    private static func name(of answer: AuthenticationAnswer) -> String {
        switch answer {
        case .accepted(let account): "accepted \(account)"
        case .verifier(let verifier): "verifier \(verifier.account)"
        case .refused(let refusal): refusal.condition.id
        }
    }

    private func password(
        _ password: String,
        _ name: String = "alice@example.net",
        authorization: String = "",
        _ mechanism: AuthenticationMechanism = .plain
    ) -> AuthenticationQuestion {
        .password(
            PasswordQuestion(
                mechanism: mechanism,
                identity: name,
                authorization: authorization,
                password: Array(password.utf8)
            )
        )
    }

    @Test func `The right password is accepted, a wrong one and a stranger are told the same`() async throws {
        let accounts = try open()
        #expect(await ask(accounts, password("secret")) == "accepted alice@example.net")
        #expect(await ask(accounts, password("secret", "ALICE@example.net")) == "accepted alice@example.net")
        #expect(await ask(accounts, password("wrong")) == "5.7.8-credentials-invalid")
        #expect(await ask(accounts, password("secret", "bob@example.net")) == "5.7.8-credentials-invalid")
    }

    @Test func `Nobody acts for somebody else`() async throws {
        let accounts = try open()
        let name = "alice@example.net"
        #expect(await ask(accounts, password("secret", name, authorization: name)) == "accepted \(name)")
        #expect(await ask(accounts, password("secret", name, authorization: "bob")) == "5.7.8-credentials-invalid")
    }

    @Test func `A closed account is told so after the right proof only`() async throws {
        try folder.file.update { $0["alice@example.net"]?.isDisabled = true }
        let accounts = try open()
        #expect(await ask(accounts, password("secret")) == "5.7.13-account-disabled")
        #expect(await ask(accounts, password("wrong")) == "5.7.8-credentials-invalid")
        #expect(await ask(accounts, .scramVerifier(identity: "alice@example.net")) == "verifier alice@example.net")
        #expect(
            await ask(accounts, .scramProof(identity: "alice@example.net", isRight: true)) == "5.7.13-account-disabled"
        )
        #expect(
            await ask(accounts, .scramProof(identity: "alice@example.net", isRight: false))
                == "5.7.8-credentials-invalid"
        )
    }

    @Test func `An account that demands SCRAM refuses mechanisms that show the password`() async throws {
        try folder.file.update { $0["alice@example.net"]?.demandsSCRAM = true }
        let accounts = try open()
        #expect(await ask(accounts, password("secret")) == "5.7.9-mechanism-too-weak")
        #expect(await ask(accounts, password("wrong")) == "5.7.8-credentials-invalid")
        #expect(
            await ask(accounts, .scramProof(identity: "alice@example.net", isRight: true))
                == "accepted alice@example.net"
        )
    }

    @Test func `A missing verifier is 432 4.7.12, and the first plain login makes it`() async throws {
        try folder.file.update { $0["alice@example.net"]?.verifier = nil }
        let accounts = try open()
        let scram = AuthenticationQuestion.scramVerifier(identity: "alice@example.net")
        #expect(await ask(accounts, scram) == "4.7.12-password-transition")
        #expect(await ask(accounts, password("wrong")) == "5.7.8-credentials-invalid")
        #expect(await ask(accounts, scram) == "4.7.12-password-transition")
        #expect(await ask(accounts, password("secret")) == "accepted alice@example.net")
        #expect(await ask(accounts, scram) == "verifier alice@example.net")
    }

    @Test func `A hash of another cost is made anew at the login`() async throws {
        var settings = settings
        settings.cost.passes = 2
        let accounts = try open(settings)
        let before = try #require(try folder.file.read()["alice@example.net"])
        #expect(!before.password.isCurrent(settings.cost))
        #expect(await ask(accounts, password("secret")) == "accepted alice@example.net")
        let after = try #require(try folder.file.read()["alice@example.net"])
        #expect(after.password.isCurrent(settings.cost))
        #expect(after.verifier == before.verifier)
        #expect(await ask(accounts, password("secret")) == "accepted alice@example.net")
    }

    @Test func `Strangers have no verifier`() async throws {
        let accounts = try open()
        #expect(await ask(accounts, .scramVerifier(identity: "bob")) == "5.7.8-credentials-invalid")
        #expect(await ask(accounts, .scramProof(identity: "bob", isRight: true)) == "5.7.8-credentials-invalid")
    }

    @Test func `Ten wrong passwords and the right one is 454 4.7.0 until the time is over`() async throws {
        let accounts = try open()
        for _ in 0..<10 { #expect(await ask(accounts, password("wrong")) == "5.7.8-credentials-invalid") }
        #expect(await ask(accounts, password("secret")) == "4.7.0-auth-locked-out")
        #expect(await ask(accounts, .scramVerifier(identity: "alice@example.net")) == "4.7.0-auth-locked-out")
        #expect(await ask(accounts, password("secret"), client: "198.51.100.1") == "accepted alice@example.net")
        #expect(await ask(accounts, password("secret"), after: 900) == "accepted alice@example.net")
    }

    @Test func `Wrong proofs count like wrong passwords, and strangers like users`() async throws {
        let accounts = try open()
        for name in ["alice@example.net", "nobody"] {
            for _ in 0..<10 { _ = await ask(accounts, .scramProof(identity: name, isRight: false)) }
            #expect(await ask(accounts, password("secret", name)) == "4.7.0-auth-locked-out")
        }
    }

    @Test func `A change of the file is seen at the next login`() async throws {
        let accounts = try open()
        #expect(await ask(accounts, password("secret", "bob")) == "5.7.8-credentials-invalid")
        try folder.add(try folder.makeAccount("bob"))
        #expect(await ask(accounts, password("secret", "bob")) == "accepted bob")
        try folder.file.update { $0["bob"] = nil }
        #expect(await ask(accounts, password("secret", "bob")) == "5.7.8-credentials-invalid")
        #expect(accounts.may("alice@example.net", sendAs: "x@example.org"))
        #expect(!accounts.may("bob", sendAs: "x@example.org"))
    }

    @Test func `A file that breaks is 454 4.7.0, says why, and nobody is told that a password is wrong`() async throws {
        let problems = Mutex<[String]>([])
        let accounts = try Accounts(file: folder.file, primitives: CryptoPrimitives(), settings: settings) { problem in
            problems.withLock { $0.append(problem) }
        }
        try Data("nonsense\n".utf8).write(to: URL(fileURLWithPath: folder.file.path))
        #expect(await ask(accounts, password("secret")) == "4.7.0-auth-backend-down")
        #expect(problems.withLock { $0.first?.contains("line 1") } == true)
    }

    @Test func `More questions than may wait are 454 4.7.0, the others are answered`() async throws {
        var settings = settings
        settings.threads = 1
        settings.queue = 3
        let accounts = try open(settings)
        let collected = Mutex<[String: Int]>([:])
        await withCheckedContinuation { all in
            // The first holds the thread for as long as a hash of the default cost takes.
            for number in 0..<40 {
                let question = password("wrong", "user\(number)")
                accounts.answer(question, client: "192.0.2.\(number)", now: now) { answer in
                    let count = collected.withLock { answers in
                        answers[Self.name(of: answer), default: 0] += 1
                        return answers.values.reduce(0, +)
                    }
                    if count == 40 { all.resume() }
                }
            }
        }
        let answers = collected.withLock { $0 }
        #expect(answers.values.reduce(0, +) == 40)
        #expect(Set(answers.keys).isSubset(of: ["5.7.8-credentials-invalid", "4.7.0-auth-backend-down"]))
        #expect((answers["5.7.8-credentials-invalid"] ?? 0) >= 4)
    }
}

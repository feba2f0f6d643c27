import Configuration
import Foundation
import NIOCore
import StatusCodes
import Testing

@testable import martlet

/// A relay that judges replies by a file of the operator: from the configuration to what becomes of a message.
@Suite(.timeLimit(.minutes(2))) struct `A relay with rules of its operator` {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("rules-\(UUID().uuidString)")
        .path

    private func document(_ host: NarrowHost, status: String) throws -> ConfigurationDocument {
        try YAMLReader.read(
            """
            hostname: relay.test
            listeners: {mx: {address: 127.0.0.1, port: 0}}
            store: "sqlite:\(folder)/queue"
            spool: "\(folder)/spool"
            accounts: "\(folder)/accounts"
            control: "\(folder)/control"
            log: {file: "\(folder)/log"}
            routes: {host: {domains: ["*"], host: 127.0.0.1, port: \(host.port), tls: none}}
            \(status)
            """,
            place: "f"
        )
    }

    /// A host that refuses every recipient in words of its own.
    private func with(
        saying reply: String,
        status: String,
        files: [String: String],
        _ body: (Service, SocketAddress, NarrowHost) async throws -> Void
    ) async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (name, text) in files { try write(text, to: name) }
        let host = try await NarrowHost.start { $0.hasPrefix("RCPT") ? reply : nil }
        let service = try Service(Settings(try document(host, status: status)))
        let address = try #require(try await service.start().first?.address)
        try await body(service, address, host)
        await service.stop(within: .seconds(5))
        try await host.stop()
    }

    private func write(_ text: String, to name: String) throws {
        try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
    }

    /// Hands a message in; the line of the log about what became of its recipient.
    private func fate(of recipient: String, at address: SocketAddress) async throws -> String {
        let client = try await TestClient(to: address)
        _ = try await client.say("EHLO client.example.org")
        let reply = try await client.send(from: "a@example.org", to: [recipient], "Subject: x\r\n\r\nx\r\n")
        #expect(reply.hasPrefix("250 2.0.0 "))
        try await client.quit()
        var fate = ""
        let isDecided = try await eventually {
            let log = String(decoding: FileManager.default.contents(atPath: "\(folder)/log") ?? Data(), as: UTF8.self)
            let lines = log.split(separator: "\n").filter { $0.contains("\"to\":\"\(recipient)\"") }
            fate = lines.last.map(String.init) ?? ""
            return !fate.isEmpty
        }
        #expect(isDecided)
        return fate
    }

    private static let header = "rule,status,text,cause,actions,basis\n"
    private static let later = header + "lunch,X.7.1,back_after_lunch,greylisted,retry:standard,their postmaster\n"
    private static let never = header + "lunch,X.7.1,back_after_lunch,policy-refused,fail,they changed their mind\n"

    @Test func `A rule decides what the relay does with a reply, and SIGHUP takes another one over`() async throws {
        let refusal = "550 5.7.1 Come back after lunch"
        let status = "status: {rules: \(folder)/r.csv}"
        try await with(saying: refusal, status: status, files: ["r.csv": Self.later]) { service, address, host in
            let deferred = try await fate(of: "one@example.net", at: address)
            #expect(deferred.contains(#""event":"recipient.deferred""#), "\(deferred)")
            #expect(deferred.contains(#""cause":"greylisted""#) && deferred.contains(#""rule":"lunch@"#), "\(deferred)")
            try write(Self.never, to: "r.csv")
            try service.reload(try document(host, status: status))
            let failed = try await fate(of: "two@example.net", at: address)
            #expect(failed.contains(#""event":"recipient.failed""#), "\(failed)")
            #expect(failed.contains(#""cause":"policy-refused""#) && failed.contains(#""rule":"lunch@"#), "\(failed)")
        }
    }

    @Test func `Without the rule the same reply ends the delivery`() async throws {
        try await with(saying: "550 5.7.1 Come back after lunch", status: "", files: [:]) { _, address, _ in
            let failed = try await fate(of: "one@example.net", at: address)
            #expect(failed.contains(#""event":"recipient.failed""#), "\(failed)")
            #expect(!failed.contains("lunch@"))
        }
    }

    /// Words count where a code leaves the cause open, as one does that nobody registered.
    @Test func `A newer registry says which codes are registered`() async throws {
        let rule = "rule,status,text,cause,basis\nours,vague,come_back,spam,we asked\n"
        let registry = "code,title,classes\nX.7.55,Come back another day,5\n"
        let status = "status: {rules: \(folder)/r.csv, registry: \(folder)}"
        try await with(
            saying: "550 5.7.55 Come back",
            status: "status: {rules: \(folder)/r.csv}",
            files: ["r.csv": rule, "enhanced-status-codes.csv": registry]
        ) { service, address, host in
            let before = try await fate(of: "one@example.net", at: address)
            #expect(before.contains(#""rule":"ours@"#), "\(before)")
            try service.reload(try document(host, status: status))
            let after = try await fate(of: "two@example.net", at: address)
            #expect(!after.contains(#""rule":"ours@"#), "\(after)")
        }
    }

    @Test func `A mistake in a file leaves the rules in force`() async throws {
        let refusal = "550 5.7.1 Come back after lunch"
        let status = "status: {rules: \(folder)/r.csv}"
        try await with(saying: refusal, status: status, files: ["r.csv": Self.later]) { service, address, host in
            try write(Self.header + "lunch,X.7.1,,nonsense,,x\n", to: "r.csv")
            let problem = #expect(throws: Settings.Problem.self) {
                try service.reload(try document(host, status: status))
            }
            let expected = "status.rules: \(folder)/r.csv: line 2: cause: there is no nonsense"
            #expect(problem?.description == expected)
            let deferred = try await fate(of: "one@example.net", at: address)
            #expect(deferred.contains(#""event":"recipient.deferred""#), "\(deferred)")
        }
    }

    @Test(arguments: [
        ("rules: {}/r.csv", "status.rules: {}/r.csv: line 3: cause: there is no nonsense"),
        ("rules: {}/none.csv", "status.rules: {}/none.csv cannot be read"),
        ("registry: {}", "status.registry: {}/enhanced-status-codes.csv: line 2: code: 5.1.1 is not of the form X.1.2"),
        ("registry: {}/none", "status.registry: {}/none has neither enhanced-status-codes.csv nor reply-codes.csv"),
    ])
    func `A wrong file is a mistake in the configuration, named with its line`(key: String, sentence: String)
        async throws
    {
        let scene = try CommandScene()
        try scene.write("r.csv", "rule,cause,basis\na,spam,b\nb,nonsense,c\n")
        try scene.write("enhanced-status-codes.csv", "code,title,classes\n5.1.1,x,5\n")
        let path = key.replacing("{}", with: scene.folder)
        try scene.write("martlet.yaml", "store: \"sqlite:\(scene.folder)\"\nstatus:\n  \(path)\n")
        for words in [["config", "check"], ["serve"]] {
            let outcome = try await Executable.run(words + ["--config", scene.configuration])
            #expect(outcome.status == 78)
            #expect(outcome.errors == "martlet: \(sentence.replacing("{}", with: scene.folder))\n")
        }
    }
}

import Delivery
import Foundation
import MailFormat
import Testing

@Suite struct `The events command` {
    private let names = ["recipient.failed", "recipient.expired", "message.deleted"]

    private func events(_ outcome: Executable.Outcome) throws -> [[String: Any]] {
        try outcome.lines.map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
    }

    @Test func `While the service is down they come from the store`() async throws {
        let scene = try CommandScene()
        try scene.writeEvents()
        let text = try await scene.run("events")
        #expect(text.status == 0 && text.errors.isEmpty)
        #expect(text.lines.count == 3)
        for (line, name) in zip(text.lines, names) { #expect(line.contains("  \(name)  ")) }
        #expect(
            text.lines[0].contains(
                "you@example.net  5.2.2 mailbox-full  mx.example.net[192.0.2.1]:25 said: mailbox full"
            )
        )
        let json = try events(try await scene.run("events", "--format", "json"))
        #expect(json.map { $0["event"] as? String } == names)
        #expect(json.map { $0["id"] as? Int } == [1, 2, 3])
        let status = try #require(json[1]["status"] as? [String: Any])
        #expect(status["code"] as? String == "4.2.2" && status["class"] as? Int == 4)
        #expect(json[0]["fault"] as? String == "recipient" && json[0]["recipient"] as? String == "you@example.net")
        #expect(json[2]["by"] as? String == "root" && json[2]["reason"] as? String == "spam")
        #expect(json[2]["recipient"] == nil)
    }

    @Test func `Only those since an instant are shown`() async throws {
        let scene = try CommandScene()
        try scene.writeEvents()
        let since = ISO8601.text(Timestamp(seconds: 1_700_000_000 + 3600))
        let some = try events(try await scene.run("events", "--format", "json", "--since", since))
        #expect(some.map { $0["id"] as? Int } == [2, 3])
        let none = try await scene.run("events", "--since", "1h")
        #expect(none.status == 0 && none.output.isEmpty)
    }

    @Test func `A running service gives the same ones`() async throws {
        let scene = try CommandScene()
        try scene.writeEvents()
        let down = try await scene.run("events", "--format", "json")
        try await scene.withRelay { _ in
            let up = try await Executable.run(["events", "--format", "json", "--control", scene.control])
            #expect(up.status == 0 && up.output == down.output)
            let since = ISO8601.text(Timestamp(seconds: 1_700_000_000 + 7200))
            let late = try await Executable.run(["events", "--since", since, "--control", scene.control])
            #expect(late.lines.count == 1)
        }
    }

    @Test func `Whoever follows sees new ones, from a service that comes and goes`() async throws {
        let scene = try CommandScene()
        try scene.writeEvents()
        let program = try RunningProgram([
            "events", "--follow", "--since", "2023-11-15T00:00:00Z", "--config", scene.configuration,
        ])
        defer { program.stop() }
        #expect(await program.line()?.contains("message.deleted") == true)
        try await scene.withRelay { relay in
            _ = await relay.submit(from: "", to: ["you@example.net"], id: 77 << 21)
            let deleted = try await Executable.run([
                "queue", "delete", MessageID(rawValue: 77 << 21).description, "--control", scene.control,
            ])
            #expect(deleted.status == 0)
            let line = try #require(await program.line())
            #expect(line.contains("message.deleted  \(MessageID(rawValue: 77 << 21))"))
        }
    }
}

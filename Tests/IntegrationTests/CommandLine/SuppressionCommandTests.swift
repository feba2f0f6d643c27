import Delivery
import Foundation
import MailFormat
import StatusCodes
import StoreSQLite
import Testing

/// `martlet suppression`, with a service and without.
@Suite(.timeLimit(.minutes(2))) struct `The suppression command` {
    private func addresses(_ outcome: Executable.Outcome) throws -> [String] {
        try outcome.lines.map { line in
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            return try #require(object["address"] as? String)
        }
    }

    @Test func `A list comes in, is asked, corrected, and goes out again; questions need no service`() async throws {
        let scene = try CommandScene()
        try scene.write("ses.csv", "a@example.net,BOUNCE\nb@example.net,COMPLAINT\n")
        try await scene.withRelay { _ in
            let trial = try await scene.run("suppression", "import", "\(scene.folder)/ses.csv", "--dry-run")
            #expect(trial.status == 0 && trial.lines == ["2 of 2 would be taken over, 0 passed over."])
            let taken = try await scene.run("suppression", "import", "\(scene.folder)/ses.csv")
            #expect(taken.status == 0 && taken.lines == ["2 of 2 taken over, 0 passed over."])
            let added = try await scene.run(
                "suppression",
                "add",
                "@example.com",
                "--reason",
                "left",
                "--for",
                "30d",
                "--by",
                "alice"
            )
            #expect(added.status == 0 && added.lines == ["1 suppressed."])
            let lifted = try await scene.run("suppression", "remove", "A@example.net")
            #expect(lifted.status == 0 && lifted.lines == ["1 lifted."])
            #expect(try await scene.run("suppression", "remove", "a@example.net").status == 1)
            let list = try await scene.run("suppression", "list", "--format", "json")
            #expect(try addresses(list) == ["@example.com", "b@example.net"])
            let preview = try await scene.run(
                "suppression",
                "preview",
                "-",
                "--format",
                "json",
                input: "x@example.com\ny@example.net\n"
            )
            #expect(preview.status == 1)
            #expect(try addresses(preview) == ["x@example.com", "y@example.net"])
            #expect(try await scene.run("suppression", "preview", "y@example.net").status == 0)
        }
        let list = try await scene.run("suppression", "list", "--format", "json")
        #expect(list.status == 0)
        #expect(try addresses(list) == ["@example.com", "b@example.net"])
        let export = try await scene.run("suppression", "export", "--format", "postmark")
        #expect(export.lines.first == "EmailAddress,SuppressionReason,Origin,CreatedAt")
        #expect(export.lines.count == 2 && export.lines[1].hasPrefix("b@example.net,SpamComplaint,Recipient,"))
        let change = try await scene.run("suppression", "remove", "b@example.net")
        #expect(change.status == 69 && change.errors.contains("no service answers"))
    }

    @Test func `An undo takes back what a rule has said since an instant`() async throws {
        let scene = try CommandScene()
        let now = Timestamp(seconds: Int64(Date().timeIntervalSince1970))
        let store = try SQLiteStore(path: scene.folder)
        var batch = StoreWrite()
        for (number, days) in [(1, Int64(3)), (2, 3), (1, 0)] {
            let subject = try #require(SuppressionSubject("u\(number)@example.net"))
            batch.suppressions.append(SuppressionChange(subject, .sighted(Self.sighting(days, before: now))))
        }
        _ = try store.write(batch)
        // The lock goes with the last reference.
        _ = consume store
        try await scene.withRelay { relay in
            let shown = try await scene.run("suppression", "show", "u1@example.net")
            #expect(shown.lines.first?.contains("suppressed until it is lifted, user-unknown 2 times since ") == true)
            #expect(shown.lines.count == 5)
            #expect(try await scene.run("suppression", "undo", "--rule", "other", "--since", "2h").status == 1)
            let trial = try await scene.run("suppression", "undo", "--rule", "5.1.1", "--since", "2h", "--dry-run")
            #expect(trial.lines.last == "1 address would be corrected.")
            let undone = try await scene.run("suppression", "undo", "--rule", "5.1.1", "--since", "2h")
            #expect(undone.status == 0 && undone.lines == ["1 address corrected."])
            #expect(try relay.store.suppressions(after: nil, limit: 9).allSatisfy { $0.suppression == nil })
            #expect(try await scene.run("suppression", "list").lines == ["Nobody is suppressed."])
            let next = try await scene.run("suppression", "preview", "--format", "json")
            #expect(try addresses(next) == ["u1@example.net", "u2@example.net"])
        }
    }

    private static func sighting(_ days: Int64, before now: Timestamp) -> Sighting {
        Sighting(
            attempt: AttemptRecord(
                at: Timestamp(seconds: now.seconds - days * 86_400),
                remote: "mx.example.net[192.0.2.1]:25",
                status: EnhancedStatusCode(.permanentFailure, 1, 1),
                reply: "550 5.1.1 no such user",
                condition: "5.1.1-no-such-user",
                cause: "user-unknown",
                rule: "5.1.1@1.0",
                stage: "rcpt"
            ),
            recipient: nil,
            source: .live,
            provider: "google"
        )
    }

    @Test(arguments: [
        (["suppression", "add", "nobody", "--reason", "x"], 65), (["suppression", "add", "a@example.net"], 64),
        (["suppression", "show", "a@example.net"], 1), (["suppression", "import", "/nowhere/list.csv"], 74),
        (["suppression", "undo", "--rule", "5.1.1", "--since", "yesterday"], 64),
        (["suppression", "add", "a@example.net", "--reason", "x", "--for", "ever"], 64),
    ])
    func `Mistakes end with the status that says what they are`(arguments: [String], status: Int) async throws {
        let scene = try CommandScene()
        // Makes the store that questions read.
        try scene.writeEvents()
        let outcome = try await Executable.run(arguments + ["--config", scene.configuration])
        #expect(outcome.status == Int32(status), "\(outcome.errors)")
    }
}

import Delivery
import Foundation
import MailFormat
import StoreSQLite
import Testing

@Suite struct `The command queue why` {
    private static let id = MessageID(rawValue: 9 << 21)

    /// A message that another system took, and of which a report said later that it failed.
    private func bounce(in scene: CommandScene) throws {
        let store = try SQLiteStore(path: scene.folder)
        let at = Timestamp(seconds: 1_700_000_000)
        var taken = StoreWrite()
        taken.submissions = [CommandScene.submission(Self.id, at: at)]
        _ = try store.write(taken)
        let recipient = RecipientID(message: Self.id, index: 0)
        var bounced = StoreWrite()
        bounced.transitions = [RecipientTransition(recipient: recipient, fence: nil, next: .done)]
        bounced.dispatches = [
            Dispatch(
                recipient: recipient,
                at: at,
                address: "you@example.net",
                sender: "me@example.org",
                outcome: .bounced,
                provider: "example.net"
            )
        ]
        bounced.events = [
            QueueEvent(
                number: 0,
                at: at.advanced(by: .seconds(60)),
                kind: .recipientBounced,
                message: Self.id,
                recipient: 0,
                subject: "you@example.net",
                attempt: nil
            )
        ]
        _ = try store.write(bounced)
    }

    @Test func `tells what became of a message that is done, with and without a service`() async throws {
        let scene = try CommandScene()
        try bounce(in: scene)
        let down = try await scene.run("queue", "why", "\(Self.id)")
        #expect(down.status == 0 && down.errors.isEmpty)
        #expect(
            down.lines == [
                "you@example.net: bounced", "  2023-11-14T22:13:20Z  another system took it",
                "  2023-11-14T22:14:20Z  a report says that it failed after that",
            ]
        )
        let shown = try await scene.run("queue", "show", "\(Self.id)")
        #expect(shown.status == 1 && shown.output.isEmpty)
        try await scene.withRelay { _ in
            let up = try await Executable.run(["queue", "why", "\(Self.id)", "--control", scene.control])
            #expect(up.status == 0 && up.output == down.output)
            let json = try await Executable.run([
                "queue", "why", "\(Self.id)", "--format", "json", "--control", scene.control,
            ])
            let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
            #expect(object?["queue_name"] as? String == "done" && object?["sender"] as? String == "me@example.org")
            let unknown = try await Executable.run([
                "queue", "why", "\(MessageID(rawValue: 10 << 21))", "--control", scene.control,
            ])
            #expect(unknown.status == 1 && unknown.output.isEmpty)
        }
    }
}

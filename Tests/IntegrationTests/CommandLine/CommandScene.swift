import Delivery
import Foundation
import MailFormat
import Relay
import SMTPProtocol
import StatusCodes
import StoreSQLite

/// A folder with a configuration file, for commands and for the relay that they talk to.
final class CommandScene: Sendable {
    let folder: String
    var configuration: String { "\(folder)/martlet.yaml" }
    var control: String { "\(folder)/control" }
    var drop: String { "\(folder)/drop" }
    var accounts: String { "\(folder)/accounts" }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("cli-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try write(
            "martlet.yaml",
            """
            hostname: host.example
            store: "sqlite:\(folder)"
            spool: "\(folder)/spool"
            accounts: "\(folder)/accounts"
            control: "\(folder)/control"
            drop: "\(folder)/drop"

            """
        )
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func write(_ name: String, _ text: String) throws {
        try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
    }

    /// Runs a command with this configuration.
    func run(_ arguments: String..., input: String = "") async throws -> Executable.Outcome {
        try await Executable.run(arguments + ["--config", configuration], input: input)
    }

    /// The path of a program's other name.
    func link(_ name: String) throws -> String {
        let path = "\(folder)/\(name)"
        if !FileManager.default.fileExists(atPath: path) {
            try FileManager.default.createSymbolicLink(
                atPath: path,
                withDestinationPath: "\(Executable.folder)/martlet"
            )
        }
        return path
    }

    /// A relay that keeps what it takes, and answers commands, while the body runs.
    func withRelay(_ body: (TestRelay) async throws -> Void) async throws {
        var plan = TestRelay.Plan()
        plan.startsHeld = true
        let relay = try TestRelay(folder: folder, plan: plan)
        try await relay.start()
        let control = control
        let (ready, continuation) = AsyncStream<Void>.makeStream()
        let serving = Task {
            try await relay.service.serveControl(at: control, reload: {}, ready: { continuation.finish() })
        }
        for await _ in ready {}
        do {
            try await body(relay)
        } catch {
            serving.cancel()
            try await relay.stop()
            throw error
        }
        serving.cancel()
        // Cancellation is how the socket is closed.
        do { try await serving.value } catch is CancellationError {}
        try await relay.stop()
    }

    /// Puts failed, expired and deleted mail into the store of a relay that is down.
    func writeEvents() throws {
        let store = try SQLiteStore(path: folder)
        let statuses: [StatusClass?] = [.permanentFailure, .persistentTransientFailure, nil]
        for (number, statusClass) in statuses.enumerated() {
            let id = MessageID(rawValue: Int64(number + 1) << 21)
            let at = Timestamp(seconds: 1_700_000_000 + Int64(number) * 3600)
            var batch = StoreWrite()
            batch.submissions = [Self.submission(id, at: at)]
            _ = try store.write(batch)
            var ending = StoreWrite()
            if let statusClass {
                let attempt = Self.attempt(EnhancedStatusCode(statusClass, 2, 2), at: at)
                let recipient = RecipientID(message: id, index: 0)
                ending.transitions = [.init(recipient: recipient, fence: nil, next: .done, attempt: attempt)]
            } else {
                ending.deletions = [Deletion(message: id, by: "root", reason: "spam", at: at)]
            }
            _ = try store.write(ending)
        }
    }

    static func submission(_ id: MessageID, at: Timestamp) -> Submission {
        Submission(
            id: id,
            arrival: at,
            envelope: .init(
                arena: Array("you@example.net".utf8),
                reversePath: .empty,
                recipients: [.init(address: ByteRange(0, 15), domain: ByteRange(4, 15))]
            ),
            content: ResidentContent(Array("Subject: x\r\n\r\n".utf8)),
            state: .scheduled(at),
            origin: Origin(kind: .submission)
        )
    }

    private static func attempt(_ status: EnhancedStatusCode, at: Timestamp) -> AttemptRecord {
        AttemptRecord(
            at: at,
            remote: "mx.example.net[192.0.2.1]:25",
            status: status,
            reply: "mailbox full",
            condition: "5.2.2-mailbox-full",
            cause: "mailbox-full",
            rule: "x.2.2",
            stage: "rcpt"
        )
    }
}

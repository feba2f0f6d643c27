import Delivery
import Foundation
import MailDrop
import MailFormat
import NIOCore
import NIOPosix
@testable import Relay
import SMTPProtocol
import StatusCodes
import Testing

@Suite struct `Drop pick-up` {
    @Test func `A message is handed to the queue as it was left, and only then removed`() async throws {
        try await DropScene.with { scene in
            let name = try scene.put(DropScene.message())
            #expect(await scene.pickup.sweep() == 1)
            let taken = try #require(scene.queue.taken.first)
            #expect(taken.envelope.text(taken.envelope.reversePath) == "me@example.org")
            #expect(taken.envelope.recipients.map { taken.envelope.text($0.address) } == ["you@example.net"])
            #expect(taken.text == "Subject: x\r\n\r\nbody\r\n")
            #expect(taken.origin.kind == .local)
            #expect(scene.queue.wasThereAtSubmission(name) == true)
            #expect(try scene.names() == ["aside"])
            #expect(try scene.log().contains("drop.queued"))
        }
    }

    @Test func `A message carries its key, and one without gets the name of its file`() async throws {
        try await DropScene.with { scene in
            var keyed = DropScene.message()
            keyed.key = "k1"
            try scene.put(keyed)
            let name = try scene.put(DropScene.message())
            #expect(await scene.pickup.sweep() == 2)
            #expect(Set(scene.queue.taken.compactMap { $0.idempotency?.key }) == ["k1", name])
            #expect(Set(scene.queue.taken.compactMap { $0.idempotency?.owner }) == ["local"])
        }
    }

    @Test func `Content above 64 KiB goes to the spool`() async throws {
        try await DropScene.with { scene in
            let content = "Subject: x\r\n\r\n" + String(repeating: "0123456789abcdef\r\n", count: 5000)
            try scene.put(DropScene.message(content: content))
            #expect(await scene.pickup.sweep() == 1)
            #expect(scene.spool.written == [Array(content.utf8)])
            #expect(scene.queue.taken.first?.content === scene.spool.last)
        }
    }

    @Test func `While the store is full the message stays, said once, and is taken later`() async throws {
        try await DropScene.with { scene in
            let name = try scene.put(DropScene.message())
            scene.queue.reply = Reply(.diskFull)
            #expect(await scene.pickup.sweep() == 0)
            #expect(await scene.pickup.sweep() == 0)
            #expect(try scene.names() == [name, "aside"].sorted())
            #expect(try scene.log().split(separator: "drop.trouble").count == 2)
            scene.queue.reply = Reply(.queued)
            #expect(await scene.pickup.sweep() == 1)
            #expect(try scene.names() == ["aside"])
        }
    }

    @Test func `What is refused for good is set aside`() async throws {
        try await DropScene.with { scene in
            let name = try scene.put(DropScene.message())
            scene.queue.reply = Reply(.idempotencyConflict)
            #expect(await scene.pickup.sweep() == 0)
            #expect(try scene.names() == ["aside"])
            #expect(try scene.aside() == [name])
        }
    }

    @Test func `What is no message is set aside and said; the next one is taken`() async throws {
        try await DropScene.with { scene in
            let broken = try scene.put(bytes: Array("hello\n".utf8))
            let strange = try scene.put(DropScene.message(to: "nobody"))
            #expect(FileManager.default.createFile(atPath: "\(scene.path)/letter", contents: Data("x".utf8)))
            try scene.put(DropScene.message())
            #expect(await scene.pickup.sweep() == 1)
            #expect(try scene.names() == ["aside"])
            #expect(try scene.aside() == [broken, strange, "letter"].sorted())
            #expect(scene.queue.taken.count == 1)
            let log = try scene.log()
            #expect(log.split(separator: "drop.set-aside").count == 4)
            #expect(log.contains("nobody is no mail address"))
        }
    }

    @Test func `A folder that is not there is said once, and nothing is taken`() async throws {
        try await DropScene.with { scene in
            try FileManager.default.removeItem(atPath: scene.path)
            #expect(await scene.pickup.sweep() == 0)
            #expect(await scene.pickup.sweep() == 0)
            #expect(try scene.log().split(separator: "drop.trouble").count == 2)
            #expect(await scene.pickup.prepare())
            try scene.put(DropScene.message())
            #expect(await scene.pickup.sweep() == 1)
        }
    }

    @Test func `It runs until it is cancelled, and begins with what is there`() async throws {
        try await DropScene.with { scene in
            try scene.put(DropScene.message())
            let running = Task { await scene.pickup.run() }
            await scene.queue.waitForOne()
            running.cancel()
            await running.value
            #expect(scene.queue.taken.count == 1)
        }
    }
}

/// A drop directory, its pick-up, and a queue thread that answers as told.
private struct DropScene {
    let path: String
    let pickup: DropPickup
    let queue: AnsweringQueue
    let spool: MemorySpool
    private let logPath: String
    private let eventLog: EventLog

    static func with(_ body: (DropScene) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("pickup-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let files = NIOThreadPool(numberOfThreads: 1)
        files.start()
        let scene = try DropScene(folder, files)
        try await body(scene)
        await scene.queue.stop()
        try await files.shutdownGracefully()
    }

    private init(_ folder: String, _ files: NIOThreadPool) throws {
        path = "\(folder)/drop"
        logPath = "\(folder)/log"
        let descriptor = unsafe open(logPath, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        eventLog = EventLog(descriptor: descriptor, format: .json, hostname: "relay.test")
        let intake = Intake()
        queue = AnsweringQueue(intake, folder: path)
        spool = MemorySpool()
        let clock = RelayClock()
        let local = LocalIntake(
            intake: intake,
            identifiers: MessageIDSource(node: 0),
            clock: clock,
            spool: spool,
            files: files
        )
        pickup = DropPickup(path: path, local: local, clock: clock, log: eventLog, files: files)
        try DropDirectory(path: path).prepare()
    }

    static func message(
        to recipient: String = "you@example.net",
        content: String = "Subject: x\r\n\r\nbody\r\n"
    ) -> ControlRequest.Message {
        .init(sender: "me@example.org", recipients: [recipient], content: Data(content.utf8))
    }

    @discardableResult
    func put(_ message: ControlRequest.Message) throws -> String { try put(bytes: try DropFile.encode(message)) }

    func put(bytes: [UInt8]) throws -> String { try DropDirectory(path: path).put(bytes.span) }

    func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
    func aside() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: "\(path)/aside").sorted() }

    func log() throws -> String {
        eventLog.flush()
        return String(decoding: try #require(FileManager.default.contents(atPath: logPath)), as: UTF8.self)
    }
}

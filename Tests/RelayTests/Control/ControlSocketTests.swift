import Foundation
import NIOCore
import NIOPosix
import NIOCore
import NIOPosix
import Relay
import Testing

@Suite struct `Control socket` {
    private let path = FileManager.default.temporaryDirectory
        .appendingPathComponent("c-\(UUID().uuidString.prefix(8))").path

    @Test func `A request is answered line by line until its end`() async throws {
        let server = ControlServer(path: path, group: NIOSingletons.posixEventLoopGroup) { request, emit in
            #expect(request.verb == .queueList)
            #expect(request.selector?.destination == "example.net")
            try await emit(.line("one"))
            try await emit(.end(count: 1))
        }
        try await with(server) {
            var lines: [String] = []
            var count = 0
            let request = ControlRequest(.queueList, selector: .init(destination: "example.net"))
            try await ControlClient(path: path).ask(request) { answer in
                switch answer {
                case .line(let line): lines.append(line)
                case .end(let number): count = number
                case .message, .failure: Issue.record("\(answer)")
                }
            }
            #expect(lines == ["one"])
            #expect(count == 1)
        }
    }

    @Test func `A socket that nobody serves is said to be so`() async throws {
        await #expect(throws: ControlClient.Unreachable.self) {
            try await ControlClient(path: path).ask(ControlRequest(.status)) { _ in }
        }
    }

    @Test func `The socket is gone when the server has stopped`() async throws {
        let server = ControlServer(path: path, group: NIOSingletons.posixEventLoopGroup) { _, emit in
            try await emit(.end(count: 0))
        }
        try await with(server) {
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o660)
        }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    private func with(_ server: ControlServer, _ body: () async throws -> Void) async throws {
        let (ready, continuation) = AsyncStream<Void>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await server.run { continuation.finish() } }
            for await _ in ready {}
            try await body()
            tasks.cancelAll()
            // Cancellation is how the server is stopped.
            do { try await tasks.waitForAll() } catch is CancellationError {}
        }
    }
}

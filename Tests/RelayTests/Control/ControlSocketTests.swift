import Foundation
import NIOCore
import NIOPosix
import Relay
import Testing

@Suite struct `Control socket` {
    private let path = FileManager.default.temporaryDirectory
        .appendingPathComponent("c-\(UUID().uuidString.prefix(8))").path

    @Test func `A request is answered line by line until its end`() async throws {
        let server = ControlServer(path: path, group: NIOSingletons.posixEventLoopGroup) { request, _, emit in
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
                case .message, .event, .suppression, .position, .failure: Issue.record("\(answer)")
                }
            }
            #expect(lines == ["one"])
            #expect(count == 1)
        }
    }

    @Test func `Who asks is the user of the process at the other end, whatever the request says`() async throws {
        let server = ControlServer(path: path, group: NIOSingletons.posixEventLoopGroup) { request, peer, emit in
            #expect(peer.userID == getuid())
            try await emit(.line(request.author(peer)))
            try await emit(.end(count: 1))
        }
        let user = try #require(ControlPeer(userID: getuid()).name)
        try await with(server) {
            var authors: [String] = []
            for name in [nil, "alice", user] {
                try await ControlClient(path: path).ask(ControlRequest(.queueDelete, by: name)) { answer in
                    if case .line(let author) = answer { authors.append(author) }
                }
            }
            #expect(authors == [user, "alice (as \(user))", user])
        }
    }

    @Test func `A user without a name is shown by number, an unknown one as operator`() {
        #expect(ControlPeer(userID: 4_000_000_000).name == "uid 4000000000")
        #expect(ControlRequest(.queueDelete).author(ControlPeer(userID: nil)) == "operator")
        #expect(ControlRequest(.queueDelete, by: "alice").author(ControlPeer(userID: nil)) == "alice")
    }

    @Test func `A reason or a name that is longer than is kept is refused, one of that length is not`() {
        let reason = String(repeating: "r", count: ControlRequest.reasonLimit)
        let name = String(repeating: "n", count: ControlRequest.nameLimit)
        #expect(ControlRequest(.queueDelete, reason: reason, by: name).excess == nil)
        #expect(ControlRequest(.queueDelete, reason: reason + "r").excess?.contains("reason") == true)
        #expect(ControlRequest(.queueDelete, by: name + "n").excess?.contains("name") == true)
    }

    @Test func `A socket that nobody serves is said to be so`() async throws {
        await #expect(throws: ControlClient.Unreachable.self) {
            try await ControlClient(path: path).ask(ControlRequest(.status)) { _ in }
        }
    }

    @Test func `The socket is gone when the server has stopped`() async throws {
        let server = ControlServer(path: path, group: NIOSingletons.posixEventLoopGroup) { _, _, emit in
            try await emit(.end(count: 0))
        }
        try await with(server) {
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o660)
        }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func `what is no request is refused as bad input, and the next one is answered`() async throws {
        let server = ControlServer(path: path, group: NIOSingletons.posixEventLoopGroup) { _, _, emit in
            try await emit(.end(count: 7))
        }
        try await with(server) {
            let channel = try await ClientBootstrap(group: NIOSingletons.posixEventLoopGroup)
                .connect(unixDomainSocketPath: path) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(LineDecoder(limit: 8192)))
                        return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                    }
                }
            try await channel.executeThenClose { inbound, outbound in
                var lines = inbound.makeAsyncIterator()
                for bad in ["{}", "nonsense", "{\"verb\":\"queue.burn\"}", "[]", ""] {
                    try await outbound.write(ByteBuffer(string: bad + "\n"))
                    let answer = try #require(try await lines.next())
                    guard
                        case .failure(let sentence, let exit) =
                            try JSONDecoder().decode(ControlAnswer.self, from: Data(answer.readableBytesView))
                    else {
                        Issue.record("\(bad) was taken")
                        continue
                    }
                    #expect(exit == 65)
                    #expect(sentence.hasPrefix("the request cannot be read ("))
                }
                try await outbound.write(ByteBuffer(string: "{\"verb\":\"status\"}\n"))
                let answer = try #require(try await lines.next())
                #expect(String(buffer: answer).contains("7"))
            }
        }
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

import Delivery
import MailFormat
import NIOCore
import NIOEmbedded
import NIOSSL
import SMTPProtocol
import SMTPTesting
import SMTPTransport
import StatusCodes
import Testing

/// A session on a testing channel.
struct TestingSession {
    let channel: NIOAsyncTestingChannel
    let host: ScriptedHost

    init(_ host: ScriptedHost, tls: NIOSSLContext? = nil) async throws {
        self.host = host
        let channel = NIOAsyncTestingChannel()
        self.channel = channel
        let listener = ServerListener(
            name: "test",
            configuration: host.world.configuration,
            tls: tls,
            wallClock: { Timestamp(seconds: 1_767_225_600) }
        )
        try await channel.testingEventLoop.executeInContext {
            try channel.pipeline.syncOperations.addHandler(ReadCounter(), name: "counter")
            try ServerPipeline.configure(channel, listener: listener, host: host)
        }
        try await channel.connect(to: SocketAddress(unixDomainSocketPath: "/test"))
    }

    func say(_ text: String) async throws { try await channel.writeInbound(ByteBuffer(string: text)) }

    func writes() async throws -> [String] {
        var writes: [String] = []
        while let buffer = try await channel.readOutbound(as: ByteBuffer.self) { writes.append(String(buffer: buffer)) }
        return writes
    }

    func heard() async throws -> String { try await writes().joined() }

    /// How often the socket was asked for more.
    func reads() async throws -> Int {
        let channel = channel
        return try await channel.testingEventLoop.executeInContext {
            try channel.pipeline.syncOperations.handler(type: ReadCounter.self).count
        }
    }

    /// Answers the latest question for a verdict.
    func give(_ verdict: Verdict) async throws {
        let answer = try #require(host.account.verdicts.last)
        try await channel.testingEventLoop.executeInContext { answer.fulfilOnLoop(verdict) }
    }

    /// Answers the latest commit.
    func commit(_ reply: Reply) async throws {
        let answer = try #require(host.account.commits.last)
        try await channel.testingEventLoop.executeInContext { answer.fulfilOnLoop(reply) }
    }

    /// Runs the loop until something that another thread does has arrived.
    func settle(_ isDone: @Sendable () -> Bool) async throws {
        for _ in 0..<10_000 where !isDone() {
            await channel.testingEventLoop.run()
            await Task.yield()
        }
        await channel.testingEventLoop.run()
    }
}

/// Counts how often the channel below is asked to read.
private final class ReadCounter: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    private(set) var count = 0

    func read(context: ChannelHandlerContext) {
        count += 1
        context.read()
    }
}

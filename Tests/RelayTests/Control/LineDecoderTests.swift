import NIOCore
import NIOEmbedded
import Relay
import Testing

/// Lines of the control socket.
@Suite struct LineDecoderTests {
    private static let limit = 100

    private func channel() async throws -> NIOAsyncTestingChannel {
        let channel = NIOAsyncTestingChannel()
        try await channel.testingEventLoop.executeInContext {
            try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(LineDecoder(limit: Self.limit)))
        }
        try await channel.connect(to: SocketAddress(unixDomainSocketPath: "/test"))
        return channel
    }

    private func lines(_ channel: NIOAsyncTestingChannel) async throws -> [String] {
        var lines: [String] = []
        while let line = try await channel.readInbound(as: ByteBuffer.self) { lines.append(String(buffer: line)) }
        return lines
    }

    @Test(arguments: [["{}\n{\"a\":1}\n"], ["{", "}", "\n{\"a\"", ":1}\n"]])
    func `lines are found however they come`(pieces: [String]) async throws {
        let channel = try await channel()
        for piece in pieces { try await channel.writeInbound(ByteBuffer(string: piece)) }
        #expect(try await lines(channel) == ["{}", "{\"a\":1}"])
    }

    @Test func `a line of the limit is taken, a longer one is an error and never given out`() async throws {
        let channel = try await channel()
        let line = String(repeating: "x", count: Self.limit)
        try await channel.writeInbound(ByteBuffer(string: line + "\n"))
        #expect(try await lines(channel) == [line])
        await #expect(throws: LineDecoder.LineTooLong.self) {
            for _ in 0...Self.limit { try await channel.writeInbound(ByteBuffer(string: "x")) }
        }
        #expect(try await lines(channel).isEmpty)
    }

    @Test func `a line without its end is none`() async throws {
        let channel = try await channel()
        try await channel.writeInbound(ByteBuffer(string: "{}"))
        try await channel.close()
        #expect(try await lines(channel).isEmpty)
    }
}

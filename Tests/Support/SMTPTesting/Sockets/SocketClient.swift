import NIOCore
import NIOPosix

/// An SMTP client over a socket that a test leads step by step.
package final class SocketClient: Sendable {
    private let channel: any Channel
    private let lines: AsyncStream<String>

    /// What a connection that has ended says.
    package static let closed = "closed"

    /// A server said something else than the test needs to go on.
    package struct Unexpected: Error, CustomStringConvertible {
        /// What was expected, and what came.
        package let description: String
    }

    /// Connects to a port of 127.0.0.1; nothing is read yet.
    package init(port: Int) async throws {
        let (lines, continuation) = AsyncStream<String>.makeStream()
        self.lines = lines
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(LineKeeper(continuation))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
    }

    /// The next reply, its lines joined by LF; `closed` when there is none any more.
    package func reply() async -> String {
        var reply: [String] = []
        var iterator = lines.makeAsyncIterator()
        while let line = await iterator.next() {
            reply.append(line)
            if line.utf8.dropFirst(3).first != UInt8(ascii: "-") { return reply.joined(separator: "\n") }
        }
        return Self.closed
    }

    /// Sends octets; a server that has closed does not read them, and says so in its next reply.
    package func send(_ text: String) async { try? await channel.writeAndFlush(ByteBuffer(string: text)) }

    /// Sends one command; the reply to it.
    package func ask(_ command: String) async -> String {
        await send(command + "\r\n")
        return await reply()
    }

    /// Takes the greeting and says EHLO.
    package func begin() async throws {
        try expect("220 ", await reply())
        try expect("250", await ask("EHLO client.example"))
    }

    /// Begins a transaction and goes as far as the 354.
    package func beginContent(from sender: String = "a@example.org", to recipients: [String]) async throws {
        try expect("250 ", await ask("MAIL FROM:<\(sender)>"))
        for recipient in recipients { try expect("250 ", await ask("RCPT TO:<\(recipient)>")) }
        try expect("354 ", await ask("DATA"))
    }

    /// Sends a message of so many octets; the reply to its final dot, or the first that does not let it go on.
    package func submit(from sender: String = "a@example.org", to recipient: String, byteCount: Int = 64) async
        -> String
    {
        for command in ["MAIL FROM:<\(sender)>", "RCPT TO:<\(recipient)>", "DATA"] {
            let reply = await ask(command)
            guard reply.hasPrefix("2") || reply.hasPrefix("3") else {
                _ = await ask("RSET")
                return reply
            }
        }
        let line = String(repeating: "x", count: 76) + "\r\n"
        await send("Subject: x\r\n\r\n" + String(repeating: line, count: byteCount / 78 + 1) + ".\r\n")
        return await reply()
    }

    /// Ends the connection.
    package func close() async { try? await channel.close() }

    private func expect(_ start: String, _ reply: String) throws {
        guard reply.hasPrefix(start) else { throw Unexpected(description: "expected \(start), heard \(reply)") }
    }
}

/// Hands lines over to whoever reads them.
private final class LineKeeper: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let continuation: AsyncStream<String>.Continuation
    private var unfinished = ByteBuffer()

    init(_ continuation: AsyncStream<String>.Continuation) { self.continuation = continuation }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = Self.unwrapInboundIn(data)
        unfinished.writeBuffer(&bytes)
        while let end = unfinished.readableBytesView.firstIndex(of: 0x0A) {
            let line = unfinished.readString(length: end - unfinished.readerIndex) ?? ""
            unfinished.moveReaderIndex(forwardBy: 1)
            continuation.yield(line.last == "\r" ? String(line.dropLast()) : line)
        }
        unfinished.discardReadBytes()
    }

    func channelInactive(context: ChannelHandlerContext) { continuation.finish() }

    // A reset is the end of the connection, too.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

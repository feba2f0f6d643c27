import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// An SMTP client that says what a test tells it and gives the replies back.
final class TestClient: Sendable {
    private let channel: any Channel
    private let inbox: AsyncThrowingStream<[UInt8], any Error>
    private let pending = Mutex<[UInt8]>([])
    private let first = Mutex("")

    /// What the server said first.
    var greeting: String { first.withLock { $0 } }

    /// The certificate that the server showed; nil in clear.
    var certificate: NIOSSLCertificate? { shown.certificate.withLock { $0 } }
    private let shown = Shown()

    private final class Shown: Sendable {
        let certificate = Mutex<NIOSSLCertificate?>(nil)
    }

    /// Connects, with TLS from the first octet if there is a context, and reads the greeting.
    init(to address: SocketAddress, tls: NIOSSLContext? = nil) async throws {
        let (stream, continuation) = AsyncThrowingStream<[UInt8], any Error>.makeStream()
        inbox = stream
        let shown = shown
        channel = try await ClientBootstrap(group: NIOSingletons.posixEventLoopGroup)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        let handler = try NIOSSLClientHandler(
                            context: tls,
                            serverHostname: nil,
                            customVerificationCallback: { chain, verdict in
                                shown.certificate.withLock { $0 = chain.first }
                                verdict.succeed(.certificateVerified)
                            }
                        )
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    try channel.pipeline.syncOperations.addHandler(Receiver(continuation))
                }
            }
            .connect(to: address).get()
        let line = try await reply().last ?? ""
        first.withLock { $0 = line }
    }

    /// Says a line and returns the last line of the reply.
    func say(_ line: String) async throws -> String { try await ask(line).last ?? "" }

    /// Says a line and returns all lines of the reply.
    func ask(_ line: String) async throws -> [String] {
        try await channel.writeAndFlush(ByteBuffer(string: line + "\r\n"))
        return try await reply()
    }

    /// A whole transaction; the reply to its final dot, or the first refusal before it.
    func send(from sender: String, to recipients: [String], _ content: String) async throws -> String {
        for command in ["MAIL FROM:<\(sender)>"] + recipients.map({ "RCPT TO:<\($0)>" }) {
            let reply = try await say(command)
            guard reply.hasPrefix("250 ") else { return reply }
        }
        _ = try await say("DATA")
        return try await say(content + ".")
    }

    /// Ends the session.
    func quit() async throws {
        _ = try await say("QUIT")
        try? await channel.close()
    }

    /// Hangs up.
    func close() { channel.close(promise: nil) }

    private struct Closed: Error {}

    private func reply() async throws -> [String] {
        var chunks = inbox.makeAsyncIterator()
        var lines: [String] = []
        while true {
            if let line = nextLine() {
                lines.append(line)
                // A line with a hyphen behind its code is not the last one.
                if !line.dropFirst(3).hasPrefix("-") { return lines }
            } else if let chunk = try await chunks.next() {
                pending.withLock { $0 += chunk }
            } else {
                throw Closed()
            }
        }
    }

    private func nextLine() -> String? {
        pending.withLock { pending in
            guard let end = pending.firstIndex(of: 0x0A) else { return nil }
            let line = String(decoding: pending[..<end].filter { $0 != 0x0D }, as: UTF8.self)
            pending.removeFirst(end + 1)
            return line
        }
    }
}

private final class Receiver: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let continuation: AsyncThrowingStream<[UInt8], any Error>.Continuation

    init(_ continuation: AsyncThrowingStream<[UInt8], any Error>.Continuation) { self.continuation = continuation }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        continuation.yield(Array(unwrapInboundIn(data).readableBytesView))
    }

    func channelInactive(context: ChannelHandlerContext) { continuation.finish() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        continuation.finish(throwing: error)
        context.close(promise: nil)
    }
}

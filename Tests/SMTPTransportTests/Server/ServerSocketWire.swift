import MailFormat
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import SMTPProtocol
import SMTPTesting
import SMTPTransport

/// A server session behind a real socket on loopback; the fixture plays its client.
final class ServerSocketWire: DialogueWire {
    private let host: ScriptedHost
    private let server: any Channel
    private let client: any Channel
    private let accepted: EventLoopFuture<any Channel>
    private let events: Inbox
    let knowsSilence = false

    /// Listens on a free port and connects to it.
    init(_ host: ScriptedHost) async throws {
        self.host = host
        let certificate = try TestCertificate.shared.get()
        let listener = ServerListener(
            name: "test",
            configuration: host.world.configuration,
            tls: host.world.hasCertificate ? certificate.server : nil,
            wallClock: { Timestamp(seconds: 1_767_225_600) }
        )
        let group = MultiThreadedEventLoopGroup.singleton
        let acceptance = group.next().makePromise(of: (any Channel).self)
        self.accepted = acceptance.futureResult
        self.server = try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                acceptance.succeed(channel)
                return channel.eventLoop.makeCompletedFuture {
                    try ServerPipeline.configure(channel, listener: listener, host: host)
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let inbox = Inbox()
        self.events = inbox
        guard let address = server.localAddress else { throw ChannelError.unknownLocalAddress }
        self.client = try await ClientBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Receiver(inbox))
                }
            }
            .connect(to: address).get()
    }

    /// Closes everything and waits until the server has let go.
    func shutDown() async throws {
        try? await client.close()
        let session = try await accepted.get()
        try await session.closeFuture.get()
        try await server.close()
    }

    func send(_ bytes: [UInt8]) async throws {
        // A server that has closed reads no more; whether it should have, the fixture says.
        try? await client.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    func receive() async throws -> WireEvent { await events.next() }

    func advance(by duration: Duration) async throws {
        struct NoClock: Error {}
        throw NoClock()
    }

    func secure() async throws {
        let tls = try TestCertificate.shared.get().client
        let promise = client.eventLoop.makePromise(of: Void.self)
        let client = self.client
        try await client.eventLoop.submit {
            let handler = try NIOSSLClientHandler(context: tls, serverHostname: "mx.example.net")
            try client.pipeline.syncOperations.addHandlers([handler, Handshake(promise)], position: .first)
        }.get()
        try await promise.futureResult.get()
    }

    func drain() async throws {
        let session = try await accepted.get()
        session.pipeline.fireUserInboundEventTriggered(DrainSession())
    }

    func close() async throws {
        try? await client.close()
        let session = try await accepted.get()
        try await session.closeFuture.get()
    }

    func state() async throws -> [String: String] { host.world.state }
}

/// What came in, for one reader.
private final class Inbox: Sendable {
    private let stream: AsyncStream<WireEvent>
    private let continuation: AsyncStream<WireEvent>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func put(_ event: WireEvent) { continuation.yield(event) }

    func next() async -> WireEvent {
        var iterator = stream.makeAsyncIterator()
        return await iterator.next() ?? .closed
    }
}

private final class Receiver: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let inbox: Inbox

    init(_ inbox: Inbox) { self.inbox = inbox }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        inbox.put(.bytes(Array(unwrapInboundIn(data).readableBytesView)))
    }

    func channelInactive(context: ChannelHandlerContext) { inbox.put(.closed) }

    // The client's side of a test has nothing to do about errors but to close.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

private final class Handshake: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let promise: EventLoopPromise<Void>

    init(_ promise: EventLoopPromise<Void>) { self.promise = promise }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent { promise.succeed() }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(error)
        context.fireErrorCaught(error)
    }
}

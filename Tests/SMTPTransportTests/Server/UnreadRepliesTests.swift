import MailFormat
import NIOCore
import NIOPosix
import SMTPTesting
import SMTPTransport
import Testing

/// A client that sends and sends, and does not read what is said to it.
@Suite(.timeLimit(.minutes(2))) struct `Unread replies` {
    /// What the channel lets gather before it calls itself unwritable: NIO's default.
    private static let watermark = 64 * 1024
    /// The replies of one read: at most 64 KiB of commands of 16 octets, each with a reply of at most 80.
    private static let oneRead = 64 * 1024 / 16 * 80
    /// Space in the kernel's buffers: little, so that it is full before the client has sent what it has.
    private static let kernelBuffer: SocketOptionValue = 4096

    private func start(_ host: ScriptedHost, _ deaf: EventLoopPromise<any Channel>) async throws -> any Channel {
        let listener = ServerListener(
            name: "test",
            configuration: host.world.configuration,
            wallClock: { Timestamp(seconds: 1_767_225_600) }
        )
        return try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.socketOption(.so_sndbuf), value: Self.kernelBuffer)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Watch(deaf))
                    try ServerPipeline.configure(channel, listener: listener, host: host)
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    /// A client that is told when so many lines were said to it.
    private func connect(
        to server: any Channel,
        reads: Bool,
        until count: Int,
        _ reached: EventLoopPromise<Void>
    ) async throws -> any Channel {
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: reads)
            .channelOption(.socketOption(.so_rcvbuf), value: Self.kernelBuffer)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(LineCounter(until: count, reached))
                }
            }
            .connect(to: try #require(server.localAddress)).get()
    }

    @Test func `they are bounded, others are served, and none is lost when the client reads at last`() async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let host = ScriptedHost(try ScriptedWorld(Dialogue(name: "world", text: "")))
        let deaf = loop.makePromise(of: (any Channel).self)
        let server = try await start(host, deaf)
        // Greeting, reply to HELO, and one for each command: more than kernel and channel hold together.
        let pairs = 8000
        let all = loop.makePromise(of: Void.self)
        let client = try await connect(to: server, reads: false, until: 2 + 2 * pairs, all)
        let commands = "HELO c.example\r\n" + String(repeating: "MAIL FROM:<b@example.org>\r\nRSET\r\n", count: pairs)
        async let sent: Void = client.writeAndFlush(ByteBuffer(string: commands))

        let session = try await deaf.futureResult.get()
        let gathered = try await session.getOption(.bufferedWritableBytes).get()
        #expect(gathered > Self.watermark)
        #expect(gathered <= Self.watermark + Self.oneRead)

        let served = loop.makePromise(of: Void.self)
        let other = try await connect(to: server, reads: true, until: 4, served)
        try await other.writeAndFlush(ByteBuffer(string: "HELO c.example\r\nNOOP\r\nQUIT\r\n"))
        try await served.futureResult.get()
        try await other.closeFuture.get()
        // Nothing was read from the deaf one meanwhile, so nothing was added.
        #expect(try await session.getOption(.bufferedWritableBytes).get() <= gathered)
        #expect(session.isActive)

        try await client.setOption(.autoRead, value: true).get()
        try await all.futureResult.get()
        try await sent
        #expect(session.isActive)
        try await client.close()
        try await session.closeFuture.get()
        try await server.close()
        #expect(host.account.closed.map(\.errorCount) == [0, 0])
        #expect(host.account.closed.map(\.commandCount).max() == 1 + 2 * pairs)
    }
}

/// Tells which channel became unwritable first.
private final class Watch: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let deaf: EventLoopPromise<any Channel>

    init(_ deaf: EventLoopPromise<any Channel>) { self.deaf = deaf }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if !context.channel.isWritable { deaf.succeed(context.channel) }
        context.fireChannelWritabilityChanged()
    }
}

/// Counts lines, up to a number that is waited for.
private final class LineCounter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private var missing: Int
    private let reached: EventLoopPromise<Void>

    init(until count: Int, _ reached: EventLoopPromise<Void>) {
        self.missing = count
        self.reached = reached
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard missing > 0 else { return }
        missing -= Self.unwrapInboundIn(data).readableBytesView.count { $0 == 0x0A }
        if missing <= 0 { reached.succeed() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if missing > 0 { reached.fail(ChannelError.eof) }
    }
}

import MailFormat
import NIOCore
import SMTPProtocol

/// Takes the PROXY header from the front of a connection, says whose it is, and leaves the pipeline.
///
/// It stands before TLS: the proxy speaks in clear, whatever its client does behind it. Only named networks may send
/// one, and they must (§3.1 of the PROXY protocol).
final class ProxyHeaderHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// How long a proxy may take: it has the header before it connects.
    static let timeout: TimeAmount = .seconds(10)

    private let proxies: [IPNetwork]
    private var buffer = ByteBuffer()
    private var timer: Scheduled<Void>?
    private var isDone = false

    /// A handler that takes a header from these networks, and lets everybody else pass.
    init(trusting proxies: [IPNetwork]) { self.proxies = proxies }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { begin(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        begin(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDone else { return context.fireChannelRead(data) }
        var bytes = unwrapInboundIn(data)
        buffer.writeBuffer(&bytes)
        switch ProxyHeader.read(buffer.readableBytesUInt8Span) {
        case .incomplete: break
        case .malformed: context.close(promise: nil)
        case .header(let header, let count):
            buffer.moveReaderIndex(forwardBy: count)
            finish(context, header.client.flatMap(Self.address))
        }
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard !isDone, timer == nil else { return }
        guard isProxy(context.remoteAddress) else { return finish(context, nil) }
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: Self.timeout) { bound.value.close(promise: nil) }
    }

    private func isProxy(_ address: SocketAddress?) -> Bool {
        guard let text = address?.ipAddress, let ip = IPAddress(text)?.unmapped else { return false }
        return proxies.contains { $0.contains(ip) }
    }

    private func finish(_ context: ChannelHandlerContext, _ client: SocketAddress?) {
        isDone = true
        timer?.cancel()
        context.fireUserInboundEventTriggered(ProxiedPeer(address: client))
        if buffer.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(buffer)) }
        buffer = ByteBuffer()
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    private static func address(_ client: IPEndpoint) -> SocketAddress? {
        try? SocketAddress(ipAddress: client.address.description, port: Int(client.port))
    }
}

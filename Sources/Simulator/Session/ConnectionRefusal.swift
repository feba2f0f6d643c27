import NIOCore
import StatusCodes

/// Plays a host at which the connection itself fails: a reply in place of the greeting and the end, or the end alone.
final class ConnectionRefusal: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let reply: Reply

    init(_ reply: Reply) { self.reply = reply }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { refuse(context) }
    }

    func channelActive(context: ChannelHandlerContext) { refuse(context) }

    // Nothing that comes is read by anybody.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

    private func refuse(_ context: ChannelHandlerContext) {
        guard !isSilent else { return context.close(promise: nil) }
        var bytes: [UInt8] = []
        reply.render(into: &bytes)
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)))
            .whenComplete { _ in channel.close(promise: nil) }
    }

    /// A network that does not carry the connection has no voice: X.4.Y is seen by its silence.
    private var isSilent: Bool { reply.status.map { StatusSubject.network ~= $0 } ?? false }
}

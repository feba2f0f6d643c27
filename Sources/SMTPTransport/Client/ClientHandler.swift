import NIOCore
import NIOTLS

/// Hands a channel's events to the driver; nothing else.
final class ClientHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let driver: ClientDriver

    init(_ driver: ClientDriver) { self.driver = driver }

    func channelActive(context: ChannelHandlerContext) {
        driver.opened(context.channel)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        driver.read(&buffer)
    }

    func channelInactive(context: ChannelHandlerContext) {
        driver.inactive()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent { driver.handshakeCompleted() }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { driver.failed(error) }
}

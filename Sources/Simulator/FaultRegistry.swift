import NIOConcurrencyHelpers
package import NIOCore
import SMTPTransport

/// Breaks connections on demand: drops them, or says something that is no reply.
///
/// Sits at the network's end of each pipeline, found by the client's endpoint.
package final class FaultRegistry: Sendable {
    private let injectors = NIOLockedValueBox<[String: NIOLoopBound<FaultInjector>]>([:])

    /// An empty registry.
    package init() {}

    /// Puts an injector into a new connection.
    package func install(in channel: any Channel) throws {
        guard let address = channel.remoteAddress else { return }
        let key = Self.key(address.ipAddress, address.port)
        let injector = FaultInjector()
        try channel.pipeline.syncOperations.addHandler(injector)
        injectors.withLockedValue { $0[key] = NIOLoopBound(injector, eventLoop: channel.eventLoop) }
        channel.closeFuture.whenComplete { _ in
            _ = self.injectors.withLockedValue { $0.removeValue(forKey: key) }
        }
    }

    /// Closes the connection without a word; to be called on its loop.
    func drop(_ peer: PeerInfo) { injector(of: peer)?.value.drop() }

    /// Replaces the next reply by garbage; to be called on its loop.
    func garble(_ peer: PeerInfo) { injector(of: peer)?.value.garblesNext = true }

    private func injector(of peer: PeerInfo) -> NIOLoopBound<FaultInjector>? {
        let key = Self.key(peer.address?.ipAddress, peer.address?.port)
        return injectors.withLockedValue { $0[key] }
    }

    private static func key(_ address: String?, _ port: Int?) -> String { "\(address ?? "") \(port ?? 0)" }
}

/// The handler that does it.
final class FaultInjector: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    var garblesNext = false
    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    /// Closes after this turn of the loop: the session that asks is in the middle of its own.
    func drop() {
        guard let context else { return }
        let channel = context.channel
        context.eventLoop.execute { channel.close(promise: nil) }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard garblesNext else { return context.write(data, promise: promise) }
        garblesNext = false
        // Neither digits nor text: what a broken proxy or a web server might say.
        context.write(
            Self.wrapOutboundOut(ByteBuffer(bytes: [0xFF, 0x00, 0x7F, 0x3C, 0x68, 0x31, 0x3E, 0x0D, 0x0A])),
            promise: promise
        )
    }
}

package import NIOCore
import NIOPosix
import SMTPProtocol
package import SMTPTransport

/// One listening socket: accepts connections and gives each its session.
package final class ListenerService: Sendable {
    /// Where it listens, once it does.
    package let address: SocketAddress
    private let channel: any Channel
    private let connections: OpenChannels

    private init(channel: any Channel, address: SocketAddress, connections: OpenChannels) {
        self.channel = channel
        self.address = address
        self.connections = connections
    }

    /// The queue of connections that the kernel has accepted and we have not.
    private static let backlog: Int32 = 1024

    /// Binds and begins to accept.
    package static func start(
        host: String,
        port: Int,
        settings: @escaping @Sendable () -> ServerListener,
        sessions: any SessionHost,
        group: any EventLoopGroup
    ) async throws -> ListenerService {
        let connections = OpenChannels()
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                connections.add(channel)
                return channel.eventLoop.makeCompletedFuture {
                    try ServerPipeline.configure(channel, listener: settings(), host: sessions)
                }
            }
            .bind(host: host, port: port).get()
        guard let address = channel.localAddress else { throw ChannelError.unknownLocalAddress }
        return ListenerService(channel: channel, address: address, connections: connections)
    }

    /// Accepts nothing more; sessions hear 421 when they say something next, and are closed after the deadline.
    package func stop(within limit: TimeAmount) async {
        try? await channel.close().get()
        await connections.drain(within: limit)
    }
}

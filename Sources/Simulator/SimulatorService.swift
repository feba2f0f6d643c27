package import MailFormat
package import NIOCore
import NIOPosix
import SMTPProtocol
package import SMTPTransport
package import StatusCodes

/// The status simulator: an SMTP sink whose recipients choose their fate.
package final class SimulatorService: Sendable {
    /// Where it listens.
    package let address: SocketAddress
    private let channel: any Channel

    private init(channel: any Channel, address: SocketAddress) {
        self.channel = channel
        self.address = address
    }

    /// Starts a simulator.
    ///
    /// - Parameters:
    ///   - host: where to listen.
    ///   - port: 0 for any free one.
    ///   - name: what it calls itself.
    ///   - group: its event loops.
    ///   - wallClock: for trace fields.
    ///   - taken: keeps a message and gives the reply to its final dot.
    /// - Returns: A simulator that listens.
    /// - Throws: The system's error when it cannot.
    package static func start(
        host: String,
        port: Int,
        name: String,
        group: any EventLoopGroup,
        wallClock: @escaping @Sendable () -> Timestamp,
        taken: @escaping @Sendable (ReceivedMessage) -> Reply
    ) async throws -> SimulatorService {
        var limits = ServerLimits()
        // A tester's own loops must not be turned away.
        limits.errors = 100_000
        let listener = ServerListener(
            name: "simulator",
            configuration: ServerConfiguration(hostname: name, role: .mx, limits: limits),
            wallClock: wallClock
        )
        let faults = FaultRegistry()
        let sessions = SimulatorHost(faults: faults, taken: taken)
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try faults.install(in: channel)
                    try ServerPipeline.configure(channel, listener: listener, host: sessions)
                }
            }
            .bind(host: host, port: port).get()
        guard let address = channel.localAddress else { throw ChannelError.unknownLocalAddress }
        return SimulatorService(channel: channel, address: address)
    }

    /// Stops listening; open connections go with the event loops.
    package func stop() async throws { try await channel.close().get() }
}

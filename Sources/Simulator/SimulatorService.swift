package import MailFormat
package import NIOCore
import NIOPosix
package import SMTPProtocol
package import SMTPTransport
package import StatusCodes

/// The status simulator: an SMTP sink whose recipients choose their fate.
package final class SimulatorService: Sendable {
    /// Where it listens.
    package let address: SocketAddress
    private let channel: any Channel
    private let correspondence: Correspondence

    private init(channel: any Channel, address: SocketAddress, correspondence: Correspondence) {
        self.channel = channel
        self.address = address
        self.correspondence = correspondence
    }

    /// What a session may do: a tester's loops must not be turned away, and `slow-Ns` must not be cut short.
    package static let limits: ServerLimits = {
        let patience = 100_000
        var limits = ServerLimits()
        limits.errors = patience
        limits.refusedRecipients = patience
        limits.idleCommands = patience
        limits.verdictTimeout = Fate.longestWait + .seconds(60)
        return limits
    }()

    /// Starts a simulator.
    ///
    /// - Parameters:
    ///   - host: where to listen.
    ///   - port: 0 for any free one.
    ///   - name: what it calls itself.
    ///   - group: its event loops.
    ///   - opening: what is said, of stage `greeting` or `connect`, to everybody who connects; nil lets them in.
    ///   - answers: where answers by mail go.
    ///   - wallClock: for trace fields and answers.
    ///   - noted: hears why an answer could not be sent.
    ///   - taken: keeps a message and gives the reply to its final dot.
    /// - Returns: A simulator that listens.
    /// - Throws: The system's error when it cannot.
    package static func start(
        host: String,
        port: Int,
        name: String,
        group: any EventLoopGroup,
        opening: StagedReply? = nil,
        answers: AnswerRoute = .nowhere,
        wallClock: @escaping @Sendable () -> Timestamp,
        noted: @escaping @Sendable (String) -> Void = { _ in },
        taken: @escaping @Sendable (ReceivedMessage) -> Reply
    ) async throws -> SimulatorService {
        let correspondence = Correspondence(
            name: name,
            route: answers,
            wallClock: wallClock,
            post: MailPost(name: name, group: group, noted: noted)
        )
        let reception = Reception(
            desk: SimulatorDesk(correspondence: correspondence, taken: taken),
            opening: opening,
            name: name,
            wallClock: wallClock
        )
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try reception.welcome(channel) }
            }
            .bind(host: host, port: port).get()
        guard let address = channel.localAddress else { throw ChannelError.unknownLocalAddress }
        return SimulatorService(channel: channel, address: address, correspondence: correspondence)
    }

    /// Answers by mail go there from now on: for a relay whose address is known only once it knows the simulator's.
    package func answersGo(to route: AnswerRoute) { correspondence.go(route) }

    /// Stops listening; open connections go with the event loops.
    package func stop() async throws { try await channel.close().get() }
}

/// Sets up each connection of a simulator.
private struct Reception: Sendable {
    let desk: SimulatorDesk
    let opening: StagedReply?
    let name: String
    let wallClock: @Sendable () -> Timestamp

    /// Puts the handlers into a new connection's pipeline; to be called on its loop.
    func welcome(_ channel: any Channel) throws {
        let pipeline = channel.pipeline.syncOperations
        if let opening, opening.stage == .connect { return try pipeline.addHandler(ConnectionRefusal(opening.reply)) }
        let faults = FaultInjector()
        try pipeline.addHandler(faults)
        let session = SimulatedSession(
            desk,
            faults: NIOLoopBound(faults, eventLoop: channel.eventLoop),
            greeting: opening.flatMap { $0.reply.isRefusal ? $0.reply : nil }
        )
        var configuration = ServerConfiguration(hostname: name, role: .mx, limits: SimulatorService.limits)
        configuration.rehearsal = session
        let listener = ServerListener(name: "simulator", configuration: configuration, wallClock: wallClock)
        try ServerPipeline.configure(channel, listener: listener, host: session)
    }
}

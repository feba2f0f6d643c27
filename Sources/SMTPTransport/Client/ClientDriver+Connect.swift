import NIOCore
import NIOPosix
import SMTPProtocol

extension ClientDriver {
    func connect(to address: SocketAddress, from source: SocketAddress?) {
        // The bootstrap's closures are Sendable; they run on this loop.
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        var bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(configuration.connectTimeout)
            // Flights are written whole: waiting for more to send only delays them.
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try bound.value.install(in: channel) }
            }
        if let source { bootstrap = bootstrap.bind(to: source) }
        bootstrap.connect(to: address).assumeIsolated()
            .whenFailure { [self] error in
                // A failure may be there at once, before the owner has set its callbacks.
                eventLoop.assumeIsolated().execute { self.unreachable(error) }
            }
    }

    /// Puts the handlers into a channel that is not active yet.
    func install(in channel: any Channel) throws {
        if configuration.settings.tls == .implicit, let handler = try tlsHandler() {
            try channel.pipeline.syncOperations.addHandler(handler)
        }
        try channel.pipeline.syncOperations.addHandler(ClientHandler(self))
    }
}

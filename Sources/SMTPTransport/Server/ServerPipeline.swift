package import NIOCore
import NIOSSL
import SMTPProtocol

/// Puts the handlers of a server session into a new connection's pipeline.
package enum ServerPipeline {
    /// Call it in the child channel's initialiser, on its event loop.
    package static func configure(
        _ channel: any Channel,
        listener: ServerListener,
        host: any SessionHost
    ) throws {
        let pipeline = channel.pipeline.syncOperations
        if !listener.proxies.isEmpty { try pipeline.addHandler(ProxyHeaderHandler(trusting: listener.proxies)) }
        if listener.configuration.tls == .implicit, let tls = listener.tls {
            try pipeline.addHandler(NIOSSLServerHandler(context: tls))
        }
        try pipeline.addHandler(ServerHandler(listener: listener, host: host, on: channel.eventLoop))
    }
}

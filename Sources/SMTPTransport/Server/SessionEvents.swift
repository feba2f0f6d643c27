import NIOCore
import SMTPProtocol

/// Fire it through a session's pipeline when the server goes down: 421 now, or after the message that is on its way.
package struct DrainSession: Sendable {
    /// Makes the event.
    package init() {}
}

/// It is settled who the client is: the PROXY header was read, or none is due.
struct ProxiedPeer: Sendable {
    /// The client that the header names; nil when the connection's own address counts.
    var address: SocketAddress?
}

extension PeerInfo {
    /// The record of a client.
    convenience init(_ listener: ServerListener, _ address: SocketAddress?, _ eventLoop: any EventLoop) {
        let text = address?.ipAddress ?? "unknown"
        // IPv4 clients of a dual-stack socket show as `::ffff:192.0.2.1`; people and rules know them by IPv4.
        let plain = text.hasPrefix("::ffff:") && text.contains(".") ? String(text.dropFirst(7)) : text
        self.init(
            listener: listener.name,
            role: listener.configuration.role,
            address: address,
            addressText: plain,
            port: address?.port ?? 0,
            eventLoop: eventLoop
        )
    }
}

extension SessionInstant {
    /// The event loop's clock as the session's.
    init(_ deadline: NIODeadline) { self.init(nanoseconds: Int64(clamping: deadline.uptimeNanoseconds)) }
}

extension NIODeadline {
    /// The session's clock as the event loop's.
    init(_ instant: SessionInstant) { self = .uptimeNanoseconds(UInt64(clamping: instant.nanoseconds)) }
}

package import NIOCore
package import SMTPProtocol

/// Who is at the other end of a connection, as far as the socket (or the PROXY header) says.
package final class PeerInfo: Sendable {
    /// Name of the listener in the configuration.
    package let listener: String
    /// The listener's role.
    package let role: ServerRole
    /// The client's address; the one of the PROXY header where one was taken.
    package let address: SocketAddress?
    /// The client's IP address as text, without port; `unknown` for sockets that have none.
    package let addressText: String
    /// The client's port; 0 where there is none.
    package let port: Int
    /// The event loop that owns the session.
    package let eventLoop: any EventLoop

    /// Makes a peer's record.
    package init(
        listener: String,
        role: ServerRole,
        address: SocketAddress?,
        addressText: String,
        port: Int,
        eventLoop: any EventLoop
    ) {
        self.listener = listener
        self.role = role
        self.address = address
        self.addressText = addressText
        self.port = port
        self.eventLoop = eventLoop
    }
}

/// What a session knows of its client.
///
/// A new value replaces it at EHLO, STARTTLS and AUTH; it never changes itself.
package final class SessionInfo: Sendable {
    /// The other end.
    package let peer: PeerInfo
    /// The name given in HELO or EHLO; empty before.
    package let helo: String
    /// Whether it said EHLO.
    package let isExtended: Bool
    /// The TLS connection's facts; nil in clear.
    package let tls: TLSFacts?
    /// The authenticated account; nil for strangers.
    package let account: String?

    /// Makes a session's record.
    package init(peer: PeerInfo, helo: String, isExtended: Bool, tls: TLSFacts?, account: String?) {
        self.peer = peer
        self.helo = helo
        self.isExtended = isExtended
        self.tls = tls
        self.account = account
    }
}

/// What is known about the TLS layer of a connection.
package struct TLSFacts: Hashable, Sendable {
    /// `TLSv1.3`, `TLSv1.2`.
    package var version: String
    /// The name the client asked for (SNI), where it did.
    package var serverName: String?

    /// Makes the facts.
    package init(version: String, serverName: String? = nil) {
        self.version = version
        self.serverName = serverName
    }
}

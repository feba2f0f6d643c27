package import MailFormat
package import NIOSSL
package import SMTPProtocol

/// What every connection of one listener shares; it listens all the time (RFC 5321 §4.5.4.2).
///
/// Replaced as a whole when the configuration or a certificate changes; open sessions keep the one they began with.
package struct ServerListener: Sendable {
    /// Its name in the configuration.
    package var name: String
    /// What its sessions may do.
    package var configuration: ServerConfiguration
    /// Certificate and key; needed for every TLS mode but none.
    package var tls: NIOSSLContext?
    /// Networks whose connections begin with a PROXY header, and are closed without one.
    ///
    /// A header from anybody else is a line that no command begins with: who may send one may claim to be anybody.
    package var proxies: [IPNetwork]
    /// The wall clock, for `Received` and `Date`.
    package var wallClock: @Sendable () -> Timestamp

    /// Makes a listener's settings.
    package init(
        name: String,
        configuration: ServerConfiguration,
        tls: NIOSSLContext? = nil,
        proxies: [IPNetwork] = [],
        wallClock: @escaping @Sendable () -> Timestamp
    ) {
        self.name = name
        self.configuration = configuration
        self.tls = tls
        self.proxies = proxies
        self.wallClock = wallClock
    }
}

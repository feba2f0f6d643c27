package import Delivery
package import NIOCore
package import NIOPosix
package import NIOSSL
package import SMTPProtocol

/// One connection to one address of a next hop, as a client: opened, greeted, secured and authenticated once, then
/// used for any number of transactions until the owner or the peer ends it.
///
/// It belongs to one event loop and is used on that loop only; every callback comes on that loop. One transaction may
/// be in work and one more may wait: with PIPELINING its commands ride behind the content of the first. There is no
/// task, no actor and no lock; a transaction costs one write and one read a round trip.
package final class ClientConnection {
    /// What a connection needs beside the session's own settings.
    package struct Configuration: Sendable {
        /// How the session behaves.
        package var settings: ClientSettings
        /// How TLS is made; nil: never.
        ///
        /// What is verified is the context's business: nothing, when opportunistic.
        package var tls: NIOSSLContext?
        /// The name for SNI and for verification; nil where there is none (an address).
        package var tlsServerName: String?
        /// How long opening the TCP connection may take.
        package var connectTimeout: TimeAmount
        /// How long an unused connection is kept before QUIT.
        package var idleTimeout: TimeAmount
        /// How often an unused connection is asked whether it lives (NOOP); nil: never.
        package var keepAlive: TimeAmount?
        /// Where blocking reads of content that is not resident happen.
        package var readPool: NIOThreadPool

        /// Makes a configuration; what is not named keeps its default.
        package init(
            settings: ClientSettings,
            tls: NIOSSLContext? = nil,
            tlsServerName: String? = nil,
            connectTimeout: TimeAmount = .seconds(30),
            idleTimeout: TimeAmount = .seconds(30),
            keepAlive: TimeAmount? = nil,
            readPool: NIOThreadPool
        ) {
            self.settings = settings
            self.tls = tls
            self.tlsServerName = tlsServerName
            self.connectTimeout = connectTimeout
            self.idleTimeout = idleTimeout
            self.keepAlive = keepAlive
            self.readPool = readPool
        }
    }

    /// Called once when greeting, EHLO, TLS and authentication are done; `capabilities` is known from here on.
    package var onReady: ((ClientConnection) -> Void)?
    /// Called once at the very end, after the reports of all transactions; nil: ended as asked, or idle too long.
    ///
    /// A failure of stage `tls` under opportunistic TLS means: once more to the same address with `tls` set to `.never`
    /// (`docs/design/rulings.md` §3).
    package var onEnd: ((ClientConnection, ClientFailure?) -> Void)?

    private let driver: ClientDriver

    private init(_ configuration: Configuration, on eventLoop: any EventLoop) {
        self.driver = ClientDriver(configuration, on: eventLoop)
        driver.owner = self
    }

    /// Starts to connect; transactions may be handed over at once, they wait until the session is ready.
    package static func connect(
        to address: SocketAddress,
        from source: SocketAddress? = nil,
        configuration: Configuration,
        on eventLoop: any EventLoop
    ) -> ClientConnection {
        eventLoop.preconditionInEventLoop()
        let connection = ClientConnection(configuration, on: eventLoop)
        connection.driver.connect(to: address, from: source)
        return connection
    }

    /// Drives a channel that somebody else opens; to be called before it is active.
    package static func over(_ channel: any Channel, configuration: Configuration) throws -> ClientConnection {
        channel.eventLoop.preconditionInEventLoop()
        let connection = ClientConnection(configuration, on: channel.eventLoop)
        try connection.driver.install(in: channel)
        return connection
    }

    /// What the peer announced; nil until the session is ready.
    package var capabilities: PeerCapabilities? { driver.session.capabilities }
    /// Whether the peer offers STARTTLS, as far as it has said what it offers; also before the session is ready.
    package var offersTLS: Bool { driver.session.offersTLS }
    /// Whether the session is encrypted.
    package var isEncrypted: Bool { driver.session.isEncrypted }
    /// Whether another transaction may be handed over now: fewer than two are here and the session goes on.
    package var canTakeTransaction: Bool { driver.session.canTakeTransaction }
    /// The name of the session's state, for logs and tests.
    package var stateName: String { driver.session.stateName }
    /// How many octets the peer has said, those of TLS not counted.
    package var receivedOctetCount: Int { driver.receivedOctetCount }
    /// Whether no transaction is here.
    package var isIdle: Bool { driver.session.isIdle }

    /// Takes a transaction; `canTakeTransaction` must be true.
    ///
    /// The report comes by `completion`, on the loop, always and once, also when the session fails.
    package func send(
        _ transaction: ClientTransaction,
        content: any MessageContent,
        completion: @escaping (TransactionReport) -> Void
    ) {
        driver.send(transaction, content, completion)
    }

    /// Ends the session with QUIT when what was handed over has its reports; nothing more is taken.
    package func close() { driver.close() }

    /// Ends the session now: what is in work is reported as lost.
    package func abort() { driver.abort() }
}

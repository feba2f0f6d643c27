import Delivery
import NIOCore
import NIOPosix
import NIOSSL
import SMTPProtocol
import SMTPTesting
import SMTPTransport

/// A client connection over a real socket on loopback; the fixture plays its server.
///
/// Both ends share one event loop. The server's end reads only when the fixture wants to hear something, so that a TLS
/// handshake is never read as text.
final class ClientSocketWire: DialogueWire {
    private let loop: any EventLoop
    private let listener: any Channel
    private let server: any Channel
    private let inbox = PeerInbox()
    private let owner: NIOLoopBound<ClientOwner>
    private let handshake: EventLoopPromise<Void>
    private let isImplicit: Bool
    private var sentCount = 0
    private var hasClosed = false
    let knowsSilence = false

    init(_ scenario: ClientScenario, readPool: NIOThreadPool) async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        self.loop = loop
        self.isImplicit = scenario.settings.tls == .implicit
        let certificate = try TestCertificate.shared.get()
        let handshake = loop.makePromise(of: Void.self)
        self.handshake = handshake
        let acceptance = loop.makePromise(of: (any Channel).self)
        let inbox = inbox
        let isImplicit = isImplicit
        let listener = try await ServerBootstrap(group: loop)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([PeerHandshake(handshake), PeerReceiver(inbox)])
                    if isImplicit {
                        let tls = NIOSSLServerHandler(context: certificate.server)
                        try channel.pipeline.syncOperations.addHandler(tls, position: .first)
                    }
                    acceptance.succeed(channel)
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        self.listener = listener
        guard let address = listener.localAddress else { throw ChannelError.unknownLocalAddress }
        var configuration = ClientConnection.Configuration(settings: scenario.settings, readPool: readPool)
        if scenario.settings.tls != .never {
            configuration.tls = certificate.client
            configuration.tlsServerName = "mx.example.net"
        }
        let wanted = configuration
        self.owner = try await loop.submit {
            let connection = ClientConnection.connect(to: address, configuration: wanted, on: loop)
            return NIOLoopBound(ClientOwner(scenario, connection, on: loop), eventLoop: loop)
        }.get()
        self.server = try await acceptance.futureResult.get()
    }

    /// Closes everything and waits until the client has let go.
    func shutDown() async throws {
        handshake.fail(ChannelError.ioOnClosedChannel)
        try? await server.close()
        try await listener.close()
        let owner = owner
        try await loop.submit { owner.value.connection.abort() }.get()
        try await loop.flatSubmit { owner.value.end.futureResult }.get()
    }

    func send(_ bytes: [UInt8]) async throws {
        sentCount += bytes.count
        // A client that has closed reads no more; whether it should have, the fixture says.
        try? await server.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    func receive() async throws -> WireEvent {
        if inbox.isEmpty { server.read() }
        return await inbox.next()
    }

    func advance(by duration: Duration) async throws {
        struct NoClock: Error {}
        throw NoClock()
    }

    func secure() async throws {
        let server = server
        if !isImplicit {
            let tls = try TestCertificate.shared.get().server
            try await loop.submit {
                try server.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls), position: .first)
            }.get()
        }
        try await server.setOption(.autoRead, value: true).get()
        try await handshake.futureResult.get()
    }

    func close() async throws {
        hasClosed = true
        try? await server.close()
    }

    func state() async throws -> [String: String] {
        // The client has read everything, or has ended; the suite's time limit bounds the wait.
        let owner = owner
        let expected = hasClosed ? nil : sentCount
        while try await loop.submit({ !owner.value.hasRead(expected) }).get() { await Task.yield() }
        return try await loop.submit { owner.value.words }.get()
    }
}

/// Who hands over the messages of a scenario and keeps its ledger.
final class ClientOwner {
    private let scenario: ClientScenario
    private var ledger: ClientLedger
    private var failure: ClientFailure?
    private var submittedCount = 0
    private var hasClosed = false
    private var hasEnded = false
    let connection: ClientConnection
    /// Kept when the connection has ended.
    let end: EventLoopPromise<Void>

    init(_ scenario: ClientScenario, _ connection: ClientConnection, on loop: any EventLoop) {
        self.scenario = scenario
        self.connection = connection
        self.ledger = ClientLedger(scenario)
        self.end = loop.makePromise()
        connection.onReady = { [unowned self] _ in submit() }
        connection.onEnd = { [self] _, failure in
            self.failure = failure
            hasEnded = true
            end.succeed()
        }
        submit()
    }

    /// Whether so many octets were read, or the connection has ended; nil: only the latter.
    func hasRead(_ count: Int?) -> Bool { hasEnded || connection.receivedOctetCount == count }

    var words: [String: String] {
        ledger.words(state: connection.stateName, end: failure, isEncrypted: connection.isEncrypted)
    }

    private func submit() {
        let limit = scenario.isOneByOne ? ledger.reportCount + 1 : scenario.messages.count
        while submittedCount < min(limit, scenario.messages.count), connection.canTakeTransaction {
            let message = scenario.messages[submittedCount]
            submittedCount += 1
            connection.send(message.transaction, content: TestContent(message.content)) { [unowned self] report in
                ledger.add(report)
                submit()
            }
        }
        if ledger.isComplete, !scenario.isKept, !hasClosed {
            hasClosed = true
            connection.close()
        }
    }
}

import Delivery
import Foundation
import MailFormat
import NIOCore
import NIOPosix
import NIOSSL
import Relay
import SMTPProtocol
import SMTPTransport
import Simulator
import StatusCodes
import StoreSQLite
import Synchronization

/// A whole relay in this process, delivering to a simulator; everything lies in a folder of its own.
final class TestRelay: Sendable {
    let service: RelayService
    let store: SQLiteStore
    let group: MultiThreadedEventLoopGroup
    let files: NIOThreadPool
    let log: String

    /// Changes to the default set-up.
    struct Plan {
        var routes: [String: Route] = [:]
        var patterns: [String: String] = [:]
        var localDomains: Set<String> = []
        var mailboxes: [String: String] = [:]
        var curves: [RetryCurve: RetryDelays] = [:]
        var startsHeld = false
    }

    init(folder: String, plan: Plan) throws {
        group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        files = NIOThreadPool(numberOfThreads: 2)
        files.start()
        store = try SQLiteStore(path: folder)
        var configuration = RelayConfiguration(hostname: "relay.test", spool: "\(folder)/spool")
        configuration.admission.localDomains = plan.localDomains
        configuration.mailboxes = plan.mailboxes
        configuration.routing.fixed = plan.routes
        configuration.startsHeld = plan.startsHeld
        var planner = PlannerConfiguration()
        planner.fixedDestinations = plan.patterns
        for domain in plan.localDomains { planner.fixedDestinations[domain] = LocalRoute.name }
        for (curve, delays) in plan.curves { planner.retry.curves[curve] = delays }
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.certificateVerification = .none
        let context = try NIOSSLContext(configuration: tls)
        log = "\(folder)/log"
        let descriptor = unsafe open(log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        service = RelayService(
            parts: RelayService.Parts(
                configuration: configuration,
                planner: planner,
                reports: ReportComposer.Settings(hostname: "relay.test"),
                store: store,
                spool: store.spool,
                resolver: SilentResolver(),
                encoder: PlainEncoder(),
                accounts: nil,
                logins: [:],
                opportunisticTLS: context,
                verifiedTLS: context,
                log: EventLog(descriptor: descriptor, format: .json, hostname: "relay.test"),
                group: group,
                files: files
            ),
            clock: RelayClock(),
            reload: {},
            onFatal: { _ in }
        )
    }

    func start() async throws { _ = try await service.start([]) }

    func stop() async throws {
        await service.stop(within: .seconds(5))
        try await group.shutdownGracefully()
        try await files.shutdownGracefully()
    }

    /// Hands over a message; the reply to it.
    func submit(
        from sender: String,
        to recipients: [String],
        _ text: String = "Subject: x\r\n\r\nbody\r\n",
        id: Int64,
        notify: Notify? = nil,
        body: BodyType = .sevenBit,
        content: (any MessageContent)? = nil
    ) async -> Reply {
        var envelope = Envelope(arena: [], reversePath: .empty, recipients: [], body: body)
        func add(_ text: some StringProtocol) -> ByteRange {
            let start = envelope.arena.count
            envelope.arena += Array(text.utf8)
            return ByteRange(start, envelope.arena.count)
        }
        envelope.reversePath = add(sender)
        for recipient in recipients {
            let address = add(recipient)
            let domain = recipient.utf8.count - (recipient.split(separator: "@").last?.utf8.count ?? 0)
            envelope.recipients.append(
                Envelope.Recipient(
                    address: address,
                    domain: ByteRange(Int(address.start) + domain, Int(address.end)),
                    notify: notify
                )
            )
        }
        return await service.submit(
            Submission(
                id: MessageID(rawValue: id),
                arrival: service.clock.now,
                envelope: envelope,
                content: content ?? ResidentContent(Array(text.utf8)),
                state: .scheduled(service.clock.now),
                origin: Origin(kind: .submission)
            )
        )
    }
}

/// Routes of these tests name addresses; whoever asks for names has lost its way.
private final class SilentResolver: Delivery.Resolver {
    func resolve(
        _ question: DNSQuestion,
        within limit: Duration,
        completion: @escaping @Sendable (DNSAnswer) -> Void
    ) { completion(DNSAnswer(.failed(.serverFailure))) }
}

private struct PlainEncoder: DomainEncoder {
    func encode(_ domain: String) -> DNSName? { DNSName(domain) }
}

/// What a simulator took, to be waited for.
final class TakenMessages: Sendable {
    private let messages = Mutex<[(recipients: [String], sender: String, text: String)]>([])

    func take(_ message: ReceivedMessage) -> Reply {
        let text = Mutex<[UInt8]>([])
        do {
            try message.content.withBytes(in: 0..<message.content.byteCount) { bytes in
                var copy: [UInt8] = []
                for index in bytes.indices { copy.append(bytes[index]) }
                text.withLock { $0 = copy }
            }
        } catch {
            return Reply(.localError)
        }
        let envelope = message.envelope
        messages.withLock { messages in
            messages.append(
                (
                    envelope.recipients.map { envelope.text($0.address) }, envelope.text(envelope.reversePath),
                    String(decoding: text.withLock { $0 }, as: UTF8.self)
                )
            )
        }
        return Reply(.queued)
    }

    /// A simulator on loopback that hands over what it takes.
    func startSimulator() async throws -> SimulatorService {
        try await SimulatorService.start(
            host: "127.0.0.1",
            port: 0,
            name: "sim.test",
            group: NIOSingletons.posixEventLoopGroup,
            wallClock: { Timestamp(seconds: 0) },
            taken: { self.take($0) }
        )
    }

    var all: [(recipients: [String], sender: String, text: String)] { messages.withLock { $0 } }

    /// Waits until so many have come; gives up after a minute.
    func wait(for count: Int) async throws -> [(recipients: [String], sender: String, text: String)] {
        let end = ContinuousClock.now.advanced(by: .seconds(60))
        while all.count < count, ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(5)) }
        return all
    }
}

/// Waits until something holds; false after a minute.
func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
    let end = ContinuousClock.now.advanced(by: .seconds(60))
    while ContinuousClock.now < end {
        if try await condition() { return true }
        try await Task.sleep(for: .milliseconds(5))
    }
    return false
}

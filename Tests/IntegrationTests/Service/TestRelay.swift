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
import Testing

/// A whole relay in this process, delivering to a simulator; everything lies in a folder of its own.
final class TestRelay: Sendable {
    let service: RelayService
    let store: SQLiteStore
    let group: MultiThreadedEventLoopGroup
    let files: NIOThreadPool
    let log: String
    let control: String
    private let tls: NIOSSLContext
    private let listens: Bool
    private let bound = Mutex<SocketAddress?>(nil)

    /// Changes to the default set-up.
    struct Plan {
        var routes: [String: Route] = [:]
        var patterns: [String: String] = [:]
        var localDomains: Set<String> = []
        var relayDomains: Set<String> = []
        var mailboxes: [String: String] = [:]
        var forwards: [String: [String]] = [:]
        var trustedNetworks: [IPNetwork] = []
        var deniedNetworks: [IPNetwork] = []
        var deniedSenders: Set<String> = []
        var curves: [RetryCurve: RetryDelays] = [:]
        var startsHeld = false
        /// The language of reports.
        var language = "en"
        /// Where mail without a route is sent.
        var port: UInt16 = 25
        /// Connections to one destination at the same time.
        var connections = 20
        /// What DNS says; everything else fails.
        var answers: [DNSQuestion: DNSAnswer] = [:]
        /// What says it in place of `answers`.
        var resolver: (any Delivery.Resolver)?
        var clock = RelayClock()
        /// Whether it listens, on a free port of loopback.
        var listens = false
        /// Whether what the simulator mails in answer comes to it.
        var answersComeBack = false
        /// Where late reports come in.
        var bounces: BounceAddresses?
        /// Where reports are looked for.
        var reportMailboxes: [ReportMailbox] = []
    }

    init(folder: String, plan: Plan) throws {
        group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        files = NIOThreadPool(numberOfThreads: 2)
        files.start()
        store = try SQLiteStore(path: folder)
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        tls = try NIOSSLContext(configuration: configuration)
        let settings = try Self.settings(plan, spool: "\(folder)/spool", tls: tls)
        log = "\(folder)/log"
        control = "\(folder)/control"
        let descriptor = unsafe open(log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        service = RelayService(
            parts: RelayService.Parts(
                configuration: settings.configuration,
                planner: settings.planner,
                reports: settings.reports,
                store: store,
                spool: store.spool,
                resolver: plan.resolver ?? FixedResolver(answers: plan.answers),
                encoder: PlainEncoder(),
                accounts: nil,
                logins: [:],
                opportunisticTLS: tls,
                verifiedTLS: tls,
                log: EventLog(descriptor: descriptor, format: .json, hostname: "relay.test"),
                group: group,
                files: files
            ),
            clock: plan.clock,
            onFatal: { Issue.record("the store failed for good: \($0)") }
        )
        listens = plan.listens
    }

    private static func settings(_ plan: Plan, spool: String, tls: NIOSSLContext) throws -> RelaySettings {
        var configuration = RelayConfiguration(hostname: "relay.test", spool: spool)
        configuration.admission.localDomains = plan.localDomains
        configuration.admission.relayDomains = plan.relayDomains
        configuration.admission.trustedNetworks = plan.trustedNetworks
        configuration.admission.deniedNetworks = plan.deniedNetworks
        configuration.admission.deniedSenders = plan.deniedSenders
        configuration.mailboxes = plan.mailboxes
        configuration.bounces = plan.bounces
        configuration.reportMailboxes = plan.reportMailboxes
        if let bounces = plan.bounces { configuration.admission.localDomains.insert(bounces.domain) }
        configuration.forwards = ForwardTable(
            try plan.forwards.mapValues { try $0.map { try ForwardTable.Target($0) } },
            mailboxes: Mailboxes(plan.mailboxes),
            localDomains: plan.localDomains
        )
        configuration.routing.fixed = plan.routes
        configuration.routing.policy.port = plan.port
        configuration.routing.policy.permittedNetworks = [IPNetwork("127.0.0.0/8")].compactMap { $0 }
        configuration.startsHeld = plan.startsHeld
        var planner = PlannerConfiguration()
        planner.fixedDestinations = plan.patterns
        planner.destination.connections = plan.connections
        for domain in configuration.admission.localDomains { planner.fixedDestinations[domain] = LocalRoute.name }
        for (curve, delays) in plan.curves { planner.retry.curves[curve] = delays }
        var reports = ReportComposer.Settings(hostname: "relay.test")
        reports.language = plan.language
        return RelaySettings(
            configuration: configuration,
            planner: planner,
            reports: reports,
            logins: [:],
            opportunisticTLS: tls,
            verifiedTLS: tls
        )
    }

    func start() async throws {
        let mx = ServerListener(
            name: "mx",
            configuration: ServerConfiguration(hostname: "relay.test", role: .mx),
            wallClock: { Timestamp(seconds: 1_767_225_600) }
        )
        let plans = [RelayService.ListenerPlan(host: "127.0.0.1", port: 0, settings: mx)]
        let address = try await service.start(listens ? plans : []).first?.address
        bound.withLock { $0 = address }
    }

    /// An id that no other message of this relay has, and no report that it writes.
    var nextID: Int64 { service.identifiers.next(at: service.clock.now).rawValue }

    /// Where it listens.
    var address: SocketAddress {
        get throws {
            struct DoesNotListen: Error {}
            guard let address = bound.withLock({ $0 }) else { throw DoesNotListen() }
            return address
        }
    }

    /// Gives the running relay another plan.
    func reload(_ plan: Plan) throws {
        service.reload(try Self.settings(plan, spool: "", tls: tls), listeners: [])
    }

    /// Answers the control socket while `body` runs.
    func withControl(_ body: (ControlClient) async throws -> Void) async throws {
        let (ready, continuation) = AsyncStream<Void>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { [service, control] in
                try await service.serveControl(at: control, reload: {}) { continuation.finish() }
            }
            for await _ in ready {}
            try await body(ControlClient(path: control))
            tasks.cancelAll()
            // Cancellation is how the server is stopped.
            do { try await tasks.waitForAll() } catch is CancellationError {}
        }
    }

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
        returned: Return? = nil,
        content: (any MessageContent)? = nil
    ) async -> Reply {
        var envelope = Envelope(arena: [], reversePath: .empty, recipients: [], body: body)
        envelope.returned = returned
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

/// A relay before a simulator to which everything goes, in a folder that is removed afterwards.
func withTestRelay(
    _ change: (inout TestRelay.Plan) -> Void = { _ in },
    _ body: (TestRelay, TakenMessages, String) async throws -> Void
) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("relay-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let taken = TakenMessages()
    let simulator = try await taken.startSimulator()
    var plan = TestRelay.Plan()
    plan.routes["sim"] = .loopback("sim", port: simulator.address.port ?? 0)
    plan.patterns["*"] = "sim"
    change(&plan)
    let relay = try TestRelay(folder: folder, plan: plan)
    try await relay.start()
    if plan.answersComeBack { simulator.answersGo(to: .host(try relay.address)) }
    try await body(relay, taken, folder)
    try await relay.stop()
    try await simulator.stop()
}

extension Route {
    /// A route to a port of loopback, in clear.
    static func loopback(_ name: String, port: Int) -> Self {
        Self(name: name, target: .hosts([SmartHost(.address(.loopbackV4), port: UInt16(port))]), tls: .never)
    }
}

/// Routes of most of these tests name addresses; whoever asks for other names than were given has lost its way.
private final class FixedResolver: Delivery.Resolver {
    private let answers: [DNSQuestion: DNSAnswer]

    init(answers: [DNSQuestion: DNSAnswer]) { self.answers = answers }

    func resolve(
        _ question: DNSQuestion,
        within limit: Duration,
        completion: @escaping @Sendable (DNSAnswer) -> Void
    ) { completion(answers[question] ?? DNSAnswer(.failed(.serverFailure))) }
}

private struct PlainEncoder: DomainEncoder {
    func encode(_ domain: String) -> DNSName? { DNSName(domain) }
}

/// What a simulator took, to be waited for.
final class TakenMessages: Sendable {
    /// What was taken; `originals` has each recipient's ORCPT, or nothing.
    typealias Taken = (recipients: [String], originals: [String], sender: String, text: String)

    private let messages = Mutex<[Taken]>([])

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
                    envelope.recipients.map { envelope.text($0.address) },
                    envelope.recipients.map { envelope.text($0.originalRecipient) },
                    envelope.text(envelope.reversePath),
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

    var all: [Taken] { messages.withLock { $0 } }

    /// Waits until so many have come; gives up after a minute.
    func wait(for count: Int) async throws -> [Taken] {
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

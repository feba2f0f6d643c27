package import Delivery
import MailFormat
import NIOConcurrencyHelpers
package import NIOCore
package import NIOPosix
package import NIOSSL
package import SMTPProtocol
package import SMTPTransport
package import StatusCodes

/// The whole relay in one object: listeners, admission, the queue thread, delivery on the event loops, control socket.
///
/// `start` brings it up in the order in which its parts need each other; `stop` takes it down in the other order:
/// nothing new is accepted, what is in work ends or is left to the next start, and the queue thread goes last.
package final class RelayService: Sendable {
    /// What the composition root provides.
    package struct Parts: Sendable {
        package var configuration: RelayConfiguration
        package var planner: PlannerConfiguration
        package var reports: ReportComposer.Settings
        package var store: any QueueStore
        package var spool: any ContentSpool
        package var resolver: any Delivery.Resolver
        package var encoder: any DomainEncoder
        package var accounts: (any AccountDirectory)?
        package var logins: [String: ClientLogin]
        package var opportunisticTLS: NIOSSLContext
        package var verifiedTLS: NIOSSLContext
        package var log: EventLog
        package var group: MultiThreadedEventLoopGroup
        package var files: NIOThreadPool

        package init(
            configuration: RelayConfiguration,
            planner: PlannerConfiguration,
            reports: ReportComposer.Settings,
            store: any QueueStore,
            spool: any ContentSpool,
            resolver: any Delivery.Resolver,
            encoder: any DomainEncoder,
            accounts: (any AccountDirectory)?,
            logins: [String: ClientLogin],
            opportunisticTLS: NIOSSLContext,
            verifiedTLS: NIOSSLContext,
            log: EventLog,
            group: MultiThreadedEventLoopGroup,
            files: NIOThreadPool
        ) {
            self.configuration = configuration
            self.planner = planner
            self.reports = reports
            self.store = store
            self.spool = spool
            self.resolver = resolver
            self.encoder = encoder
            self.accounts = accounts
            self.logins = logins
            self.opportunisticTLS = opportunisticTLS
            self.verifiedTLS = verifiedTLS
            self.log = log
            self.group = group
            self.files = files
        }

        /// What of it a reload may change.
        var settings: RelaySettings {
            RelaySettings(
                configuration: configuration,
                planner: planner,
                reports: reports,
                logins: logins,
                opportunisticTLS: opportunisticTLS,
                verifiedTLS: verifiedTLS
            )
        }
    }

    /// A listener to be opened.
    package struct ListenerPlan: Sendable {
        package var host: String
        package var port: Int
        package var settings: ServerListener

        package init(host: String, port: Int, settings: ServerListener) {
            self.host = host
            self.port = port
            self.settings = settings
        }
    }

    let parts: Parts
    let intake = Intake()
    /// The memory that content may take.
    package let budget: ContentBudget
    /// Who is suppressed, as sessions and deliveries see it.
    let gate = SuppressionGate()
    /// How much mail to return-paths waits for a person.
    package let shelf = BounceShelf()
    /// Where every message id of this process comes from: two sources of one node hand out the same ids.
    package let identifiers: MessageIDSource
    /// The clock of queue and reports.
    package let clock: RelayClock
    let host: RelayHost
    let loops: [QueueThread.Loop]
    private let ended: EventLoopPromise<Void>
    let listeners = NIOLockedValueBox<[ListenerService]>([])
    let listenerSettings = NIOLockedValueBox<[String: ServerListener]>([:])
    private let local: LocalIntake
    /// How many reports each sender gets.
    private let allowance = ReportAllowance()
    /// Which mailboxes are looked into.
    let mailboxes: NIOLockedValueBox<MailboxPolling.Plan?>

    /// Called when the store has failed for good; the process must end with exit status 74.
    private let onFatal: @Sendable (StoreError) -> Void

    /// Makes a relay that does not run yet.
    package init(
        parts: Parts,
        clock: RelayClock,
        onFatal: @escaping @Sendable (StoreError) -> Void
    ) {
        self.parts = parts
        self.clock = clock
        self.onFatal = onFatal
        self.budget = ContentBudget(limit: parts.configuration.limits.contentMemory)
        self.identifiers = MessageIDSource(node: parts.configuration.node)
        let settings = parts.settings
        let rules = AdmissionRules(settings.configuration)
        self.host = RelayHost(
            rules: rules,
            limits: settings.configuration.limits,
            intake: intake,
            budget: budget,
            identifiers: identifiers,
            clock: clock,
            log: parts.log,
            accounts: parts.accounts,
            gate: gate,
            shelf: shelf,
            reader: parts.store,
            spool: parts.spool,
            spoolThreads: parts.files
        )
        let environment = LoopDelivery.Environment(
            resolver: parts.resolver,
            encoder: parts.encoder,
            reader: parts.store,
            clock: clock,
            log: parts.log,
            intake: intake,
            budget: budget,
            gate: gate,
            spool: parts.spool,
            files: parts.files,
            allowance: allowance
        )
        self.loops = parts.group.makeIterator().map { loop in
            QueueThread.Loop(
                eventLoop: loop,
                delivery: NIOLoopBoundBox.makeBoxSendingValue(
                    LoopDelivery(loop: loop, environment: environment, settings: settings, rules: rules),
                    eventLoop: loop
                )
            )
        }
        self.ended = parts.group.next().makePromise()
        self.mailboxes = NIOLockedValueBox(MailboxPolling.Plan(settings.configuration))
        self.local = LocalIntake(
            intake: intake,
            identifiers: identifiers,
            clock: clock,
            spool: parts.spool,
            files: parts.files
        )
    }

    /// Recovers the queue, opens the listeners, starts delivery.
    ///
    /// The listeners come before the first delivery, so that it knows which next hops are ourselves; what they take in
    /// between waits in the intake. Returns where each listens.
    package func start(_ plans: [ListenerPlan]) async throws -> [(name: String, address: SocketAddress)] {
        do {
            return try await begin(plans)
        } catch {
            for listener in listeners.withLockedValue({ $0 }) { await listener.stop(within: .zero) }
            ended.succeed()
            throw error
        }
    }

    private func begin(_ plans: [ListenerPlan]) async throws -> [(name: String, address: SocketAddress)] {
        var planner = parts.planner
        planner.holder = parts.configuration.node
        planner.fence = try parts.store.takeFence(holder: planner.holder)
        planner.loops = loops.count
        if let newest = try parts.store.newestID() { identifiers.start(above: newest) }
        let recovered = try parts.store.recover(holder: planner.holder, fence: planner.fence, now: clock.now)
        if recovered > 0 {
            parts.log.note(
                "queue.recovered",
                at: clock.wall,
                "deliveries that an earlier run had begun start again",
                [("recipients", "\(recovered)")]
            )
        }
        try SuppressionKeeper.load(gate, from: parts.store)
        try shelf.count(in: parts.store)
        let bound = try await open(plans)
        tellLoops(parts.settings, AdmissionRules(parts.configuration))
        QueueThread(
            store: parts.store,
            planner: DeliveryPlanner(planner),
            intake: intake,
            loops: loops,
            budget: budget,
            reporter: ReportComposer(
                settings: parts.reports,
                reader: parts.store,
                identifiers: identifiers,
                clock: clock,
                log: parts.log,
                allowance: allowance
            ),
            forwards: parts.configuration.forwards,
            keeper: SuppressionKeeper(
                gate: gate,
                reader: parts.store,
                configuration: parts.configuration,
                log: parts.log,
                now: clock.now
            ),
            shelf: shelf,
            sendsReturnPaths: parts.configuration.bounces != nil,
            clock: clock,
            log: parts.log,
            holdsNew: parts.configuration.startsHeld,
            onFatal: onFatal
        ).start { [ended] in ended.succeed() }
        return bound
    }

    private func open(_ plans: [ListenerPlan]) async throws -> [(String, SocketAddress)] {
        var bound: [(String, SocketAddress)] = []
        for plan in plans {
            let name = plan.settings.name
            listenerSettings.withLockedValue { $0[name] = plan.settings }
            let listener = try await ListenerService.start(
                host: plan.host,
                port: plan.port,
                settings: { [listenerSettings] in listenerSettings.withLockedValue { $0[name] } ?? plan.settings },
                sessions: host,
                group: parts.group
            )
            listeners.withLockedValue { $0.append(listener) }
            bound.append((name, listener.address))
        }
        return bound
    }

    /// Answers the control socket until cancelled; `reload` carries out what it is asked to read again.
    package func serveControl(
        at path: String,
        reload: @escaping @Sendable () async throws -> Void,
        ready: @Sendable () -> Void = {}
    ) async throws {
        let handler = ControlHandler(
            reader: parts.store,
            intake: intake,
            clock: clock,
            local: local,
            reload: reload,
            status: { [budget] in ["content memory in use: \(budget.inUse) bytes"] }
        )
        try await ControlServer(path: path, group: parts.group) { request, peer, emit in
            try await handler.answer(request, from: peer, emit)
        }.run(ready: ready)
    }

    /// Takes what `sendmail` leaves in a drop directory until cancelled.
    package func serveDrop(at path: String) async { await pickup(at: path).run() }

    /// What takes mail from a drop directory.
    package func pickup(at path: String) -> DropPickup {
        DropPickup(path: path, local: local, clock: clock, log: parts.log, files: parts.files)
    }

    /// Takes reports from the mailboxes of the configuration until cancelled.
    package func serveMailboxes() async {
        var polling = mailboxPolling()
        await polling.run()
    }

    /// What takes reports from mailboxes.
    package func mailboxPolling() -> MailboxPolling {
        MailboxPolling(local: local, shelf: shelf, clock: clock, log: parts.log, files: parts.files) { [mailboxes] in
            mailboxes.withLockedValue { $0 }
        }
    }

    /// Hands a message over without a session: the control socket's way, for tests and tools in this process.
    package func submit(_ submission: Submission) async -> Reply {
        await withCheckedContinuation { continuation in
            intake.submit(
                PendingSubmission(
                    submission: submission,
                    reservedBytes: 0,
                    helo: "",
                    answer: .function { continuation.resume(returning: $0) }
                )
            )
        }
    }

    /// Stops within the deadline; nothing acknowledged is lost, and what was under way is tried again at the next start.
    package func stop(within limit: TimeAmount) async {
        let open = listeners.withLockedValue { $0 }
        await withDiscardingTaskGroup { tasks in
            for listener in open { tasks.addTask { await listener.stop(within: limit) } }
        }
        for loop in loops {
            try? await loop.eventLoop.submit { loop.delivery.value.stop() }.get()
        }
        intake.close()
        try? await ended.futureResult.get()
        parts.log.flush()
    }
}

package import Delivery
import MailFormat
package import NIOCore
package import NIOPosix
import SMTPProtocol
import SMTPTransport
import StatusCodes

/// The delivery half of one event loop: the agents of the destinations that belong to it, and what they share.
///
/// Belongs to its loop. Outcomes of one turn of the loop go to the queue thread together.
package final class LoopDelivery {
    /// What does not change while the process runs.
    package struct Environment: Sendable {
        package var resolver: any Delivery.Resolver
        package var encoder: any DomainEncoder
        package var reader: any QueueReader
        package var clock: RelayClock
        package var log: EventLog
        package var intake: Intake
        package var budget: ContentBudget
        package var gate: SuppressionGate
        package var spool: any ContentSpool
        package var files: NIOThreadPool
        package var allowance: ReportAllowance

        package init(
            resolver: any Delivery.Resolver,
            encoder: any DomainEncoder,
            reader: any QueueReader,
            clock: RelayClock,
            log: EventLog,
            intake: Intake,
            budget: ContentBudget,
            gate: SuppressionGate,
            spool: any ContentSpool,
            files: NIOThreadPool,
            allowance: ReportAllowance = ReportAllowance()
        ) {
            self.resolver = resolver
            self.encoder = encoder
            self.reader = reader
            self.clock = clock
            self.log = log
            self.intake = intake
            self.budget = budget
            self.gate = gate
            self.spool = spool
            self.files = files
            self.allowance = allowance
        }
    }

    let loop: any EventLoop
    let routes: RouteFinder
    private let environment: Environment
    private var settings: RelaySettings
    /// Which addresses are ours.
    private(set) var rules: AdmissionRules
    private(set) var agents: [DestinationID: any WorkAgent] = [:]
    private var retired: Set<DestinationID> = []
    private var outcomes: [DeliveryOutcome] = []
    private var isFlushScheduled = false
    private var isStopping = false
    /// Counts changes of the settings: an answer to a question of an earlier one is not used.
    private(set) var epoch = 0

    /// Makes a loop's half; on the loop only from here on.
    package init(loop: any EventLoop, environment: Environment, settings: RelaySettings, rules: AdmissionRules) {
        self.loop = loop
        self.environment = environment
        self.settings = settings
        self.rules = rules
        self.routes = RouteFinder(
            loop: loop,
            resolver: environment.resolver,
            encoder: environment.encoder,
            policy: settings.configuration.routing.policy,
            patience: settings.configuration.routing.lookupTime,
            clock: environment.clock
        )
    }

    /// Goes on under other settings: what is on its way ends under the old ones, everything else follows the new.
    ///
    /// The policy comes with our own endpoints in it: only who opened the listeners knows them.
    package func follow(_ settings: RelaySettings, rules: AdmissionRules) {
        self.settings = settings
        self.rules = rules
        let routing = settings.configuration.routing
        routes.follow(routing.policy, patience: routing.lookupTime)
        epoch += 1
        for agent in agents.values { agent.settingsChanged() }
    }

    /// Hands out work.
    ///
    /// What comes after `stop` stays leased, and the next run gives it back to the queue.
    package func take(_ assignments: [Assignment]) {
        guard !isStopping else { return }
        for assignment in assignments {
            if case .findSite = assignment.task, case .domain(let domain) = assignment.route {
                SiteSearch(assignment, delivery: self).run(for: domain)
                continue
            }
            let stopped = environment.gate.stops(assignment.items, at: clock.now)
            if stopped.isEmpty { agent(for: assignment).take(assignment) } else { examine(assignment, stopped) }
        }
        settle()
    }

    /// Begins nothing more; what is in work may end.
    package func stop() {
        isStopping = true
        for agent in agents.values { agent.stop() }
    }

    func agent(for assignment: Assignment) -> any WorkAgent {
        if let agent = agents[assignment.destination] { return agent }
        let agent: any WorkAgent
        if case .fixed(LocalRoute.name) = assignment.route {
            agent = LocalAgent(delivery: self, threads: environment.files)
        } else {
            agent = DestinationAgent(assignment, delivery: self)
        }
        // What was looked up for it when everything stopped comes too late.
        if isStopping { agent.stop() }
        agents[assignment.destination] = agent
        return agent
    }

    /// The configured route of a destination; nil where MX records decide, or where a reload has taken it away.
    func route(of destination: DestinationRoute) -> Route? {
        switch destination {
        case .domain, .site: nil
        case .fixed(let name): settings.configuration.routing.fixed[name]
        }
    }

    /// The planner has forgotten a destination, or a domain goes by the limits of a site now.
    package func forget(_ destination: DestinationID) {
        guard let agent = agents[destination] else { return }
        if agent.isIdle { agents[destination] = nil } else { retired.insert(destination) }
    }

    /// Forgets retired agents whose last connection has ended.
    func settle() {
        guard !retired.isEmpty else { return }
        for destination in retired where agents[destination]?.isIdle ?? true {
            agents[destination] = nil
            retired.remove(destination)
        }
    }

    // MARK: What agents share

    var clock: RelayClock { environment.clock }
    var hostname: String { settings.configuration.hostname }
    var decisions: DecisionRules { settings.configuration.decisions }
    var heloName: String { settings.configuration.routing.heloName ?? hostname }
    var ownDomain: [UInt8] { Array(hostname.utf8) }

    /// Keeps an outcome until the end of this turn of the loop.
    func outcome(_ outcome: DeliveryOutcome) {
        outcomes.append(outcome)
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        loop.assumeIsolated().execute { [self] in
            isFlushScheduled = false
            let all = outcomes
            outcomes.removeAll(keepingCapacity: true)
            environment.intake.report(all)
        }
    }

    /// What reads mail to our return-paths; nil where there is none.
    var bounceDesk: BounceDesk? {
        rules.bounces.map { bounces in
            BounceDesk(
                addresses: bounces,
                reader: environment.reader,
                spool: environment.spool,
                rules: decisions,
                now: clock.now,
                allowance: environment.allowance,
                share: settings.reports.perSenderAndHour
            )
        }
    }

    /// Reads content off the loop.
    func read(_ message: MessageID, completion: @escaping (Result<any MessageContent, StoreError>) -> Void) {
        let reader = environment.reader
        offLoop(completion) { () throws(StoreError) -> any MessageContent in try reader.content(of: message) }
    }

    /// Makes 7-bit content off the loop (RFC 6152 §3).
    func convert(
        _ content: any MessageContent,
        completion: @escaping (Result<ConvertedContent, ConversionObstacle>) -> Void
    ) {
        let budget = environment.budget
        offLoop(completion) { () throws(ConversionObstacle) -> ConvertedContent in
            try ContentConversion.run(content, within: budget)
        }
    }

    private func offLoop<Value, Failure>(
        _ completion: @escaping (Result<Value, Failure>) -> Void,
        _ work: @escaping @Sendable () throws(Failure) -> Value
    ) where Value: Sendable {
        let box = NIOLoopBound(completion, eventLoop: loop)
        let loop = loop
        environment.files.submit { state in
            guard case .active = state else { return }
            let result = Result { () throws(Failure) in try work() }
            loop.execute { box.value(result) }
        }
    }

    /// The suppressions that hold for addresses, read off the loop.
    func suppressions(
        of addresses: [String],
        completion: @escaping (Result<[String: Suppression], StoreError>) -> Void
    ) {
        let (reader, now) = (environment.reader, clock.now)
        offLoop(completion) { () throws(StoreError) -> [String: Suppression] in
            var found: [String: Suppression] = [:]
            for address in addresses { found[address] = try reader.suppression(ofAddress: address, at: now) }
            return found
        }
    }

    /// How to connect under a route.
    func connectionConfiguration(
        for route: Route?,
        host: DNSName?,
        terms: ConnectionTerms
    ) -> ClientConnection.Configuration {
        let demand = route?.tls ?? .opportunistic
        let use: ClientSettings.TLSUse =
            switch demand {
            case .never: .never
            case .opportunistic:
                switch terms.tls {
                case .asOffered: .opportunistic
                case .never: .never
                case .demanded: .mandatory
                }
            case .encrypted, .verified: .mandatory
            }
        return ClientConnection.Configuration(
            settings: ClientSettings(
                heloName: heloName,
                tls: use,
                login: route?.credentials.flatMap { settings.logins[$0] },
                withheld: terms.withheld
            ),
            tls: demand == .verified ? settings.verifiedTLS : settings.opportunisticTLS,
            tlsServerName: host?.text,
            idleTimeout: settings.configuration.routing.idleTimeout,
            readPool: environment.files
        )
    }

    func logRelayed(
        _ work: Work,
        _ recipient: WorkRecipients.Element,
        remote: String,
        reply: PeerReply,
        tls: Bool,
        connect: TimeAmount,
        began: NIODeadline
    ) {
        let now = NIODeadline.now()
        environment.log.relayed(
            work.item.message,
            recipient.index,
            at: clock.now,
            remote: remote,
            reply: reply,
            tls: tls,
            conversion: work.converted,
            delays: Delays(
                before: work.item.message.arrival,
                now: clock.now,
                queued: began - work.assignedAt,
                connect: connect,
                transmit: now - began
            )
        )
    }

    func logJoined(_ message: MessageID, _ late: LateReport) {
        environment.log.joined(message, late, at: clock.now)
    }

    func logDelivered(_ work: Work, _ recipient: WorkRecipients.Element, path: String) {
        environment.log.delivered(work.item.message, recipient.index, at: clock.now, path: path)
    }
}

/// The route that means this machine's own mailboxes.
package enum LocalRoute {
    /// Its name among the planner's fixed destinations.
    package static let name = "local"
}

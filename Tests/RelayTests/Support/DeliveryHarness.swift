import Delivery
import Foundation
import MailFormat
import NIOCore
import NIOPosix
import NIOSSL
import ResolverTesting
import SMTPProtocol
import SMTPTesting
import StatusCodes
import StoreTesting
import Synchronization

@testable import Relay

/// The delivery half of one event loop, with a planner that a test leads by hand.
final class DeliveryHarness {
    let store = WatchedStore()
    let file = LogFile()
    let clock: RelayClock
    private let ahead = Ahead()
    let gate = SuppressionGate()
    let opportunistic: NIOSSLContext
    let verified: NIOSSLContext
    let resolver: ZoneResolver
    private let intake = Intake()
    private let loop: any EventLoop
    private let delivery: NIOLoopBoundBox<LoopDelivery>
    private var planner: DeliveryPlanner
    private var settings: RelaySettings
    private var reload: RelaySettings?
    private var number = 0
    private var destinations: [DestinationID] = []
    /// In how many reports the outcomes of the latest attempt came.
    private(set) var reports = 0
    /// The site that the planner takes a domain's MX for before the loop has looked; nil for what the loop finds.
    var believedSite: MXSite?
    /// What look-ups of the latest attempt found, in order; a site by its first host.
    private(set) var sites: [String?] = []

    /// What became of one recipient.
    struct Fate {
        let outcome: DeliveryOutcome
        /// What the planner makes of it.
        let conclusion: Conclusion
        let next: RecipientTransition.Next

        /// `relayed`, `delivered`, `untried`, or the status of a refusal.
        var word: String {
            switch outcome.result {
            case .relayed: "relayed"
            case .delivered: "delivered"
            case .putAside: "put aside"
            case .untried: "untried"
            case .resolved: "resolved"
            case .refused(let ruling): ruling.status.description
            }
        }
        /// The attempt, when it was no success.
        var attempt: AttemptRecord? { outcome.attempt }
        /// Whether the recipient waits for another attempt.
        var isScheduled: Bool { if case .state(.scheduled) = next { true } else { false } }
        /// Whether it waits for somebody to look at it.
        var isHeld: Bool { if case .state(.held) = next { true } else { false } }
    }

    /// A loop that sends everything to these ports of 127.0.0.1, in this order, or to mailboxes; by these other routes
    /// what `domains` names for them.
    init(
        ports: [Int] = [],
        mailboxes: [String: String] = [:],
        zones: String = "",
        domains: [String: String] = ["*": "peer"],
        tls demand: Route.TLSDemand = .never,
        login: ClientLogin? = nil,
        others: [String: Route] = [:],
        idleTimeout: TimeAmount = .seconds(60),
        connections: Int = 20,
        bounces: BounceAddresses? = nil
    )
        throws
    {
        loop = MultiThreadedEventLoopGroup.singleton.next()
        let (machine, ahead) = (RelayClock(), ahead)
        clock = RelayClock { machine.now.advanced(by: ahead.time.withLock { $0 }) }
        resolver = ZoneResolver(try Zones(zones))
        var configuration = RelayConfiguration(hostname: "relay.test", spool: "/nowhere")
        configuration.mailboxes = mailboxes
        configuration.bounces = bounces
        configuration.routing.idleTimeout = idleTimeout
        configuration.routing.policy.port = UInt16(ports.first ?? 25)
        configuration.routing.policy.permittedNetworks = [IPNetwork("127.0.0.0/8")].compactMap { $0 }
        configuration.routing.fixed["peer"] = Self.route(
            to: ports,
            tls: demand,
            credentials: login == nil ? nil : "peer"
        )
        configuration.routing.fixed.merge(others) { $1 }
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.certificateVerification = .none
        opportunistic = try NIOSSLContext(configuration: tls)
        verified = try NIOSSLContext(configuration: .makeClientConfiguration())
        var planning = PlannerConfiguration()
        planning.fixedDestinations = domains
        planning.destination.connections = connections
        settings = RelaySettings(
            configuration: configuration,
            planner: planning,
            reports: ReportComposer.Settings(hostname: configuration.hostname),
            logins: login.map { ["peer": $0] } ?? [:],
            opportunisticTLS: opportunistic,
            verifiedTLS: verified
        )
        let environment = LoopDelivery.Environment(
            resolver: resolver,
            encoder: TestEncoder(),
            reader: store,
            clock: clock,
            log: file.log,
            intake: intake,
            budget: ContentBudget(limit: 1 << 20),
            gate: gate,
            spool: MemorySpool(),
            files: .singleton
        )
        delivery = NIOLoopBoundBox.makeBoxSendingValue(
            LoopDelivery(
                loop: loop,
                environment: environment,
                settings: settings,
                rules: AdmissionRules(configuration)
            ),
            eventLoop: loop
        )
        planner = DeliveryPlanner(planning)
    }

    /// A route to these ports of 127.0.0.1, in this order.
    static func route(to ports: [Int], tls: Route.TLSDemand, credentials: String? = nil) -> Route {
        Route(
            name: "peer",
            target: .hosts(ports.map { SmartHost(.address(.loopbackV4), port: UInt16($0)) }),
            tls: tls,
            credentials: credentials
        )
    }

    /// How far the clock was put on.
    private final class Ahead: Sendable {
        let time = Mutex(Duration.zero)
    }

    /// Puts the clock on so far that no answer of DNS is good any more, also those that connections were made by.
    func outliveAnswers() async throws {
        ahead.time.withLock { $0 += .seconds(10 * 86_400) }
        try await onLoop { delivery in
            for case let agent as DestinationAgent in delivery.agents.values {
                agent.hosts = .known(until: .now() - .seconds(1))
            }
        }
    }

    /// Gives the loop another route for everything, as a reload does.
    func follow(_ route: Route) async throws { try await follow { $0.routing.fixed["peer"] = route } }

    /// Changes the loop's settings, as a reload does.
    func follow(_ change: (inout RelayConfiguration) -> Void) async throws {
        change(&settings.configuration)
        let settings = settings
        try await onLoop { $0.follow(settings, rules: AdmissionRules(settings.configuration)) }
    }

    /// The same in the turn that takes the next work, behind it: while its look-ups are out.
    func followBehindWork(_ change: (inout RelayConfiguration) -> Void) {
        change(&settings.configuration)
        reload = settings
    }

    /// Tries a message once; the fate of every recipient, in the order of the envelope.
    func attempt(
        from sender: String = "a@example.org",
        to recipients: [String],
        content: String = "Subject: x\r\n\r\nhi\r\n",
        isInMemory: Bool = true
    ) async throws -> [Fate] {
        number += 1
        let submission = Mail.submission(number, from: sender, to: recipients, content: content, at: clock.now)
        _ = try store.memory.write(.submitting(submission))
        return try await attempt(submission, isInMemory: isInMemory)
    }

    /// The work that a message comes to, handed to nobody.
    func assignments(for submission: Submission, isInMemory: Bool = true) -> [Assignment] {
        planner.accept(
            AcceptedMessage(
                message: DeliveryMessage(submission),
                content: isInMemory ? submission.content : nil,
                leaseUntil: clock.now.advanced(by: .seconds(3600))
            ),
            now: clock.now
        )
        return planner.drainAssignments(now: clock.now)[0]
    }

    /// Tries a message that need not be in the store.
    func attempt(_ submission: Submission, isInMemory: Bool) async throws -> [Fate] {
        let message = DeliveryMessage(submission)
        handOut(assignments(for: submission, isInMemory: isInMemory))
        var outcomes: [DeliveryOutcome] = []
        reports = 0
        sites = []
        return try await waited {
            let more = goOn(intake.next(until: .now())?.outcomes ?? [])
            outcomes += more
            if !more.isEmpty { reports += 1 }
            guard outcomes.count >= message.envelope.recipients.count else { return nil }
            return conclude(outcomes)
        }
    }

    /// Hands out what is due; what the planner believes of a domain is not looked up.
    private func handOut(_ due: [Assignment]) {
        var assignments = due
        if let site = believedSite {
            believedSite = nil
            let searches = assignments.filter { $0.task == .findSite }.flatMap(\.items).flatMap { $0.recipients }
            let found = DeliveryOutcome.Result.resolved(site, for: .seconds(3600))
            _ = planner.decide(searches.map { DeliveryOutcome(ticket: $0.ticket, result: found) }, now: clock.now)
            assignments = planner.drainAssignments(now: clock.now)[0]
        }
        destinations += assignments.map(\.destination)
        let (work, reload) = (assignments, reload)
        self.reload = nil
        loop.execute { [delivery] in
            delivery.value.take(work)
            if let reload { delivery.value.follow(reload, rules: AdmissionRules(reload.configuration)) }
        }
    }

    /// Lets recipients go on whose site was found; the outcomes of the others.
    private func goOn(_ outcomes: [DeliveryOutcome]) -> [DeliveryOutcome] {
        var others: [DeliveryOutcome] = []
        var found: [DeliveryOutcome] = []
        for outcome in outcomes {
            if case .resolved(let site, _) = outcome.result {
                sites.append(site?.name)
                found.append(outcome)
            } else {
                others.append(outcome)
            }
        }
        guard !found.isEmpty else { return others }
        _ = planner.decide(found, now: clock.now)
        handOut(planner.drainAssignments(now: clock.now)[0])
        return others
    }

    private func conclude(_ outcomes: [DeliveryOutcome]) -> [Fate] {
        let decisions = planner.decide(outcomes, now: clock.now)
        planner.committed(now: clock.now)
        let fates = zip(decisions.conclusions, decisions.transitions).compactMap { conclusion, transition -> Fate? in
            guard let place = conclusion.outcome else { return nil }
            return Fate(outcome: outcomes[place], conclusion: conclusion, next: transition.next)
        }
        return fates.sorted { $0.conclusion.index < $1.conclusion.index }
    }

    /// How many destinations the loop keeps something for.
    func agents() async throws -> Int { try await onLoop { $0.agents.count } }

    /// Tells the loop that the planner has forgotten every destination.
    func forgetAll() async throws {
        let destinations = destinations
        try await onLoop { delivery in for destination in destinations { delivery.forget(destination) } }
    }

    /// Runs something on the loop.
    func onLoop<Value: Sendable>(_ body: @escaping @Sendable (LoopDelivery) -> Value) async throws -> Value {
        try await loop.submit { [delivery] in body(delivery.value) }.get()
    }
}

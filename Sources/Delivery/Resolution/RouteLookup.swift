import MailFormat
import StatusCodes

/// Finds the next hops of one domain (RFC 5321 §3.6.2): questions go out, answers come in, a result comes out.
///
/// No sockets, no clock.
///
/// Order of events: `start`; then, after each `.ask`, `nextQuestion` until it returns nil; `answered` for each question
/// in any order; `deadlinePassed` when the caller's patience ends. After `.finish` nothing more happens.
public struct RouteLookup: ~Copyable {
    /// What to do next.
    public enum Action: Hashable, Sendable {
        /// Take the questions with `nextQuestion` and ask them.
        case ask
        /// Wait for an answer or the deadline.
        case wait
        /// Done.
        case finish(RouteResult)
    }

    /// Where the look-up stands, for tests.
    public enum StateName: Hashable, Sendable {
        /// Not started.
        case ready
        /// The MX question is out.
        case askingMX
        /// Address questions are out.
        case askingAddresses
        /// The result was given.
        case finished
    }

    private enum State {
        case ready
        case askingMX(DNSName)
        case askingAddresses(AddressSearch)
        case finished
    }

    private struct Step {
        let next: State
        let action: Action
    }

    private let domain: RoutingDomain
    private let route: Route?
    private let policy: RoutingPolicy
    private var unasked: [DNSQuestion] = []
    private var state = State.ready

    /// Prepares the look-up of a domain under the route that covers it, if one does.
    public init(_ domain: RoutingDomain, route: Route?, policy: RoutingPolicy) {
        self.domain = domain
        self.route = route
        self.policy = policy
    }

    /// Where the look-up stands.
    public var stateName: StateName {
        switch state {
        case .ready: .ready
        case .askingMX: .askingMX
        case .askingAddresses: .askingAddresses
        case .finished: .finished
        }
    }

    /// Begins.
    ///
    /// Literals and routes to addresses finish at once.
    public mutating func start(using generator: inout some RandomNumberGenerator) -> Action {
        guard case .ready = state else { return .wait }
        return take(begin(using: &generator))
    }

    /// The next question to ask; nil when all were taken.
    public mutating func nextQuestion() -> DNSQuestion? { unasked.popLast() }

    /// An answer came.
    ///
    /// One that nobody waits for is ignored.
    public mutating func answered(
        _ question: DNSQuestion,
        _ answer: DNSAnswer,
        using generator: inout some RandomNumberGenerator
    ) -> Action {
        switch state {
        case .askingMX(let name) where question == DNSQuestion(name, .mx):
            return take(mxAnswered(answer, name: name, using: &generator))
        case .askingAddresses(var search) where search.take(answer, to: question):
            guard search.isComplete else {
                state = .askingAddresses(search)
                return .wait
            }
            return take(Step(next: .finished, action: .finish(search.conclude(policy, using: &generator))))
        case .ready, .askingMX, .askingAddresses, .finished:
            return .wait
        }
    }

    /// The caller waits no longer: what is known so far decides.
    public mutating func deadlinePassed(using generator: inout some RandomNumberGenerator) -> Action {
        switch state {
        case .ready: return .wait
        case .askingMX(let name):
            return take(mxAnswered(DNSAnswer(.failed(.timeout)), name: name, using: &generator))
        case .askingAddresses(var search):
            search.giveUp()
            return take(Step(next: .finished, action: .finish(search.conclude(policy, using: &generator))))
        case .finished: return .wait
        }
    }

    private mutating func take(_ step: Step) -> Action {
        state = step.next
        switch step.next {
        case .ready: break
        case .askingMX(let name): unasked = [DNSQuestion(name, .mx)]
        case .askingAddresses(let search): unasked = search.questions.reversed()
        case .finished: unasked = []
        }
        return step.action
    }

    private func begin(using generator: inout some RandomNumberGenerator) -> Step {
        switch route?.target {
        case .hosts(let hosts)?:
            let candidates = hosts.prefix(policy.limits.hosts).enumerated().map { index, host in
                candidate(host, preference: UInt16(index))
            }
            return addresses(
                AddressSearch(
                    domain: domain,
                    source: .smartHost,
                    isStatic: true,
                    isSecure: true,
                    candidates: candidates
                ),
                using: &generator
            )
        case .hold(let reason)?:
            return fail(RouteFailure(.noRouteNow, .routing, "The route for \(domain) is on hold: \(reason)"))
        case .mx(of: let name?)?:
            return Step(next: .askingMX(name), action: .ask)
        case .mx(of: nil)?, nil:
            switch domain {
            case .name(let name):
                return Step(next: .askingMX(name), action: .ask)
            case .literal(let address):
                return addresses(
                    AddressSearch(
                        domain: domain,
                        source: .literal,
                        isStatic: false,
                        isSecure: true,
                        candidates: [CandidateHost(address: address, preference: 0, port: port)]
                    ),
                    using: &generator
                )
            }
        }
    }

    private var port: UInt16 { route?.port ?? policy.port }

    /// Whether the operator named where to look, so that its absence is our trouble and no verdict on the recipient.
    private var isOurs: Bool { if case .mx(of: .some)? = route?.target { true } else { false } }

    private func candidate(_ host: SmartHost, preference: UInt16) -> CandidateHost {
        switch host.host {
        case .name(let name):
            CandidateHost(name: name, preference: preference, port: host.port ?? port, families: policy.families)
        case .address(let address):
            CandidateHost(address: address, preference: preference, port: host.port ?? port)
        }
    }

    private func mxAnswered(
        _ answer: DNSAnswer,
        name: DNSName,
        using generator: inout some RandomNumberGenerator
    ) -> Step {
        switch MXRouting.select(answer, domain: name, isOurs: isOurs, policy: policy, using: &generator) {
        case .exchanges(let exchanges, let site):
            let candidates = exchanges.map {
                CandidateHost(name: $0.name, preference: $0.preference, port: port, families: policy.families)
            }
            return addresses(search(.mx, candidates, of: site, after: answer), using: &generator)
        case .implicit:
            let host = CandidateHost(name: name, preference: 0, port: port, families: policy.families)
            return addresses(
                search(.implicitMX, [host], of: MXSite([(name, UInt16(0))]), after: answer),
                using: &generator
            )
        case .failed(let failure):
            return fail(failure)
        }
    }

    private func search(
        _ source: ResolvedRoute.Source,
        _ candidates: [CandidateHost],
        of site: MXSite?,
        after answer: DNSAnswer
    ) -> AddressSearch {
        AddressSearch(
            domain: domain,
            source: source,
            isStatic: isOurs,
            isSecure: answer.isSecure,
            lifetime: answer.lifetime,
            site: site,
            candidates: candidates
        )
    }

    private func addresses(_ search: AddressSearch, using generator: inout some RandomNumberGenerator) -> Step {
        search.isComplete
            ? Step(next: .finished, action: .finish(search.conclude(policy, using: &generator)))
            : Step(next: .askingAddresses(search), action: .ask)
    }

    private func fail(_ failure: RouteFailure) -> Step { Step(next: .finished, action: .finish(.failed(failure))) }
}

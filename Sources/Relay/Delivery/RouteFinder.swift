import Delivery
import MailFormat
import NIOCore
import StatusCodes

/// Finds next hops for the destinations of one event loop: runs look-ups against the resolver, keeps the answers.
///
/// Belongs to its loop. Equal questions that are out at the same time are asked once.
final class RouteFinder {
    private final class Search {
        var lookup: RouteLookup
        let completion: (RouteResult) -> Void
        var deadline: Scheduled<Void>?
        var isDone = false

        init(_ lookup: consuming RouteLookup, completion: @escaping (RouteResult) -> Void) {
            self.lookup = lookup
            self.completion = completion
        }
    }

    private let loop: any EventLoop
    private let resolver: any Delivery.Resolver
    private let encoder: any DomainEncoder
    private var policy: RoutingPolicy
    private var patience: Duration
    private let clock: RelayClock
    private var cache = AnswerCache()
    private var waiting: [DNSQuestion: [Search]] = [:]
    private var generator = SystemRandomNumberGenerator()

    init(
        loop: any EventLoop,
        resolver: any Delivery.Resolver,
        encoder: any DomainEncoder,
        policy: RoutingPolicy,
        patience: Duration,
        clock: RelayClock
    ) {
        self.loop = loop
        self.resolver = resolver
        self.encoder = encoder
        self.policy = policy
        self.patience = patience
        self.clock = clock
    }

    /// Look-ups that begin from here on follow another policy; answers that are known stay known.
    func follow(_ policy: RoutingPolicy, patience: Duration) {
        self.policy = policy
        self.patience = patience
    }

    /// Looks a domain up under its route; the answer comes on the loop, possibly before this returns.
    func find(_ domain: [UInt8], route: Route?, completion: @escaping (RouteResult) -> Void) {
        switch RoutingDomain.read(domain.span, encoder: encoder) {
        case .failure(let failure): completion(.failed(failure))
        case .success(let domain): find(domain, route: route, completion: completion)
        }
    }

    /// Looks a domain up under its route; the answer comes on the loop, possibly before this returns.
    func find(_ domain: RoutingDomain, route: Route?, completion: @escaping (RouteResult) -> Void) {
        let search = Search(RouteLookup(domain, route: route, policy: policy), completion: completion)
        search.deadline = loop.assumeIsolated().scheduleTask(in: TimeAmount(patience)) {
            guard !search.isDone else { return }
            self.advance(search, search.lookup.deadlinePassed(using: &self.generator))
        }
        advance(search, search.lookup.start(using: &generator))
    }

    private func advance(_ search: Search, _ first: RouteLookup.Action) {
        var action = first
        while !search.isDone {
            switch action {
            case .wait: return
            case .finish(let result):
                search.isDone = true
                search.deadline?.cancel()
                search.completion(result)
                return
            case .ask:
                action = .wait
                while let question = search.lookup.nextQuestion() {
                    if let known = cache.answer(to: question, now: clock.now) {
                        let next = search.lookup.answered(question, known, using: &generator)
                        if next != .wait {
                            action = next
                            break
                        }
                    } else {
                        ask(question, for: search)
                    }
                }
            }
        }
    }

    private func ask(_ question: DNSQuestion, for search: Search) {
        if waiting[question] != nil {
            waiting[question, default: []].append(search)
            return
        }
        waiting[question] = [search]
        let box = NIOLoopBound(self, eventLoop: loop)
        let loop = loop
        resolver.resolve(question, within: patience) { answer in
            loop.execute { box.value.answered(question, answer) }
        }
    }

    private func answered(_ question: DNSQuestion, _ answer: DNSAnswer) {
        cache.keep(answer, to: question, now: clock.now)
        for search in waiting.removeValue(forKey: question) ?? [] where !search.isDone {
            advance(search, search.lookup.answered(question, answer, using: &generator))
        }
    }
}

extension TimeAmount {
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self = .nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}

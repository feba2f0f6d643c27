import Delivery
import MailFormat
import ResolverTesting
import StatusCodes
import Testing

/// Runs a look-up against zones from text, and remembers what was asked.
struct RouteLookupDriver {
    var zones: Zones
    var policy = RoutingPolicy()
    var route: Route?
    var seed: UInt64 = 1
    var asked: [DNSQuestion] = []

    init(_ text: String) throws { self.zones = try Zones(text) }

    mutating func run(_ domain: String) throws -> RouteResult {
        let target = try RoutingDomain.read(Array(domain.utf8).span, encoder: TestEncoder()).get()
        var lookup = RouteLookup(target, route: route, policy: policy)
        var generator = SeededGenerator(seed: seed)
        var action = lookup.start(using: &generator)
        while true {
            switch action {
            case .finish(let result):
                let seen1 = lookup.stateName
                #expect(seen1 == .finished)
                return result
            case .ask, .wait:
                let next = lookup.nextQuestion()
                let question = try #require(next, "the look-up waits for nothing")
                asked.append(question)
                action = lookup.answered(question, zones.answer(question), using: &generator)
            }
        }
    }

    /// The route, when there must be one.
    mutating func found(_ domain: String) throws -> ResolvedRoute {
        switch try run(domain) {
        case .found(let route): return route
        case .failed(let failure): throw Unexpected(failure: failure)
        }
    }

    /// The failure, when there must be one.
    mutating func failure(_ domain: String) throws -> RouteFailure {
        switch try run(domain) {
        case .found(let route): throw Unexpected(route: route)
        case .failed(let failure): return failure
        }
    }

    struct Unexpected: Error {
        var failure: RouteFailure?
        var route: ResolvedRoute?
    }
}

extension ResolvedRoute {
    /// `name=address,address` for each host, for comparison.
    var summary: [String] {
        hosts.map { host in
            "\(host.name?.text ?? "-")=" + host.addresses.map(\.description).joined(separator: ",")
        }
    }
}

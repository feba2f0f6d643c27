import Delivery
import MailFormat
import NIOCore
import NIOEmbedded
import ResolverTesting
import StatusCodes
import Synchronization
import Testing

@testable import Relay

/// Look-ups of one event loop: asked once, kept, and given up in time.
@Suite struct `Route finder` {
    private let loop = NIOAsyncTestingEventLoop()
    private static let patience: Int64 = 20
    private static let zones = """
        $ORIGIN example.test.
        @    MX 10 mx1
        mx1  A  192.0.2.1
        other  MX 10 mx1
        """

    /// A resolver that answers when the test wants it.
    private final class SlowResolver: Delivery.Resolver {
        private let zones: Zones
        private let waiting = Mutex<[(DNSQuestion, @Sendable (DNSAnswer) -> Void)]>([])
        private let asked = Mutex<[DNSQuestion]>([])

        init(_ zones: String) throws { self.zones = try Zones(zones) }

        var questions: [DNSQuestion] { asked.withLock { $0 } }

        func resolve(
            _ question: DNSQuestion,
            within limit: Duration,
            completion: @escaping @Sendable (DNSAnswer) -> Void
        ) {
            asked.withLock { $0.append(question) }
            waiting.withLock { $0.append((question, completion)) }
        }

        /// Answers what was asked; whether there was anything.
        func answer() -> Bool {
            let due = waiting.withLock { waiting in
                defer { waiting = [] }
                return waiting
            }
            for (question, completion) in due { completion(zones.answer(question)) }
            return !due.isEmpty
        }
    }

    /// A finder on the test's loop, with what it found.
    private final class Bench {
        let finder: RouteFinder
        var results: [RouteResult] = []

        init(_ loop: NIOAsyncTestingEventLoop, _ resolver: any Delivery.Resolver) {
            finder = RouteFinder(
                loop: loop,
                resolver: resolver,
                encoder: TestEncoder(),
                policy: RoutingPolicy(),
                patience: .seconds(patience),
                clock: RelayClock()
            )
        }

        func find(_ domain: String, route: Route? = nil) {
            finder.find(Array(domain.utf8), route: route) { self.results.append($0) }
        }
    }

    private func bench(_ resolver: any Delivery.Resolver) async throws -> NIOLoopBound<Bench> {
        let loop = loop
        return try await loop.executeInContext { NIOLoopBound(Bench(loop, resolver), eventLoop: loop) }
    }

    private func find(_ bench: NIOLoopBound<Bench>, _ domains: String..., route: Route? = nil) async throws {
        try await loop.executeInContext { for domain in domains { bench.value.find(domain, route: route) } }
    }

    private func answerAll(_ resolver: SlowResolver) async {
        while resolver.answer() { await loop.run() }
    }

    private func results(_ bench: NIOLoopBound<Bench>) async throws -> [String] {
        try await loop.executeInContext {
            bench.value.results.map { result in
                switch result {
                case .found(let route): route.endpoints.map(\.address.description).joined(separator: ",")
                case .failed(let failure): "\(failure.stage.rawValue) \(failure.condition.id)"
                }
            }
        }
    }

    @Test func `a domain leads to the addresses of its MX, and its answers are kept`() async throws {
        let resolver = try SlowResolver(Self.zones)
        let bench = try await bench(resolver)
        try await find(bench, "example.test")
        #expect(try await results(bench).isEmpty)
        await answerAll(resolver)
        #expect(try await results(bench) == ["192.0.2.1"])
        let asked = resolver.questions.count
        try await find(bench, "example.test")
        #expect(try await results(bench) == ["192.0.2.1", "192.0.2.1"])
        #expect(resolver.questions.count == asked)
        // Another domain with the same host asks for its own records only.
        try await find(bench, "other.example.test")
        await answerAll(resolver)
        #expect(try await results(bench).count == 3)
        #expect(resolver.questions.count == asked + 1)
    }

    @Test func `equal questions that are out at the same time are asked once`() async throws {
        let resolver = try SlowResolver(Self.zones)
        let bench = try await bench(resolver)
        try await find(bench, "example.test", "example.test", "EXAMPLE.test")
        #expect(resolver.questions.count == 1)
        await answerAll(resolver)
        #expect(try await results(bench) == ["192.0.2.1", "192.0.2.1", "192.0.2.1"])
        #expect(Set(resolver.questions).count == resolver.questions.count)
    }

    @Test func `a resolver that says nothing is given up in time, and what it says later is dropped`() async throws {
        let resolver = try SlowResolver(Self.zones)
        let bench = try await bench(resolver)
        try await find(bench, "example.test")
        await loop.advanceTime(by: .seconds(Self.patience) - .nanoseconds(1))
        #expect(try await results(bench).isEmpty)
        await loop.advanceTime(by: .nanoseconds(1))
        #expect(try await results(bench) == ["dns-mx 4.4.3-dns-failure"])
        await answerAll(resolver)
        #expect(try await results(bench).count == 1)
    }

    @Test(arguments: ["", "a..b", "a b.test", String(repeating: "x", count: 300)])
    func `what is no domain is refused without a question`(domain: String) async throws {
        let resolver = try SlowResolver(Self.zones)
        let bench = try await bench(resolver)
        try await find(bench, domain)
        let result = try #require(try await results(bench).first)
        #expect(result.hasPrefix("routing 5."), "\(result)")
        #expect(resolver.questions.isEmpty)
    }

    @Test func `an address of the operator's needs no question`() async throws {
        let resolver = try SlowResolver("")
        let bench = try await bench(resolver)
        let route = Route(name: "r", target: .hosts([SmartHost(.address(.loopbackV4), port: 2525)]))
        try await find(bench, "example.test", route: route)
        #expect(try await results(bench) == ["127.0.0.1"])
        #expect(resolver.questions.isEmpty)
    }
}

import Delivery
import MailFormat
import ResolverTesting
import ResolverUnbound
import StatusCodes
import Testing

/// Against a real authoritative server; needs the Debian packages nsd and ldnsutils.
@Suite(.timeLimit(.minutes(2))) struct UnboundResolverTests {
    private static let zones = [
        ZoneFile(
            "test.",
            """
            two MX 10 mx1
            two MX 20 mx2
            mx1 A 192.0.2.1
            mx1 A 192.0.2.2
            mx1 AAAA 2001:db8::1
            mx2 A 192.0.2.3
            null MX 0 .
            alias CNAME two
            dangling CNAME missing
            odd MX 10 a\\.b
            text TXT "v=spf1 -all"
            short 7 A 192.0.2.9
            only-a A 192.0.2.8
            """
        ),
        ZoneFile("signed.test.", "@ MX 10 mx\nmx A 192.0.2.4\nbare TXT x", signing: .signed),
        ZoneFile(
            "forged.test.",
            "@ MX 10 mx\nmx A 192.0.2.5",
            signing: .forged(replace: "192.0.2.5", with: "192.0.2.66")
        ),
    ]

    private func resolver(_ server: NSDServer) throws -> UnboundResolver {
        try UnboundResolver(
            ResolverConfiguration(source: .forward([server.endpoint]), trustAnchor: .records(server.anchors))
        )
    }

    @Test func `Every verdict of DNS is told apart`() async throws {
        let server = try NSDServer(Self.zones)
        let resolver = try resolver(server)
        func ask(_ name: String, _ type: DNSRecordType) async throws -> DNSAnswer {
            try await resolver.answer(name, type)
        }
        func name(_ text: String) -> DNSName? { DNSName(text) }

        let mx = try await ask("Two.Test", .mx)
        guard case .records(let records) = mx.outcome else {
            Issue.record("\(mx)")
            return
        }
        #expect(
            Set(records) == [
                .mx(preference: 10, exchange: name("mx1.test")), .mx(preference: 20, exchange: name("mx2.test")),
            ]
        )
        #expect(!mx.isSecure)
        #expect(mx.canonicalName == nil)
        #expect(mx.lifetime > .seconds(3500) && mx.lifetime <= .seconds(3600))
        #expect(try await ask("short.test", .a).lifetime <= .seconds(7))

        let both = try await ask("mx1.test", .a)
        guard case .records(let addresses) = both.outcome else {
            Issue.record("\(both)")
            return
        }
        #expect(Set(addresses) == [.address(.v4(0xC000_0201)), .address(.v4(0xC000_0202))])
        #expect(
            try await ask("mx1.test", .aaaa).outcome
                == .records([.address(.v6(high: 0x2001_0db8_0000_0000, low: 1))])
        )
        #expect(try await ask("null.test", .mx).outcome == .records([.mx(preference: 0, exchange: .root)]))
        #expect(try await ask("odd.test", .mx).outcome == .records([.mx(preference: 10, exchange: nil)]))
        #expect(try await ask("only-a.test", .mx).outcome == .noData)
        #expect(try await ask("only-a.test", .aaaa).outcome == .noData)
        #expect(try await ask("missing.test", .mx).outcome == .noSuchName)
        #expect(try await ask("dangling.test", .mx).outcome == .noSuchName)
        #expect(try await ask("text.test", .txt).outcome == .records([.data([11] + Array("v=spf1 -all".utf8))]))
        let alias = try await ask("alias.test", .mx)
        guard case .records(let aliased) = alias.outcome else {
            Issue.record("\(alias)")
            return
        }
        #expect(Set(aliased) == Set(records))
        #expect(alias.canonicalName == name("two.test"))
        // RFC 6761 §6.4: never asked of anybody.
        #expect(try await ask("anything.invalid", .mx).outcome == .noSuchName)
        // NSD refuses what it does not serve; a forwarder that fails is SERVFAIL.
        #expect(try await ask("elsewhere.example", .mx).outcome == .failed(.serverFailure))

        let signed = try await ask("signed.test", .mx)
        #expect(signed.outcome == .records([.mx(preference: 10, exchange: name("mx.signed.test"))]))
        #expect(signed.isSecure)
        let absent = try await ask("bare.signed.test", .mx)
        #expect(absent.outcome == .noData)
        #expect(absent.isSecure)
        let missing = try await ask("nothing.signed.test", .a)
        #expect(missing.outcome == .noSuchName)
        #expect(missing.isSecure)

        #expect(try await ask("forged.test", .mx).isSecure)
        let forged = try await ask("mx.forged.test", .a)
        guard case .failed(.bogus(let reason)) = forged.outcome else {
            Issue.record("\(forged)")
            return
        }
        #expect(!reason.isEmpty)
        #expect(!forged.isSecure)
    }

    @Test func `Routing stands on it`() async throws {
        let server = try NSDServer(Self.zones)
        let resolver = try resolver(server)
        let expected: [(String, Condition?)] = [
            ("two.test", nil), ("alias.test", nil), ("signed.test", nil), ("null.test", .recipientNullMx),
            ("missing.test", .noSuchDomain), ("dangling.test", .noSuchDomain), ("text.test", .noRoute),
            ("odd.test", .mxUnusable), ("forged.test", .dnsFailure), ("elsewhere.example", .dnsFailure),
        ]
        for (domain, condition) in expected {
            let result = try await route(domain, resolver)
            switch result {
            case .found(let route):
                #expect(condition == nil, "\(domain)")
                #expect(route.isSecure == (domain == "signed.test"))
            case .failed(let failure): #expect(failure.condition == condition, "\(domain): \(failure.detail)")
            }
        }
    }

    private func route(_ domain: String, _ resolver: UnboundResolver) async throws -> RouteResult {
        let target = try RoutingDomain.read(Array(domain.utf8).span, encoder: TestEncoder()).get()
        var lookup = RouteLookup(target, route: nil, policy: RoutingPolicy())
        var generator = SeededGenerator(seed: 7)
        var action = lookup.start(using: &generator)
        while true {
            if case .finish(let result) = action { return result }
            let next = lookup.nextQuestion()
            let question = try #require(next)
            let answer = try await resolver.answer(question.name.text, question.type)
            action = lookup.answered(question, answer, using: &generator)
        }
    }

    @Test func `Stub zones are asked at their servers`() async throws {
        let server = try NSDServer(Self.zones)
        let resolver = try UnboundResolver(
            ResolverConfiguration(
                source: .recursion(stubs: [.init(zone: "test.", server: server.endpoint)]),
                trustAnchor: .records(server.anchors)
            )
        )
        #expect(try await resolver.answer("only-a.test", .a).outcome == .records([.address(.v4(0xC000_0208))]))
        #expect(try await resolver.answer("missing.test", .a).outcome == .noSuchName)
    }

    @Test func `A server that is silent is a time-out at the deadline`() async throws {
        let silent = try LoopbackSocket.silent()
        let resolver = try UnboundResolver(
            ResolverConfiguration(source: .forward([IPEndpoint(.loopbackV4, port: silent.port)]))
        )
        let start = ContinuousClock.now
        let answer = try await resolver.answer("two.test", .mx, within: .milliseconds(200))
        let waited = ContinuousClock.now - start
        #expect(answer.outcome == .failed(.timeout))
        #expect(waited >= .milliseconds(200))
        #expect(waited < .seconds(10))
    }

    @Test func `Questions beyond the bounds are unavailable, those within are answered`() async throws {
        let silent = try LoopbackSocket.silent()
        var configuration = ResolverConfiguration(source: .forward([IPEndpoint(.loopbackV4, port: silent.port)]))
        configuration.questionsInFlight = 4
        configuration.questionsWaiting = 6
        let resolver = try UnboundResolver(configuration)
        let outcomes = await withTaskGroup(of: DNSAnswer.Outcome?.self) { group in
            for number in 0..<20 {
                group.addTask {
                    try? await resolver.answer("d\(number).test", .a, within: .milliseconds(300)).outcome
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.filter { $0 == .failed(.timeout) }.count == 10)
        #expect(outcomes.filter { $0 == .failed(.unavailable) }.count == 10)
    }

    @Test func `Waiting questions get their turn`() async throws {
        let server = try NSDServer(Self.zones)
        var configuration = ResolverConfiguration(source: .forward([server.endpoint]))
        configuration.questionsInFlight = 2
        let resolver = try UnboundResolver(configuration)
        let outcomes = await withTaskGroup(of: DNSAnswer.Outcome?.self) { group in
            for number in 0..<300 {
                group.addTask { try? await resolver.answer("n\(number).test", .a).outcome }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count == 300)
        #expect(outcomes.allSatisfy { $0 == .noSuchName })
    }

    @Test func `A resolver that stops answers what waits`() async throws {
        let silent = try LoopbackSocket.silent()
        let resolver = try UnboundResolver(
            ResolverConfiguration(source: .forward([IPEndpoint(.loopbackV4, port: silent.port)]))
        )
        async let waiting = resolver.answer("two.test", .mx)
        // On the resolver's queue this comes behind the first question whenever that was asked first; either way each
        // question is answered once.
        resolver.stop()
        #expect(try await resolver.answer("one.test", .mx).outcome == .failed(.unavailable))
        #expect(try await waiting.outcome == .failed(.unavailable))
    }

    @Test(
        arguments: [
            ResolverConfiguration.TrustAnchor.file("/nonexistent/anchor"), .records(["this is no record"]),
        ])
    func `Settings that cannot work are told at the start`(anchor: ResolverConfiguration.TrustAnchor) {
        #expect(throws: ResolverError.self) {
            _ = try UnboundResolver(ResolverConfiguration(source: .recursion(stubs: []), trustAnchor: anchor))
        }
    }

    @Test func `The root's keys are taken`() throws {
        _ = try UnboundResolver(ResolverConfiguration(source: .recursion(stubs: []), trustAnchor: .root))
    }
}

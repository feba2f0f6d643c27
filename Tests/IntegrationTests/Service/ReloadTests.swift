import Delivery
import MailFormat
import NIOCore
import NIOPosix
import Relay
import Simulator
import StatusCodes
import StoreSQLite
import Synchronization
import Testing

/// What a running relay takes over from changed settings.
@Suite(.timeLimit(.minutes(2))) struct `A relay under changed settings` {
    private let localhost = IPAddress.loopbackV4

    /// MX of `d.test` is `nick.test`, which is loopback.
    private func answers() throws -> [DNSQuestion: DNSAnswer] {
        let domain = try #require(DNSName("d.test"))
        let host = try #require(DNSName("nick.test"))
        return [
            DNSQuestion(domain, .mx): DNSAnswer(.records([.mx(preference: 10, exchange: host)])),
            DNSQuestion(host, .a): DNSAnswer(.records([.address(localhost)])),
            DNSQuestion(host, .aaaa): DNSAnswer(.noData),
        ]
    }

    private func port(_ relay: TestRelay) throws -> UInt16 { UInt16(try #require(try relay.address.port)) }

    /// Submits a message and waits until its first attempt has failed.
    private func submitUntilTried(_ relay: TestRelay) async throws {
        let id = relay.nextID
        _ = await relay.submit(from: "a@example.org", to: ["ok@example.net"], id: id)
        let isTried = try await eventually {
            try relay.store.message(MessageID(rawValue: id))?.recipients.first?.attemptCount ?? 0 > 0
        }
        #expect(isTried)
    }

    @Test func `An MX that leads to our own listener under another name is a loop, 5.4.6`() async throws {
        let answers = try answers()
        var plan = TestRelay.Plan()
        try await withTestRelay({
            $0.listens = true
            $0.answers = answers
            // Reports go to the simulator, everything else by MX.
            $0.patterns = ["example.org": "sim"]
            plan = $0
        }) { relay, taken, _ in
            // The port is known only now that it listens.
            plan.port = try port(relay)
            try relay.reload(plan)
            for recipient in ["u@d.test", "u@[127.0.0.1]"] {
                _ = await relay.submit(from: "a@example.org", to: [recipient], id: relay.nextID)
            }
            let reports = try await taken.wait(for: 2)
            #expect(reports.count == 2)
            #expect(reports.allSatisfy { $0.sender.isEmpty && $0.text.contains("Action: failed\r\nStatus: 5.4.6\r\n") })
        }
    }

    @Test func `What was looked up under the old settings is not used under the new ones`() async throws {
        let resolver = LateResolver(answers: try answers())
        var plan = TestRelay.Plan()
        try await withTestRelay({
            $0.listens = true
            $0.resolver = resolver
            $0.patterns = ["example.org": "sim"]
            // Under the old settings the way leads to port 1, where nobody is.
            $0.port = 1
            plan = $0
        }) { relay, taken, _ in
            _ = await relay.submit(from: "a@example.org", to: ["u@d.test"], id: relay.nextID)
            let isAsked = try await eventually { resolver.isAsked }
            #expect(isAsked)
            plan.port = try port(relay)
            try relay.reload(plan)
            resolver.release()
            let report = try await taken.wait(for: 1).first
            #expect(report?.text.contains("Action: failed\r\nStatus: 5.4.6\r\n") == true)
        }
    }

    @Test func `Another port of our address is another server`() async throws {
        let answers = try answers()
        try await withTestRelay({ plan in
            plan.listens = true
            plan.answers = answers
            plan.patterns = [:]
            guard case .hosts(let hosts)? = plan.routes["sim"]?.target else { return }
            plan.port = hosts[0].port ?? 0
        }) { relay, taken, _ in
            _ = await relay.submit(from: "a@example.org", to: ["ok@d.test"], id: relay.nextID)
            let arrived = try await taken.wait(for: 1)
            #expect(arrived.first?.recipients == ["ok@d.test"])
        }
    }

    @Test func `Mail that waits for a route follows it to its new host`() async throws {
        let soon = RetryDelays(first: .seconds(1), growthPercent: 100, most: .seconds(1))
        var plan = TestRelay.Plan()
        try await withTestRelay({
            $0.curves = [.network: soon, .standard: soon]
            plan = $0
            // Nobody listens on port 1.
            $0.routes["sim"] = .loopback("sim", port: 1)
        }) { relay, taken, _ in
            try await submitUntilTried(relay)
            try relay.reload(plan)
            #expect(try await taken.wait(for: 1).first?.recipients == ["ok@example.net"])
        }
    }

    @Test func `A route that is gone lets its mail go where the others go`() async throws {
        let soon = RetryDelays(first: .seconds(1), growthPercent: 100, most: .seconds(1))
        var plan = TestRelay.Plan()
        try await withTestRelay({
            $0.curves = [.network: soon, .standard: soon]
            plan = $0
            $0.routes["dead"] = .loopback("dead", port: 1)
            $0.patterns["example.net"] = "dead"
        }) { relay, taken, _ in
            try await submitUntilTried(relay)
            try relay.reload(plan)
            #expect(try await taken.wait(for: 1).first?.recipients == ["ok@example.net"])
            let isEmpty = try await eventually { try relay.store.page(after: nil, limit: 10).isEmpty }
            #expect(isEmpty)
        }
    }

    @Test func `Rules and forwards hold at once, in sessions that are open too`() async throws {
        var plan = TestRelay.Plan()
        try await withTestRelay({
            $0.listens = true
            plan = $0
        }) { relay, taken, _ in
            let client = try await TestClient(to: try relay.address)
            _ = try await client.say("EHLO client.example.org")
            let refused = try await client.send(from: "a@example.org", to: ["one@ours.test"], "")
            #expect(refused.hasPrefix("550 5.7.1 "))
            #expect(try await client.say("RSET").hasPrefix("250 "))
            plan.relayDomains = ["ours.test"]
            plan.forwards = ["one@ours.test": ["ok@example.net"]]
            try relay.reload(plan)
            let taking = try await client.send(
                from: "a@example.org",
                to: ["one@ours.test"],
                "Subject: x\r\n\r\nbody\r\n"
            )
            #expect(taking.hasPrefix("250 2.0.0 "))
            try await client.quit()
            #expect(try await taken.wait(for: 1).first?.recipients == ["ok@example.net"])
        }
    }
}

/// Answers nothing until it is let go.
private final class LateResolver: Delivery.Resolver {
    private let answers: [DNSQuestion: DNSAnswer]
    /// What waits to be answered; nil when nothing has to wait any more.
    private let waiting = Mutex<[@Sendable () -> Void]?>([])

    init(answers: [DNSQuestion: DNSAnswer]) { self.answers = answers }

    /// Whether somebody waits.
    var isAsked: Bool { waiting.withLock { $0?.isEmpty == false } }

    /// Answers what was asked, and whatever comes at once.
    func release() {
        let all = waiting.withLock { waiting in
            defer { waiting = nil }
            return waiting ?? []
        }
        for answer in all { answer() }
    }

    func resolve(
        _ question: DNSQuestion,
        within limit: Duration,
        completion: @escaping @Sendable (DNSAnswer) -> Void
    ) {
        let answer = answers[question] ?? DNSAnswer(.failed(.serverFailure))
        let mustWait = waiting.withLock { waiting in
            guard waiting != nil else { return false }
            waiting?.append { completion(answer) }
            return true
        }
        if !mustWait { completion(answer) }
    }
}

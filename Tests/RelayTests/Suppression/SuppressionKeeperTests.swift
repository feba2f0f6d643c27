import Delivery
import MailFormat
import SMTPProtocol
import StatusCodes
import StoreTesting
import Testing

@testable import Relay

/// What becomes evidence of what became of recipients.
@Suite struct `Suppression keeper` {
    private let store = MemoryStore()
    private let gate = SuppressionGate()
    private let file = LogFile()
    private static let start = Timestamp(seconds: 1_800_000_000)

    private func keeper(ownDomains: Set<String> = [], gate: SuppressionGate? = nil) -> SuppressionKeeper {
        var configuration = RelayConfiguration(hostname: "relay.test", spool: "/nowhere")
        configuration.admission.localDomains = ownDomains
        return SuppressionKeeper(
            gate: gate ?? self.gate,
            reader: store,
            configuration: configuration,
            log: file.log,
            now: Self.start
        )
    }

    /// What a peer said to a recipient: a reply, or nothing for one that it took.
    private typealias Answer = (recipient: String, reply: String?)

    /// Lets a planner decide about one attempt, and the keeper look at it; stores what comes of it.
    private func play(
        _ keeper: inout SuppressionKeeper,
        _ answers: [Answer],
        provider: String? = nil,
        at now: Timestamp = start
    ) throws -> [SuppressionChange] {
        var planner = DeliveryPlanner(PlannerConfiguration())
        let submission = Mail.submission(1, to: answers.map(\.recipient), at: now)
        planner.accept(
            AcceptedMessage(
                message: DeliveryMessage(submission),
                content: nil,
                leaseUntil: now.advanced(by: .seconds(3600))
            ),
            now: now
        )
        let outcomes = planner.drainAssignments(now: now)[0].flatMap(\.items).flatMap { item in
            item.recipients.map { recipient in
                Self.outcome(recipient.ticket, answers[Int(recipient.index)].reply, provider, at: now)
            }
        }
        let decisions = planner.decide(outcomes, now: now)
        var batch = StoreWrite()
        batch.suppressions = keeper.changes(decisions.conclusions, decisions.transitions, outcomes, now: now)
        batch.suppressions += try keeper.upkeep(now: now)
        keeper.committed(try store.write(batch).suppressions)
        return batch.suppressions
    }

    private static func outcome(
        _ ticket: Ticket,
        _ reply: String?,
        _ provider: String?,
        at now: Timestamp
    ) -> DeliveryOutcome {
        let provider = provider.map(Provider.init(name:))
        guard let reply else {
            return DeliveryOutcome(ticket: ticket, result: .relayed(notifiesSuccess: true), provider: provider)
        }
        let evidence = Evidence(stage: .rcpt, reply: PrintedReply(parsing: reply), provider: provider)
        return Judgement(evidence, printed: reply, by: .builtIn).outcome(ticket, at: now, remote: "mx.example.net")
    }

    private func record(_ address: String) throws -> SuppressionRecord? {
        try store.suppression(of: try #require(SuppressionSubject(address)))
    }

    @Test func `a refusal of the recipient is evidence, one of the sender or of us is none`() throws {
        var keeper = keeper()
        let changes = try play(
            &keeper,
            [
                ("no@example.net", "550 5.1.1 no such user"), ("spam@example.net", "550 5.7.1 spam"),
                ("listed@example.net", "554 5.7.1 blocked using zen.spamhaus.org"), ("yes@example.net", nil),
                ("full@example.net", "452 4.2.2 full"),
            ]
        )
        #expect(changes.map(\.subject.text) == ["no@example.net"])
        let sighting = try #require(try record("no@example.net")?.sightings.first)
        #expect(sighting.attempt.cause == "user-unknown" && sighting.source == .live)
        #expect(sighting.provider == "example.net" && sighting.recipient?.message == Mail.id(1))
    }

    @Test func `a success disproves what was said in a session`() throws {
        var keeper = keeper()
        _ = try play(&keeper, [("a@example.net", "550 5.1.1 no such user"), ("b@example.net", "550 5.1.1 no")])
        #expect(gate.count == 2)
        let changes = try play(&keeper, [("A@example.net", nil), ("c@example.net", nil)])
        #expect(changes.map(\.subject.text) == ["a@example.net"])
        #expect(gate.count == 1)
        #expect(try record("a@example.net") == nil)
    }

    @Test func `recipients of our own domains leave no evidence`() throws {
        var keeper = keeper(ownDomains: ["example.net"])
        let changes = try play(&keeper, [("no@Example.net", "550 5.1.1 no"), ("no@example.org", "550 5.1.1 no")])
        #expect(changes.map(\.subject.text) == ["no@example.org"])
    }

    /// So many refusals among so many that were taken; domains differ, so that no breaker of the planner steps in.
    private static func crowd(_ refused: Int, of count: Int, _ name: String = "u") -> [Answer] {
        (0..<count).map { number in
            ("\(name)\(number)@d\(number).example", number < refused ? "550 5.1.1 no such user" : nil)
        }
    }

    @Test func `a provider that suddenly refuses everybody bans nobody, nor does what it said earlier in that hour`()
        throws
    {
        var keeper = keeper()
        #expect(try play(&keeper, Self.crowd(15, of: 15), provider: "google").count == 15)
        #expect(gate.count == 15)
        _ = try play(&keeper, [("else@example.org", "550 5.1.1 no such user")])
        // The twentieth opens the incident: none of its batch is evidence, and the fifteen are taken back.
        let changes = try play(&keeper, Self.crowd(30, of: 30, "v"), provider: "google")
        #expect(changes.allSatisfy { if case .retracted = $0.kind { true } else { false } })
        #expect(changes.count == 15)
        #expect(gate.count == 1)
        #expect(try record("else@example.org")?.sightings.count == 1)
        #expect(try play(&keeper, Self.crowd(5, of: 5, "w"), provider: "google").isEmpty)
        #expect(try file.events() == ["incident.opened"])
        // Two hours later, the second of them calm, it is believed again.
        let later = Self.start.advanced(by: .seconds(2 * 3600))
        #expect(try play(&keeper, Self.crowd(1, of: 40, "x"), provider: "google", at: later).count == 1)
        #expect(try file.events() == ["incident.opened", "incident.closed"])
    }

    @Test func `what cannot matter any more is forgotten, a page at a time`() throws {
        var keeper = keeper()
        _ = try play(&keeper, Self.crowd(10, of: 10))
        #expect(gate.count == 10)
        let later = Self.start.advanced(by: .seconds(181 * 86_400))
        #expect(keeper.nextLook <= later)
        #expect(try play(&keeper, [("yes@example.net", nil)], at: later).count == 10)
        #expect(gate.count == 0)
        #expect(keeper.nextLook > later)
    }

    @Test func `a full list takes nobody new, says so, and goes on with those who are on it`() throws {
        let gate = SuppressionGate(limit: 2)
        var keeper = keeper(gate: gate)
        _ = try play(&keeper, [("a@example.net", "550 5.1.1 no"), ("b@example.net", "550 5.1.1 no")])
        #expect(gate.isFull)
        let later = Self.start.advanced(by: .seconds(86_400))
        let changes = try play(
            &keeper,
            [("A@example.net", "550 5.1.1 no"), ("c@example.net", "550 5.1.1 no")],
            at: later
        )
        #expect(changes.map(\.subject.text) == ["a@example.net"])
        #expect(try file.events() == ["suppression.full"])
    }

    @Test func `a complaint that finds no room is logged`() throws {
        let gate = SuppressionGate(limit: 1)
        var keeper = keeper(gate: gate)
        _ = try play(&keeper, [("a@example.net", "550 5.1.1 no")])
        let complaint = try Self.complaint(of: "b@example.net")
        #expect(keeper.changes(complaint, now: Self.start).isEmpty)
        #expect(try file.events() == ["suppression.full"])
        #expect(keeper.changes(try Self.complaint(of: "a@example.net"), now: Self.start).count == 1)
    }

    private static func complaint(of address: String) throws -> LateReport {
        LateReport(
            dispatch: Dispatch(
                recipient: RecipientID(message: Mail.id(1), index: 0),
                at: start,
                address: address,
                sender: "boss@example.org",
                outcome: .complained,
                provider: "example.net"
            ),
            event: nil,
            suppression: SuppressionChange(try #require(SuppressionSubject(address)), .listed(Samples.entry())),
            copy: nil
        )
    }

    @Test func `the gate knows after a start what the store knows`() throws {
        var batch = StoreWrite()
        for number in 0..<2500 {
            let subject = try #require(SuppressionSubject("u\(number)@example.net"))
            batch.suppressions.append(SuppressionChange(subject, .listed(Samples.entry())))
        }
        _ = try store.write(batch)
        try SuppressionKeeper.load(gate, from: store)
        #expect(gate.count == 2500)
        let envelope = Mail.envelope(to: ["U2499@example.net", "u2500@example.net"])
        #expect(gate.stops(envelope.recipients[0], in: envelope, at: Self.start))
        #expect(!gate.stops(envelope.recipients[1], in: envelope, at: Self.start))
    }
}

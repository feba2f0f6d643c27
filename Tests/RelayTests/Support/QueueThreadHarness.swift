import Delivery
import MailFormat
import Relay
import SMTPTesting
import StatusCodes
import Synchronization

/// A queue thread on a queue in memory; nobody delivers for it.
final class QueueThreadHarness: Sendable {
    let store = WatchedStore()
    let intake = Intake()
    let budget = ContentBudget(limit: 1 << 20)
    let gate: SuppressionGate
    let shelf = BounceShelf(limit: 2)
    let clock: RelayClock
    let file = LogFile()
    let identifiers = MessageIDSource(node: 0)
    private let seen = Mutex(Seen())
    private let reads = Reads()

    struct Seen: Sendable {
        var replies: [MessageID: Reply] = [:]
        /// How often somebody was answered, whoever it was.
        var answers = 0
        /// Messages whose reply came although the store did not hold them.
        var early: Set<MessageID> = []
        /// How many each request touched.
        var touched: [Int] = []
        /// Why requests were not carried out.
        var refusals: [CommandRefusal] = []
        var fatal: [StoreError] = []
        var hasEnded = false
    }

    /// How often the clock was read, and how far it was put on.
    private final class Reads: Sendable {
        let count = Mutex(0)
        let ahead = Mutex(Duration.zero)
    }

    /// Makes a harness whose suppression list takes so many addresses.
    init(suppressions: Int = SuppressionIndex.limit) {
        gate = SuppressionGate(limit: suppressions)
        let (machine, reads) = (RelayClock(), reads)
        clock = RelayClock {
            reads.count.withLock { $0 += 1 }
            return machine.now.advanced(by: reads.ahead.withLock { $0 })
        }
    }

    deinit { intake.close() }

    /// How often the clock was read so far: a few times in every turn of the thread.
    var clockReads: Int { reads.count.withLock { $0 } }

    /// Puts the clock on; the thread sees that when it next wakes.
    func advance(by duration: Duration) { reads.ahead.withLock { $0 += duration } }

    /// What has happened so far.
    var now: Seen { seen.withLock { $0 } }

    /// Starts the thread.
    func start(holdsNew: Bool = false) {
        var planning = PlannerConfiguration()
        // Nobody is there to be told of destinations that are forgotten.
        planning.health.idleFor = .seconds(10 * 86_400)
        QueueThread(
            store: store,
            planner: DeliveryPlanner(planning),
            intake: intake,
            loops: [],
            budget: budget,
            reporter: ReportComposer(
                settings: ReportComposer.Settings(hostname: "mx.example.net"),
                reader: store,
                identifiers: identifiers,
                clock: clock,
                log: file.log
            ),
            forwards: ForwardTable(),
            keeper: SuppressionKeeper(
                gate: gate,
                reader: store,
                configuration: RelayConfiguration(hostname: "mx.example.net", spool: "/nowhere"),
                log: file.log,
                now: clock.now
            ),
            shelf: shelf,
            sendsReturnPaths: true,
            clock: clock,
            log: file.log,
            holdsNew: holdsNew,
            onFatal: { error in self.seen.withLock { $0.fatal.append(error) } }
        ).start { self.seen.withLock { $0.hasEnded = true } }
    }

    /// Hands a message over.
    func hand(_ submission: Submission, reserving bytes: Int = 0) {
        let store = store
        intake.submit(
            PendingSubmission(
                submission: submission,
                reservedBytes: bytes,
                helo: "client.example",
                answer: .function { reply in
                    let isStored = (try? store.message(submission.id)) != nil
                    self.seen.withLock { seen in
                        seen.replies[submission.id] = reply
                        seen.answers += 1
                        if !isStored { seen.early.insert(submission.id) }
                    }
                }
            )
        )
    }

    /// Hands a message over; the reply to it.
    func submit(_ submission: Submission, reserving bytes: Int = 0) async throws -> Reply {
        hand(submission, reserving: bytes)
        return try await waited { self.now.replies[submission.id] }
    }

    /// Asks for something, and does not wait for it.
    func ask(_ verb: OperatorRequest.Verb, _ targets: [QueuedMessage]) {
        intake.request(
            OperatorRequest(verb, targets) { result in
                self.seen.withLock { seen in
                    switch result {
                    case .success(let count): seen.touched.append(count)
                    case .failure(let refusal): seen.refusals.append(refusal)
                    }
                }
            }
        )
    }

    /// Asks for something; how many it touched.
    func request(_ verb: OperatorRequest.Verb, _ targets: [QueuedMessage]) async throws -> Int {
        let before = now.touched.count
        ask(verb, targets)
        return try await waited { self.now.touched.dropFirst(before).first }
    }

    /// The states of a message's open recipients.
    func states(_ number: Int) throws -> [RecipientState] {
        try store.message(Mail.id(number))?.recipients.map(\.state) ?? []
    }
}

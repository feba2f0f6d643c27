import MailFormat
import SMTPProtocol

/// Decides what is delivered when, and what becomes of it.
///
/// It lives on the queue thread, its only owner: no locks, no clock, no I/O. Instants come in with every call, chance
/// from a seed, so that five days of retries run in milliseconds and the same events always give the same decisions.
///
/// Order of events for one batch:
///
/// 1. `startState(of:now:)` for each submission, before it is written: leased to us, or scheduled when there is no room.
/// 2. `decide(_:now:)` with the outcomes that arrived. What it returns is written in the same transaction, with the
///    reports that are due; also what the planner itself wants changed.
/// 3. After the commit: `committed(ignored:)`, then `accepted(_:now:)` with the submissions that started leased. A
///    commit that failed for want of space is repeated with the same transitions; nothing is decided twice.
/// 4. `loaded(_:now:)` with recipients claimed from the store, up to `room(now:)`.
/// 5. `drainAssignments(now:)` gives each event loop its work.
/// 6. `nextDeadline` says when `timer(now:)` wants to be called; `wantsWrite` that there is something to `decide`.
///
/// Memory is bounded by `PlannerConfiguration.Memory`. What waits for an instant is in the store, not here: a million
/// queued messages cost the planner nothing, and there is one wake-up per destination, none per message.
public struct DeliveryPlanner: ~Copyable {
    var configuration: PlannerConfiguration
    var rules: DestinationRules

    var recipients = Slab<RecipientRecord>()
    var messages = Slab<MessageRecord>()
    var works = Slab<WorkRecord>()
    var destinations: [Destination] = []
    var freeDestinations: [Int32] = []
    var messageSlots: [MessageID: Int32] = [:]
    var domains: FoldedIndex
    /// Destination slots of the rules' fixed destinations, by number; `none` where there is none at the moment.
    var fixedSlots: [Int32]
    /// Destination slots of sites.
    var siteSlots: [MXSite: Int32] = [:]
    var firstHosts: [Int32: String] = [:]
    var wantedHolds: [Int32: Hold] = [:]

    /// Destinations that can be given work now, in turn; a ring that is compacted when it has run through.
    var runnable: [Int32] = []
    var runnableHead = 0
    var wakes = WakeHeap()
    var loopLoad: [LoopLoad]
    /// The destination of what has none because there are too many; `none` until it is needed.
    var limboSlot: Int32 = none
    /// Where the search for an idle destination to forget goes on.
    var clockHand = 0

    /// Recipients whose decision waits for its commit.
    var uncommitted: [PendingCommit] = []
    /// What the planner wants changed by itself, at the next `decide`.
    var ownWishes: [OwnWish] = []
    var breaker = Breaker()
    /// When work that is out is looked through for what was lost; `.max` while nothing is out.
    var nextSweep: Int64 = .max
    var alerts: [Alert] = []
    var retired: [(loop: Int, destination: DestinationID)] = []
    var random: SeededGenerator
    var contentBytes = 0

    /// What was counted since the start.
    public internal(set) var statistics = PlannerStatistics()

    /// How much an event loop has to do.
    struct LoopLoad {
        var recipients: Int = 0
        var destinations: Int = 0
    }

    /// A decided recipient, and what the commit makes of it.
    struct PendingCommit {
        var record: Int32
        var generation: UInt32
        var stays: Bool
    }

    /// Something the planner wants stored without an outcome.
    struct OwnWish {
        enum Kind {
            /// Back into the store until an instant.
            case giveBack(until: Int64)
            /// Too old: give up, with the last attempt where there was one.
            case expire(AttemptRecord?)
            /// It stands for others: done, with the report that says so.
            case expand
        }
        var record: Int32
        var generation: UInt32
        var kind: Kind
    }

    /// Makes a planner that knows nothing yet.
    public init(_ configuration: PlannerConfiguration) {
        precondition(configuration.loops > 0, "somebody has to do the work")
        var random = SeededGenerator(seed: configuration.seed)
        let hashSeed = random.next()
        self.configuration = configuration
        self.rules = DestinationRules(configuration.fixedDestinations, seed: hashSeed)
        self.domains = FoldedIndex(seed: hashSeed)
        self.fixedSlots = Array(repeating: none, count: rules.names.count)
        self.loopLoad = Array(repeating: LoopLoad(), count: configuration.loops)
        self.random = random
    }

    /// Recipients in memory.
    public var recipientCount: Int { recipients.count }
    /// Messages in memory.
    public var messageCount: Int { messages.count }
    /// Destinations remembered, sites not counted.
    public var destinationCount: Int {
        destinations.count - freeDestinations.count - siteSlots.count - (limboSlot == none ? 0 : 1)
    }
    /// Sites remembered.
    public var siteCount: Int { siteSlots.count }
    /// Bytes of content held for first attempts.
    public var contentByteCount: Int { contentBytes }
    /// Whether the planner wants something stored: `decide` should be called soon, if only with no outcomes.
    public var wantsWrite: Bool { !ownWishes.isEmpty }
}

/// What a planner has counted.
public struct PlannerStatistics: Hashable, Sendable {
    /// Recipients handed to another system.
    public internal(set) var relayed = 0
    /// Recipients put into their final place.
    public internal(set) var delivered = 0
    /// Attempts that another one follows.
    public internal(set) var deferred = 0
    /// Recipients given up.
    public internal(set) var failed = 0
    /// Recipients given up for their age.
    public internal(set) var expired = 0
    /// Recipients stopped.
    public internal(set) var held = 0
    /// Recipients that others took the place of.
    public internal(set) var expanded = 0
    /// Recipients sent again at once in another transaction.
    public internal(set) var regrouped = 0
    /// Recipients given back to the store without an attempt.
    public internal(set) var returned = 0
    /// Attempts whose final reply was lost.
    public internal(set) var unknownOutcomes = 0
    /// Recipients relayed after such an attempt: the peer may have the message twice.
    public internal(set) var possibleDuplicates = 0
    /// Work whose outcome never came before its lease ran out.
    public internal(set) var lost = 0
    /// Outcomes for tickets that were not, or not any more, handed out.
    public internal(set) var strayOutcomes = 0
    /// Transactions handed to event loops.
    public internal(set) var transactions = 0
}

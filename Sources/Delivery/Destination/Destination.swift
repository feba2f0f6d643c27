import MailFormat

/// What the planner keeps of one destination: its queue of recipients that are due, what it may be given, how it fares.
///
/// A site is one without a queue of its own: the domains that belong to it keep theirs, and take turns.
struct Destination {
    var generation: UInt32 = 0
    var isUsed = false
    /// Not a destination: holds records that have none, until the store has them back.
    var isLimbo = false
    var route = DestinationRoute.domain([])
    var loop: Int32 = 0
    var limits = PlannerConfiguration.DestinationLimits()
    var rate = RateLimiter(nil)

    // The queue of recipients that are due, as a list through their records.
    var firstReady: Int32 = none
    var lastReady: Int32 = none
    var ready: Int32 = 0
    /// Recipients in memory: due, handed out, or decided and not yet committed.
    var inMemory: Int32 = 0

    /// Work items handed out whose outcomes are not complete.
    var handedOut: Int32 = 0
    /// Work items that may be handed out at the same time; grows with success up to the window, halves with failure.
    var allowance: Int32 = 1
    /// In the list of destinations that can be given work now.
    var isRunnable = false
    /// The valid instant in the wake heap; `.max` when there is none.
    var wakeAt: Int64 = .max
    var idleSince: Int64 = 0

    var health = Health()
    var unknown = UnknownRecipients()
    var learnt = LearntLimit()
    var overflow = Overflow()

    /// By whose limits a domain's work goes out.
    var affiliation = Affiliation.unknown
    /// When the domain last went from one site to another.
    var movedAt: Int64 = .min
    /// In which line of its site the domain stands, and its place there.
    var line: Line?
    var nextInLine: Int32 = none
    var previousInLine: Int32 = none

    /// What a site keeps of its domains.
    var members = Members()

    /// Whether there is nothing of it but memories.
    var isIdle: Bool { inMemory == 0 && handedOut == 0 && members.count == 0 }

    /// Whether it is a site.
    var isSite: Bool { if case .site = route { true } else { false } }

    /// The site that it belongs to; `none` when to no one.
    var site: Int32 { if case .member(let site, _) = affiliation { site } else { none } }

    /// Work items at the same time when all is well.
    var window: Int32 {
        Int32(clamping: max(1, limits.connections) * max(1, limits.itemsPerConnection))
    }

    /// Recipients that one transaction may have now.
    func recipientLimit(now: Int64) -> Int {
        let configured = max(1, limits.recipientsPerTransaction)
        return now < learnt.until ? min(configured, Int(learnt.recipients)) : configured
    }

    /// By whose limits the work of a destination goes out.
    enum Affiliation {
        /// A domain whose MX are not known: its first work finds them out.
        case unknown
        /// By its own, until the MX are looked up again; for ever where no MX decide, or it has limits of its own.
        case alone(until: Int64)
        /// By those of a site, until the MX are looked up again.
        case member(of: Int32, until: Int64)
    }

    /// What a domain that has work waits for at its site.
    enum Line {
        /// For its turn: only the site keeps its work from going out.
        case turn
        /// For a larger share: it has as much under way as the others leave it.
        case share
    }

    /// The ends of a line; the longest waiting is the first.
    struct LineEnds {
        var first: Int32 = Delivery.none
        var last: Int32 = Delivery.none
    }

    /// What a site keeps of the domains that belong to it.
    struct Members {
        /// How many there are.
        var count: Int32 = 0
        private var turns = LineEnds()
        private var shares = LineEnds()
        /// The domain that failed first since the site last answered.
        var failedFirst: Int32 = none
        /// Others have failed since: it is not that domain's own trouble.
        var othersFailed = false

        /// Those of them that wait.
        subscript(line: Line) -> LineEnds {
            get { line == .turn ? turns : shares }
            set { if line == .turn { turns = newValue } else { shares = newValue } }
        }
    }

    /// Why and until when a destination is left alone.
    struct Health {
        /// Failed transactions in a row.
        var failures: Int32 = 0
        /// Pauses in a row, without a success between them.
        var pauses: Int32 = 0
        var pausedUntil: Int64 = .min
        var reason: Alert.Kind?
        /// What the latest failed transaction met: the cause for those that wait behind it and were not tried.
        var lastFailure: AttemptRecord?
        /// Changes with every pause: what was under way before it does not count against what comes after.
        var epoch: UInt32 = 0
        /// The breaker's round in which it was last seen failing.
        var failedInRound: UInt32 = 0
        var silentInRound: UInt32 = 0
    }

    /// Recipients refused as unknown, one after the other, nobody accepted between them.
    struct UnknownRecipients {
        /// Hashes of their addresses: twenty mails to one dead address are no incident.
        var addresses: [UInt64] = []
        var last: Int64 = .min
        /// Until then the destination's word is taken for it.
        var believedUntil: Int64 = .min
    }

    /// A limit that a refusal taught us.
    struct LearntLimit {
        var recipients: Int32 = .max
        /// The largest that was announced when it was learnt; 0 when nothing was.
        var announced: Int32 = 0
        var until: Int64 = .min
    }

    /// Where recipients go that there is no room for: back into the store, one after the other at the pace at which
    /// the destination works, so that they do not all come back at once.
    struct Overflow {
        var next: Int64 = .min
        /// Milliseconds between two finished recipients, a moving average, times 16.
        var intervalTimes16: Int64 = 0
        var lastFinished: Int64 = .min

        mutating func finished(now: Int64) {
            if lastFinished > .min {
                intervalTimes16 += min(max(now - lastFinished, 0), 60_000) - intervalTimes16 / 16
            }
            lastFinished = now
        }

        /// When the next recipient without room should come back.
        mutating func place(now: Int64) -> Int64 {
            let earliest = max(next, now + 60_000)
            next = min(earliest + max(1, intervalTimes16 / 16), now + 3_600_000)
            return earliest
        }
    }
}

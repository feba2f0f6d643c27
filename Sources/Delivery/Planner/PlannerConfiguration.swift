public import StatusCodes

/// Everything about delivery that an operator can set.
///
/// Defaults are what a fresh installation does.
public struct PlannerConfiguration: Sendable {
    /// How often and how long a recipient is tried.
    public var retry = Retry()
    /// What a destination may be given, unless it has limits of its own.
    public var destination = DestinationLimits()
    /// Limits of single destinations: by domain in lower case, which then is part of no site; by the name of a site,
    /// its first host; or by the name of a fixed one.
    public var destinationOverrides: [String: DestinationLimits] = [:]
    /// Destinations that the configuration fixes (smart hosts, local delivery), by recipient domain.
    ///
    /// Patterns: a domain; `.domain` for all below it; `*` for everything else; empty for recipients without a domain
    /// (bare postmaster, RFC 5321 §4.5.1). What matches none goes by MX, domains with the same ones as one site.
    public var fixedDestinations: [String: String] = [:]
    /// How destinations that fail are left alone.
    public var health = Health()
    /// What the planner keeps in memory at most.
    public var memory = Memory()
    /// When to stop and call somebody.
    public var breakers = BreakerLimits()
    /// Event loops that work is spread over.
    public var loops = 1
    /// The node, written into leases.
    public var holder: Int64 = 0
    /// The fencing number of this run.
    public var fence: Int64 = 0
    /// Work handed out must have at least this much of its lease left: the reply to a final dot alone may take
    /// 10 minutes (RFC 5321 §4.5.3.2.6).
    public var leaseMargin: Duration = .seconds(20 * 60)
    /// How long leases are taken for when the planner renews one.
    public var leaseDuration: Duration = .seconds(60 * 60)
    /// Same seed, same events, same instants: same decisions.
    public var seed: UInt64 = 0

    /// Makes the default configuration.
    public init() {}

    /// How often and how long a recipient is tried.
    public struct Retry: Sendable {
        /// Delays by curve; what is not named follows `.standard`.
        ///
        /// RFC 5321 §4.5.4.1 asks for at least 30 minutes between attempts; families whose cause goes away sooner, or
        /// where the attempt bothers nobody, are a reasoned deviation (`docs/rfc-coverage.tsv`).
        public var curves: [RetryCurve: RetryDelays] = [
            .standard: RetryDelays(first: .seconds(30 * 60), growthPercent: 150, most: .seconds(4 * 3600)),
            .greylisting: RetryDelays(first: .seconds(5 * 60), growthPercent: 200, most: .seconds(3600)),
            .network: RetryDelays(first: .seconds(10 * 60), growthPercent: 150, most: .seconds(4 * 3600)),
            .mailbox: RetryDelays(first: .seconds(2 * 3600), growthPercent: 200, most: .seconds(12 * 3600)),
            .rate: RetryDelays(first: .seconds(30 * 60), growthPercent: 200, most: .seconds(6 * 3600)),
            .tls: RetryDelays(first: .seconds(30 * 60), growthPercent: 200, most: .seconds(6 * 3600)),
            .own: RetryDelays(first: .seconds(5 * 60), growthPercent: 150, most: .seconds(3600)),
            .immediate: RetryDelays(first: .seconds(5), growthPercent: 600, most: .seconds(30 * 60)),
        ]
        /// Delays vary by up to this much either way, in percent, so that crowds come apart.
        ///
        /// At most 50.
        public var jitterPercent = 10
        /// Bounds on what a peer may ask for with "try again in …" (`docs/design/rulings.md` §1).
        public var retryAfter: ClosedRange<Duration> = .seconds(60)...(.seconds(24 * 3600))
        /// How old a message gets before its open recipients are given up (RFC 5321 §4.5.4.1: 4–5 days).
        public var lifetime: Duration = .seconds(5 * 24 * 3600)
        /// The same for messages with a null reverse-path.
        public var reportLifetime: Duration = .seconds(5 * 24 * 3600)
        /// How old a message gets before its sender is told that it waits; nil means never.
        public var delayNotice: Duration? = .seconds(4 * 3600)
        /// Makes the default values.
        public init() {}
    }

    /// What a destination may be given.
    public struct DestinationLimits: Hashable, Sendable {
        /// Connections at the same time.
        public var connections = 20
        /// Transactions that wait on the event loop for each connection, so that none idles while outcomes travel.
        public var itemsPerConnection = 4
        /// Recipients in one transaction (RFC 5321 §4.5.3.1.8: every server takes 100).
        public var recipientsPerTransaction = 100
        /// Transactions per interval; nil means as fast as it goes.
        public var rate: Rate?
        /// Makes the default limits.
        public init() {}
    }

    /// So many per so long.
    public struct Rate: Hashable, Sendable {
        /// How many, at least 1.
        public var count: Int
        /// In how long.
        public var interval: Duration
        /// How many may go at once after a pause; at least 1.
        public var burst: Int
        /// Makes a rate.
        public init(count: Int, per interval: Duration, burst: Int = 1) {
            precondition(count >= 1 && burst >= 1 && interval > .zero, "a rate lets something through")
            self.count = count
            self.interval = interval
            self.burst = burst
        }
    }

    /// How destinations that fail are left alone.
    public struct Health: Sendable {
        /// Failed transactions in a row (none before them succeeded) that pause a destination.
        public var failuresUntilPause = 3
        /// How long it is paused; the curve's count is that of pauses in a row.
        public var pause = RetryDelays(first: .seconds(2 * 60), growthPercent: 200, most: .seconds(3600))
        /// How long a limit that was learnt from a refusal is believed (`docs/design/rulings.md` §1).
        public var learntFor: Duration = .seconds(24 * 3600)
        /// How long a destination without work is remembered.
        public var idleFor: Duration = .seconds(10 * 60)
        /// Makes the default values.
        public init() {}
    }

    /// What the planner keeps in memory at most.
    ///
    /// What is beyond stays in the store, scheduled.
    public struct Memory: Sendable {
        /// Recipients in all.
        public var recipients = 20_000
        /// Recipients of one destination.
        public var recipientsPerDestination = 5_000
        /// Destinations.
        public var destinations = 20_000
        /// Bytes of content kept for first attempts; beyond it copies are dropped and read back when their turn comes.
        ///
        /// 1,000 messages of 4 KiB: more wait only where the next hop is slower than what comes in, and it stays so.
        public var contentBytes = 4 << 20
        /// Makes the default values.
        public init() {}
    }

    /// When to stop and call somebody (`docs/design/rulings.md` §3, breakers).
    public struct BreakerLimits: Sendable {
        /// Unknown recipients in a row at one destination, none accepted between them, that pause it.
        public var unknownRecipients = 20
        /// They count only within this time of each other.
        public var unknownWindow: Duration = .seconds(3600)
        /// How long it is paused for somebody to look.
        public var unknownPause: Duration = .seconds(3600)
        /// After that pause, or an operator's resume, its answers are believed for so long.
        public var unknownBelieved: Duration = .seconds(24 * 3600)
        /// Different destinations failing in a row, none succeeding between them, that stop everything.
        public var failingDestinations = 20
        /// The same for destinations whose names the resolver does not answer.
        public var silentResolutions = 20
        /// How often one attempt is made while everything is stopped.
        public var probeEvery: Duration = .seconds(60)
        /// How long a route of our own that refuses us is paused.
        public var ownRoutePause: Duration = .seconds(15 * 60)
        /// While everything is stopped nothing expires until it is older than its lifetime by this much.
        public var expiryGrace: Duration = .seconds(24 * 3600)
        /// Makes the default values.
        public init() {}
    }
}

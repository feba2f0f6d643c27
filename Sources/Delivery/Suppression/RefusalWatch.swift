public import MailFormat

/// Notices when one provider suddenly refuses everybody, so that its mistake bans nobody.
///
/// `docs/design/rulings.md` §1: when refusals exceed five times the provider's rate of seven days (a rate below 1 % counts
/// as 1 %), are at least 20 and at least 5 % of the hour's attempts, nobody is suppressed on its word. What it said since
/// the hour began is taken back, and it is believed again after a whole hour that was not like that.
///
/// What late reports say is about mail of hours before, so it is held against the attempts of this day and the day before:
/// in a quiet hour of the night the reports about a mailing would else look like a mistake.
public struct RefusalWatch: Sendable {
    /// The numbers of the ruling.
    public struct Limits: Hashable, Sendable {
        /// Fewer refusals in an hour are no incident.
        public var leastRefusals: Int64 = 20
        /// Nor is a smaller part of the hour's attempts, in percent.
        public var leastPercent: Int64 = 5
        /// How many times the usual rate is too much.
        public var times: Int64 = 5
        /// A lower usual rate counts as this, in percent.
        public var floorPercent: Int64 = 1
        /// Providers that are counted at the same time.
        public var providers = 20_000

        /// The numbers of the ruling.
        public init() {}
    }

    /// Something that a person has to know, once for each incident.
    public enum Notice: Hashable, Sendable {
        /// A provider is not believed any more: what it said since `since` is to be taken back.
        case suspended(provider: String, since: Timestamp)
        /// It is believed again.
        case resumed(provider: String)
    }

    private struct Tally {
        let name: String
        var hour: Int64
        var attempts: Int64 = 0
        var refusals: Int64 = 0
        /// Refusals of this hour that reports told of later.
        var late: Int64 = 0
        /// The seven days before this hour, by day of the epoch modulo their number.
        var days: [(day: Int64, attempts: Int64, refusals: Int64)] = []
        /// The last hour in which nobody is suppressed on its word; nil while it is believed.
        var suspendedThrough: Int64?
        /// The first of these hours.
        var suspendedSince: Int64 = 0
        /// Whether this hour is part of a mistake, and says nothing of what is usual.
        var isExceptional: Bool { suspendedThrough != nil && hour - suspendedSince < RefusalWatch.longestIncident }
    }

    private let limits: Limits
    private let names: FoldedIndex
    private var tallies: [UInt64: Tally] = [:]
    /// The hour in which nobody was found who may be forgotten: until the next one nobody will be.
    private var hourWithoutRoom: Int64?
    /// How often all providers were looked through for one to forget.
    private(set) var searches = 0

    private static let hour: Int64 = 3_600_000
    private static let daysKept: Int64 = 7
    /// Hours after which what was unusual counts as usual: no mistake lasts longer, and a list may be that bad.
    private static let longestIncident: Int64 = 24

    /// Nothing has been counted yet; the seed keys the hashes of names, which come from the network.
    public init(_ limits: Limits = Limits(), seed: UInt64) {
        self.limits = limits
        self.names = FoldedIndex(seed: seed)
    }

    /// What stands for a provider, or for a domain that no known provider serves: no text is made to count.
    public func key(_ name: Span<UInt8>) -> UInt64 { names.hash(name) }

    /// Counts attempts that a provider answered, how many of them it refused for the recipient's sake, and how many that
    /// it had taken earlier it refused by a late report.
    ///
    /// - Returns: What a person has to know now, if anything.
    public mutating func count(
        _ key: UInt64,
        name: @autoclosure () -> String,
        attempts: Int,
        refusals: Int,
        late: Int = 0,
        now: Timestamp
    ) -> Notice? {
        let hour = now.milliseconds / Self.hour
        guard makeRoom(for: key, hour: hour) else { return nil }
        var tally = tallies[key] ?? Tally(name: name(), hour: hour)
        let hasResumed = Self.turn(&tally, to: hour)
        tally.attempts += Int64(attempts)
        tally.refusals += Int64(refusals)
        tally.late += Int64(late)
        var notice: Notice? = hasResumed ? .resumed(provider: tally.name) : nil
        if refusals > 0 && isUnusual(tally) || late > 0 && isUnusualLater(tally) {
            if tally.suspendedThrough == nil {
                // One that is suspended in the moment it would be believed again just stays so.
                let since = Timestamp(milliseconds: hour * Self.hour)
                notice = hasResumed ? nil : .suspended(provider: tally.name, since: since)
                tally.suspendedSince = hour
            }
            tally.suspendedThrough = hour + 1
        }
        tallies[key] = tally
        return notice
    }

    /// Whether nobody is suppressed on a provider's word.
    public func isSuspended(_ key: UInt64, now: Timestamp) -> Bool {
        tallies[key]?.suspendedThrough.map { now.milliseconds / Self.hour <= $0 } ?? false
    }

    /// Begins another hour; true when a suspension ended with an earlier one.
    private static func turn(_ tally: inout Tally, to hour: Int64) -> Bool {
        guard hour > tally.hour else { return false }
        if !tally.isExceptional { Self.keep(&tally) }
        tally.days.removeAll { $0.day <= hour / 24 - daysKept }
        tally.hour = hour
        tally.attempts = 0
        tally.refusals = 0
        tally.late = 0
        guard let through = tally.suspendedThrough, hour > through else { return false }
        tally.suspendedThrough = nil
        return true
    }

    /// Adds the hour that ends to its day.
    private static func keep(_ tally: inout Tally) {
        let day = tally.hour / 24
        if let place = tally.days.firstIndex(where: { $0.day == day }) {
            tally.days[place].attempts += tally.attempts
            tally.days[place].refusals += tally.refusals + tally.late
        } else {
            tally.days.append((day, tally.attempts, tally.refusals + tally.late))
        }
    }

    private func isUnusual(_ tally: Tally) -> Bool { isUnusual(tally.refusals, of: tally.attempts, tally) }

    /// Whether the reports of an hour are unusual for the mail that they can be about.
    private func isUnusualLater(_ tally: Tally) -> Bool {
        let today = tally.hour / 24
        let attempts = tally.days.reduce(tally.attempts) { $0 + ($1.day >= today - 1 ? $1.attempts : 0) }
        // More reports than mails are about mail that was not counted: nothing can be said of those.
        return tally.late <= attempts && isUnusual(tally.late, of: attempts, tally)
    }

    private func isUnusual(_ refused: Int64, of tried: Int64, _ tally: Tally) -> Bool {
        guard refused >= limits.leastRefusals, refused * 100 >= tried * limits.leastPercent else { return false }
        // Fractions are compared without dividing.
        guard refused * 100 > limits.times * limits.floorPercent * tried else { return false }
        let attempts = tally.days.reduce(0) { $0 + $1.attempts }
        let refusals = tally.days.reduce(0) { $0 + $1.refusals }
        return attempts == 0 || refused * attempts > limits.times * refusals * tried
    }

    /// Whether there is room for a provider; those that nobody wrote to for a day are forgotten first.
    private mutating func makeRoom(for key: UInt64, hour: Int64) -> Bool {
        guard tallies.count >= limits.providers, tallies[key] == nil else { return true }
        guard hourWithoutRoom != hour else { return false }
        searches += 1
        tallies = tallies.filter { $0.value.hour > hour - 24 || $0.value.suspendedThrough.map { $0 >= hour } ?? false }
        guard tallies.count >= limits.providers else { return true }
        hourWithoutRoom = hour
        return false
    }
}

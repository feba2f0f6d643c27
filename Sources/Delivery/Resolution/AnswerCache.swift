public import MailFormat

/// Answers that are still good, bounded in number and time.
///
/// A value: its owner passes the time.
///
/// It stands before the resolver's own cache, because a hop to another thread costs more than the look-up.
public struct AnswerCache: Sendable {
    /// How long answers are kept, whatever the zone says.
    public struct Bounds: Hashable, Sendable {
        /// How many answers at most.
        public var entries = 10_000
        /// Not shorter than this: a TTL of 0 must not cost a question for every message.
        public var shortest = Duration.seconds(5)
        /// Not longer than this: an operator who moved his MX should not wait for days.
        public var longest = Duration.seconds(3600)
        /// Absence is kept at most this long (RFC 2308 §5 allows more).
        public var longestAbsence = Duration.seconds(60)
        /// Failures are kept this long, so that a dead zone is not asked for every message (RFC 2308 §7.1: at most
        /// five minutes).
        public var failure = Duration.seconds(10)
        /// Makes the default bounds.
        public init() {}
    }

    private struct Entry {
        let answer: DNSAnswer
        let expiry: Timestamp
    }

    private let bounds: Bounds
    private var entries: [DNSQuestion: Entry] = [:]
    /// Every key once, in the order of its first insertion; the oldest goes when there is no room.
    private var order: [DNSQuestion] = []
    private var oldest = 0

    /// Makes an empty cache.
    public init(bounds: Bounds = Bounds()) { self.bounds = bounds }

    /// How many answers are kept, expired ones included.
    public var count: Int { entries.count }

    /// The answer to a question, its lifetime cut to what is left; nil when there is none.
    public func answer(to question: DNSQuestion, now: Timestamp) -> DNSAnswer? {
        guard let entry = entries[question], now < entry.expiry else { return nil }
        var answer = entry.answer
        // A clock that was set back must not make an answer immortal.
        answer.lifetime = min(now.duration(to: entry.expiry), bounds.longest)
        return answer
    }

    /// Keeps an answer.
    public mutating func keep(_ answer: DNSAnswer, to question: DNSQuestion, now: Timestamp) {
        let lifetime: Duration
        switch answer.outcome {
        case .records: lifetime = min(max(answer.lifetime, bounds.shortest), bounds.longest)
        case .noData, .noSuchName: lifetime = min(max(answer.lifetime, bounds.shortest), bounds.longestAbsence)
        case .failed(.unavailable): return
        case .failed: lifetime = bounds.failure
        }
        let isNew =
            entries.updateValue(Entry(answer: answer, expiry: now.advanced(by: lifetime)), forKey: question) == nil
        guard isNew else { return }
        order.append(question)
        if entries.count > bounds.entries { dropOldest() }
    }

    private mutating func dropOldest() {
        entries[order[oldest]] = nil
        oldest += 1
        // The list is shortened in large steps, so that each insertion costs the same on average.
        guard oldest > order.count / 2 else { return }
        order.removeFirst(oldest)
        oldest = 0
    }

    /// Forgets everything, as on SIGHUP.
    public mutating func removeAll() {
        entries = [:]
        order = []
        oldest = 0
    }
}

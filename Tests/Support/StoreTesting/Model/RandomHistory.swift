public import Delivery
public import MailFormat
internal import StatusCodes

/// A seeded sequence of operations that uses every part of a store, to be played on two stores at once.
public struct RandomHistory {
    private var generator: SplitMix64
    private var nextMessage = 0
    private var clock: Int64 = 0
    private var fence: Int64 = 1

    /// Makes the sequence of this seed.
    public init(seed: UInt64) { generator = SplitMix64(seed: seed) }

    /// What the next step does.
    public enum Step: Sendable {
        /// Write this batch.
        case write(StoreWrite)
        /// Claim what is due.
        case claim(now: Timestamp, lease: Lease, limit: Int)
        /// Start again: take a fence and recover under it.
        case restart(now: Timestamp)
    }

    /// The next step.
    public mutating func next() -> Step {
        clock += Int64.random(in: 0...40, using: &generator)
        switch Int.random(in: 0..<20, using: &generator) {
        case 0:
            fence += 1
            return .restart(now: .after(clock))
        case 1..<6:
            let lease = Samples.lease(fence: fence, seconds: clock + Int64.random(in: 1...200, using: &generator))
            return .claim(now: .after(clock), lease: lease, limit: Int.random(in: 1...8, using: &generator))
        default:
            return .write(batch())
        }
    }

    private mutating func batch() -> StoreWrite {
        var batch = StoreWrite()
        for _ in 0..<Int.random(in: 0...4, using: &generator) { batch.submissions.append(submission()) }
        for _ in 0..<Int.random(in: 0...8, using: &generator) { batch.transitions.append(transition()) }
        if Int.random(in: 0..<6, using: &generator) == 0 {
            batch.deletions = [
                Deletion(message: Samples.id(someMessage()), by: "root", reason: "step \(clock)", at: .after(clock))
            ]
        }
        for _ in 0..<Int.random(in: 0...3, using: &generator) { batch.suppressions.append(suppression()) }
        return batch
    }

    private mutating func suppression() -> SuppressionChange {
        let subject = Samples.subject(Int.random(in: 0..<6, using: &generator))
        let age = Int64.random(in: 0...400_000, using: &generator)
        switch Int.random(in: 0..<12, using: &generator) {
        case 0: return SuppressionChange(subject, .accepted)
        case 1: return SuppressionChange(subject, .removed)
        case 2:
            let retraction = Retraction(rule: Bool.random(using: &generator) ? "generic/1" : nil, since: .after(age))
            return SuppressionChange(subject, .retracted(retraction))
        case 3: return SuppressionChange(subject, .swept(at: .after(age + 20_000_000)))
        case 4, 5: return SuppressionChange(subject, .listed(Samples.entry(seconds: age)))
        default:
            let isLate = Int.random(in: 0..<3, using: &generator) == 0
            return SuppressionChange(subject, .sighted(Samples.sighting(after: age, isLate ? .dsn : .live)))
        }
    }

    private mutating func submission() -> Submission {
        nextMessage += 1
        var submission = Samples.submission(
            nextMessage,
            recipients: Int.random(in: 1...5, using: &generator),
            state: state(),
            byteCount: Int.random(in: 0...6000, using: &generator)
        )
        submission.arrival = .after(clock)
        if Int.random(in: 0..<3, using: &generator) == 0 {
            let key = "k\(Int.random(in: 0..<12, using: &generator))"
            let digest = UInt8.random(in: 0...1, using: &generator)
            submission.idempotency = IdempotencyKey(owner: "anna", key: key, digest: [digest])
        }
        return submission
    }

    private mutating func transition() -> RecipientTransition {
        let recipient = Samples.recipient(someMessage(), Int.random(in: 0...4, using: &generator))
        let isOperator = Int.random(in: 0..<5, using: &generator) == 0
        let isDone = Bool.random(using: &generator)
        let attempt = Int.random(in: 0..<4, using: &generator)
        return RecipientTransition(
            recipient: recipient,
            fence: isOperator ? nil : Int64.random(in: max(1, fence - 1)...fence, using: &generator),
            next: isDone ? .done : .state(state()),
            attempt: attempt == 0 ? nil : attempt == 1 ? Samples.failure() : Samples.deferral(attempt),
            delayNoticeSent: Int.random(in: 0..<4, using: &generator) == 0,
            ignoresAge: Int.random(in: 0..<8, using: &generator) == 0
        )
    }

    private mutating func state() -> RecipientState {
        let seconds = clock + Int64.random(in: -20...200, using: &generator)
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: return Samples.hold("since \(seconds)", reviewAt: seconds % 2 == 0 ? .after(seconds) : nil)
        case 1, 2: return Samples.due(seconds)
        default: return .leased(Samples.lease(fence: fence, seconds: seconds))
        }
    }

    /// Mostly a recent one.
    private mutating func someMessage() -> Int {
        max(0, nextMessage - Int.random(in: 0...20, using: &generator))
    }
}

/// A small generator whose sequence a seed decides.
package struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    /// Starts the sequence of a seed.
    package init(seed: UInt64) { state = seed }

    /// The next number.
    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

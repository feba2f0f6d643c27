package import Delivery
import Dispatch
import NIOConcurrencyHelpers
import NIOCore
import StatusCodes

/// The queue thread's inbox: what event loops and the control socket hand over, a batch at a time.
///
/// A hand-over is a lock, an append, and a wake-up only when the thread sleeps. The thread takes everything that has
/// gathered while it committed the batch before: that is the group commit.
package final class Intake: Sendable {
    /// What has gathered.
    package struct Batch: Sendable {
        /// Messages that wait for their 250.
        package var submissions: [PendingSubmission] = []
        /// What became of recipients.
        package var outcomes: [DeliveryOutcome] = []
        /// What the operator wants.
        package var requests: [OperatorRequest] = []
        /// What persons want to know of what waits.
        package var questions: [WaitQuestion] = []
        /// What a reload has changed; the last word counts.
        package var settings: RelaySettings?
        /// Windows that have opened, answers that arrived: reasons to plan again without anything to store.
        package var isWoken = false

        var isEmpty: Bool {
            submissions.isEmpty && outcomes.isEmpty && requests.isEmpty && questions.isEmpty && settings == nil
                && !isWoken
        }
    }

    private struct Inbox {
        var batch = Batch()
        var isAsleep = false
        var phase = Phase.open
    }

    /// How near the thread is to its end.
    private enum Phase {
        case open
        /// What is in the inbox is the last.
        case closing
        /// Nobody looks into the inbox any more.
        case ended
    }

    private let inbox = NIOLockedValueBox(Inbox())
    private let bell = DispatchSemaphore(value: 0)

    /// An empty inbox.
    package init() {}

    /// Hands over a message; its answer comes after the commit, or at once when the thread has ended: 451 4.3.0.
    package func submit(_ submission: PendingSubmission) {
        if !put({ $0.submissions.append(submission) }) { submission.answer(Reply(.localError)) }
    }

    /// Hands over what became of recipients; nobody waits for it.
    package func report(_ outcomes: [DeliveryOutcome]) {
        guard !outcomes.isEmpty else { return }
        _ = put { $0.outcomes += outcomes }
    }

    /// Hands over what an operator wants; refused when the thread has ended.
    package func request(_ request: OperatorRequest) {
        if !put({ $0.requests.append(request) }) { request.answer(.failure(.serviceEnds)) }
    }

    /// Hands over a question; when the thread has ended nothing waits for anything.
    package func ask(_ question: WaitQuestion) {
        if !put({ $0.questions.append(question) }) { question.answer([:]) }
    }

    /// Makes the thread go on under other settings, before whatever is handed over after this.
    package func follow(_ settings: RelaySettings) { _ = put { $0.settings = settings } }

    /// Makes the thread plan again.
    package func wake() { _ = put { $0.isWoken = true } }

    /// Ends the thread after what is in the inbox.
    package func close() {
        let wasAsleep = inbox.withLockedValue { inbox in
            if inbox.phase == .open { inbox.phase = .closing }
            defer { inbox.isAsleep = false }
            return inbox.isAsleep
        }
        if wasAsleep { bell.signal() }
    }

    /// Ends the thread now; what it has not taken yet is the caller's to answer.
    func giveUp() -> Batch {
        inbox.withLockedValue { inbox in
            inbox.phase = .ended
            defer { inbox.batch = Batch() }
            return inbox.batch
        }
    }

    /// False when nobody will take it out again.
    private func put(_ add: (inout Batch) -> Void) -> Bool {
        let (isTaken, wasAsleep) = inbox.withLockedValue { inbox in
            guard inbox.phase != .ended else { return (false, false) }
            add(&inbox.batch)
            defer { inbox.isAsleep = false }
            return (true, inbox.isAsleep)
        }
        if wasAsleep { bell.signal() }
        return isTaken
    }

    /// Waits for something to do until the deadline; nil when the inbox is closed and empty.
    func next(until deadline: NIODeadline) -> Batch? {
        while true {
            let (batch, hasEnded) = inbox.withLockedValue { inbox -> (Batch?, Bool) in
                guard inbox.batch.isEmpty else {
                    defer { inbox.batch = Batch() }
                    return (inbox.batch, false)
                }
                guard inbox.phase == .open else {
                    inbox.phase = .ended
                    return (nil, true)
                }
                inbox.isAsleep = true
                return (nil, false)
            }
            if let batch { return batch }
            if hasEnded { return nil }
            let wait = deadline - .now()
            guard wait > .zero else {
                inbox.withLockedValue { $0.isAsleep = false }
                return Batch()
            }
            _ = bell.wait(timeout: .now() + .nanoseconds(Int(min(wait, .hours(1)).nanoseconds)))
        }
    }
}

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
        /// What a reload has changed; the last word counts.
        package var settings: RelaySettings?
        /// Windows that have opened, answers that arrived: reasons to plan again without anything to store.
        package var isWoken = false

        var isEmpty: Bool {
            submissions.isEmpty && outcomes.isEmpty && requests.isEmpty && settings == nil && !isWoken
        }
    }

    private struct Inbox {
        var batch = Batch()
        var isAsleep = false
        var isClosed = false
    }

    private let inbox = NIOLockedValueBox(Inbox())
    private let bell = DispatchSemaphore(value: 0)

    /// An empty inbox.
    package init() {}

    /// Hands over a message; its answer comes after the commit.
    package func submit(_ submission: PendingSubmission) { put { $0.submissions.append(submission) } }

    /// Hands over what became of recipients; nobody waits for it.
    package func report(_ outcomes: [DeliveryOutcome]) {
        guard !outcomes.isEmpty else { return }
        put { $0.outcomes += outcomes }
    }

    /// Hands over what an operator wants.
    package func request(_ request: OperatorRequest) { put { $0.requests.append(request) } }

    /// Makes the thread go on under other settings, before whatever is handed over after this.
    package func follow(_ settings: RelaySettings) { put { $0.settings = settings } }

    /// Makes the thread plan again.
    package func wake() { put { $0.isWoken = true } }

    /// Ends the thread after what is in the inbox.
    package func close() {
        let wasAsleep = inbox.withLockedValue { inbox in
            inbox.isClosed = true
            defer { inbox.isAsleep = false }
            return inbox.isAsleep
        }
        if wasAsleep { bell.signal() }
    }

    private func put(_ add: (inout Batch) -> Void) {
        let wasAsleep = inbox.withLockedValue { inbox in
            add(&inbox.batch)
            defer { inbox.isAsleep = false }
            return inbox.isAsleep
        }
        if wasAsleep { bell.signal() }
    }

    /// Waits for something to do until the deadline; nil when the inbox is closed and empty.
    func next(until deadline: NIODeadline) -> Batch? {
        while true {
            let (batch, isClosed) = inbox.withLockedValue { inbox -> (Batch?, Bool) in
                guard inbox.batch.isEmpty else {
                    defer { inbox.batch = Batch() }
                    return (inbox.batch, false)
                }
                inbox.isAsleep = !inbox.isClosed
                return (nil, inbox.isClosed)
            }
            if let batch { return batch }
            if isClosed { return nil }
            let wait = deadline - .now()
            guard wait > .zero else {
                inbox.withLockedValue { $0.isAsleep = false }
                return Batch()
            }
            _ = bell.wait(timeout: .now() + .nanoseconds(Int(min(wait, .hours(1)).nanoseconds)))
        }
    }
}

package import Delivery
import MailFormat
import NIOConcurrencyHelpers

/// How much mail for late reports is put aside and waits for a person: beyond a limit no more of it is taken.
///
/// What is put aside never expires, and anybody may write to these addresses: without a limit strangers could fill the
/// queue for ever. Sessions ask it at RCPT; the queue thread tells it what was put aside. What persons have dealt with
/// since is found out by counting anew when the limit is reached, so that the count is never too low.
package final class BounceShelf: Sendable {
    /// So many recipients are more than anybody looks through; content of a usual report takes some 100 MB then.
    package static let limit = 10_000
    /// While it is full it is counted anew this often: that reads all recipients of the queue.
    package static let recountPause: Duration = .seconds(60)

    private let limit: Int
    private let state = NIOLockedValueBox(State())

    private struct State {
        var count = 0
        var nextRecount = Timestamp(milliseconds: 0)
        var isNoted = false
    }

    /// A shelf with nothing on it.
    package init(limit: Int = BounceShelf.limit) { self.limit = limit }

    /// How much is put aside, at most.
    package var count: Int { state.withLockedValue(\.count) }

    /// Whether mail to such an address is taken now.
    ///
    /// Whoever knows only the address for complaints, or has an old return-path, cannot shut out the reports about mail of
    /// today: for those there is as much room again.
    package func takes(_ kind: BounceAddresses.Kind) -> Bool {
        switch kind {
        case .returnPath: count / 2 < limit
        case .expired, .feedback: count < limit
        case .forged: false
        }
    }

    /// Counts what a commit has put aside.
    func committed(_ transitions: [RecipientTransition]) {
        let added = transitions.count { transition in
            if case .state(.held(let hold)) = transition.next { hold.by == DeliveryPlanner.bounceIntake } else { false }
        }
        guard added > 0 else { return }
        state.withLockedValue { $0.count += added }
    }

    /// Counts what a store holds.
    package func count(in store: any QueueStore) throws(StoreError) {
        let count = try store.heldCount(by: DeliveryPlanner.bounceIntake)
        state.withLockedValue { $0.count = count }
    }

    /// Counts anew while it is full, from time to time, and logs when that begins and ends; on the queue thread.
    func lookAfter(_ store: any QueueStore, now: Timestamp, log: EventLog) throws(StoreError) {
        let isDue = state.withLockedValue { state in
            guard state.count >= limit || state.isNoted, now >= state.nextRecount else { return false }
            state.nextRecount = now.advanced(by: Self.recountPause)
            return true
        }
        guard isDue else { return }
        try count(in: store)
        let (isFull, isNew) = state.withLockedValue { state in
            let isFull = state.count >= limit
            defer { state.isNoted = isFull }
            return (isFull, isFull != state.isNoted)
        }
        guard isNew else { return }
        log.note(isFull ? "bounces.full" : "bounces.recovered", at: now, isFull ? full : Self.recovered)
    }

    private var full: String {
        "\(limit) mails to return-paths wait for a person, and no more are taken (452) until some are released or deleted: "
            + "martlet queue list"
    }
    private static let recovered = "mails to return-paths are taken again"
}

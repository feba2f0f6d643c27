import Dispatch
import Synchronization

/// Threads for work that is slow on purpose, a few at a time, with a bounded queue before them.
final class PasswordWorkers: Sendable {
    private struct State {
        var running = 0
        var waiting: [@Sendable () -> Void] = []
        var next = 0
    }

    private let state = Mutex(State())
    private let threads: Int
    private let queueLimit: Int

    init(threads: Int, queueLimit: Int) {
        self.threads = threads
        self.queueLimit = queueLimit
    }

    /// Runs a job now or soon; false when too many wait.
    func submit(_ job: @escaping @Sendable () -> Void) -> Bool {
        enum Decision { case start, wait, refuse }
        let decision = state.withLock { state -> Decision in
            if state.running < threads {
                state.running += 1
                return .start
            }
            guard state.waiting.count - state.next < queueLimit else { return .refuse }
            state.waiting.append(job)
            return .wait
        }
        if decision == .start { start(job) }
        return decision != .refuse
    }

    private func start(_ first: @escaping @Sendable () -> Void) {
        DispatchQueue.global(qos: .userInitiated).async {
            var job: (@Sendable () -> Void)? = first
            while let current = job {
                current()
                job = self.takeNext()
            }
        }
    }

    /// The next job for a thread that has finished one; nil ends the thread's turn.
    private func takeNext() -> (@Sendable () -> Void)? {
        state.withLock { state in
            guard state.next < state.waiting.count else {
                state.running -= 1
                return nil
            }
            let job = state.waiting[state.next]
            state.next += 1
            // Jobs that ran are let go of in one step, so that each costs the same on average.
            if state.next > 64 || state.next == state.waiting.count {
                state.waiting.removeFirst(state.next)
                state.next = 0
            }
            return job
        }
    }
}

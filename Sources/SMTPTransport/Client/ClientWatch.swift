import NIOCore

/// The clock of one connection: one timer for all its waits, set anew only when something is due before it fires.
///
/// Waits are longer than a tick, so a busy connection never touches its timer.
struct ClientWatch {
    /// What is due.
    enum Verdict {
        case wait
        /// The peer was silent for too long.
        case overdue
        /// Nobody used the connection for too long.
        case unused
        /// Time to ask whether the peer still lives.
        case probe
    }

    private let idleTimeout: TimeAmount
    private let keepAlive: TimeAmount?
    /// The longest time between two looks.
    private let tick: TimeAmount
    /// Since when the session waits for what comes next.
    private var waitingSince: NIODeadline
    /// Since when nobody used the connection; nil while somebody does.
    private var unusedSince: NIODeadline?
    private var timer: Scheduled<Void>?
    private var timerDue = NIODeadline.distantFuture

    init(now: NIODeadline, idleTimeout: TimeAmount, keepAlive: TimeAmount?) {
        self.idleTimeout = idleTimeout
        self.keepAlive = keepAlive
        self.tick = min(.seconds(60), idleTimeout, keepAlive ?? .seconds(60))
        self.waitingSince = now
    }

    /// Something came forward.
    mutating func touch(_ now: NIODeadline) { waitingSince = now }

    mutating func stop() {
        timer?.cancel()
        timer = nil
    }

    /// Sees to it that `fired` is called no later than the next thing is due.
    mutating func await(
        _ patience: Duration?,
        isUnused: Bool,
        on eventLoop: any EventLoop,
        _ fired: @escaping () -> Void
    ) {
        if !isUnused { unusedSince = nil } else if unusedSince == nil { unusedSince = waitingSince }
        let due = due(patience)
        // A timer that fires before is good enough: what is due is looked at when it fires.
        guard timer == nil || timerDue > due else { return }
        timer?.cancel()
        timerDue = min(due, eventLoop.now + tick)
        timer = eventLoop.assumeIsolated().scheduleTask(deadline: timerDue, fired)
    }

    /// What is due when the timer has fired.
    mutating func verdict(_ patience: Duration?, now: NIODeadline) -> Verdict {
        timer = nil
        if patience != nil { return now >= due(patience) ? .overdue : .wait }
        if let unusedSince, now >= unusedSince + idleTimeout { return .unused }
        if let keepAlive, now >= waitingSince + keepAlive { return .probe }
        return .wait
    }

    private func due(_ patience: Duration?) -> NIODeadline {
        if let patience { return waitingSince + TimeAmount(patience) }
        let unused = unusedSince.map { $0 + idleTimeout } ?? .distantFuture
        let probe = keepAlive.map { waitingSince + $0 } ?? .distantFuture
        return min(unused, probe)
    }
}

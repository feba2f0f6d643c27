import CUnbound
import Delivery
import Dispatch

/// What lives on the resolver's queue.
///
/// `@unchecked Sendable`: every method but `init` and `activate` is called on `queue`, which is serial, and `activate` is
/// called once, before anybody else has the worker. The library calls back only from `process`, hence on the queue too.
final class UnboundWorker: @unchecked Sendable {
    /// A question on its way.
    private final class Pending {
        let question: DNSQuestion
        let deadline: ContinuousClock.Instant
        let completion: @Sendable (DNSAnswer) -> Void
        unowned let worker: UnboundWorker
        /// The library's number while it works on it; nil while it waits here.
        var identifier: Int32?

        init(
            _ question: DNSQuestion,
            deadline: ContinuousClock.Instant,
            worker: UnboundWorker,
            completion: @escaping @Sendable (DNSAnswer) -> Void
        ) {
            self.question = question
            self.deadline = deadline
            self.worker = worker
            self.completion = completion
        }
    }

    private let queue: DispatchQueue
    private let configuration: ResolverConfiguration
    /// Nil once the descriptor was let go of.
    private var context: UnboundContext?
    /// Nothing is asked any more; the context follows when its descriptor is free.
    private var isStopped = false
    private var source: (any DispatchSourceRead)?
    private var timer: (any DispatchSourceTimer)?
    private var timerDeadline: ContinuousClock.Instant?
    private var inFlight: [ObjectIdentifier: Pending] = [:]
    /// First come, first served; `next` is the first that was not taken yet.
    private var waiting: [Pending] = []
    private var next = 0

    init(_ context: consuming UnboundContext, configuration: ResolverConfiguration, queue: DispatchQueue) {
        self.context = consume context
        self.configuration = configuration
        self.queue = queue
    }

    func activate() {
        guard let descriptor = context?.descriptor else { return }
        let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
        source.setEventHandler { [unowned self] in readable() }
        let timer = DispatchSource.makeTimerSource(queue: queue)
        timer.setEventHandler { [unowned self] in timerFired() }
        self.source = source
        self.timer = timer
        source.activate()
        timer.activate()
    }

    func ask(
        _ question: DNSQuestion,
        deadline: ContinuousClock.Instant,
        completion: @escaping @Sendable (DNSAnswer) -> Void
    ) {
        guard !isStopped, waiting.count - next < configuration.questionsWaiting else {
            completion(DNSAnswer(.failed(.unavailable)))
            return
        }
        let pending = Pending(question, deadline: deadline, worker: self, completion: completion)
        if inFlight.count < configuration.questionsInFlight {
            begin(pending)
        } else {
            waiting.append(pending)
        }
        watch(deadline)
    }

    private func begin(_ pending: Pending) {
        // Retained for the library until its callback, or until the question is cancelled.
        let token = unsafe Unmanaged.passRetained(pending)
        let identifier = unsafe context?.begin(pending.question, token: token.toOpaque()) { token, code, result in
            guard let token = unsafe token else { return }
            let pending = unsafe Unmanaged<Pending>.fromOpaque(token).takeRetainedValue()
            let answer = unsafe UnboundWorker.read(code, result, pending.question)
            pending.worker.answered(pending, answer)
        }
        guard let identifier else {
            unsafe token.release()
            pending.completion(DNSAnswer(.failed(.unavailable)))
            return
        }
        pending.identifier = identifier
        inFlight[ObjectIdentifier(pending)] = pending
    }

    /// Turns the library's result into a value and frees it.
    private static func read(
        _ code: Int32,
        _ result: UnsafeMutablePointer<ub_result>?,
        _ question: DNSQuestion
    ) -> DNSAnswer {
        guard let result = unsafe result else { return DNSAnswer(.failed(.serverFailure)) }
        defer { unsafe ub_resolve_free(result) }
        guard code == UB_NOERROR.rawValue else { return DNSAnswer(.failed(.serverFailure)) }
        return unsafe DNSAnswer(result, to: question)
    }

    private func answered(_ pending: Pending, _ answer: DNSAnswer) {
        inFlight[ObjectIdentifier(pending)] = nil
        pending.completion(answer)
    }

    private func readable() {
        guard context?.process() == true else {
            // The pipe to its thread broke; nothing will be answered any more.
            stop()
            return
        }
        beginWaiting()
    }

    private func beginWaiting() {
        while next < waiting.count, inFlight.count < configuration.questionsInFlight {
            next += 1
            begin(waiting[next - 1])
        }
        if next == waiting.count || next > configuration.questionsWaiting {
            waiting.removeFirst(next)
            next = 0
        }
    }

    /// Makes sure that the timer fires at a deadline, or before.
    private func watch(_ deadline: ContinuousClock.Instant) {
        if let timerDeadline, timerDeadline <= deadline { return }
        timerDeadline = deadline
        let wait = ContinuousClock.now.duration(to: deadline).components
        let nanoseconds = wait.seconds * 1_000_000_000 + wait.attoseconds / 1_000_000_000
        timer?.schedule(deadline: .now() + .nanoseconds(Int(max(0, nanoseconds))), leeway: .milliseconds(1))
    }

    private func timerFired() {
        timerDeadline = nil
        let now = ContinuousClock.now
        for pending in inFlight.values where pending.deadline <= now {
            cancel(pending)
            pending.completion(DNSAnswer(.failed(.timeout)))
        }
        let late = waiting[next...].filter { $0.deadline <= now }
        if !late.isEmpty {
            waiting = waiting[next...].filter { $0.deadline > now }
            next = 0
            for pending in late { pending.completion(DNSAnswer(.failed(.timeout))) }
        }
        beginWaiting()
        let rest = inFlight.values.map(\.deadline) + waiting[next...].map(\.deadline)
        if let earliest = rest.min() { watch(earliest) }
    }

    private func cancel(_ pending: Pending) {
        guard let identifier = pending.identifier else { return }
        context?.cancel(identifier)
        inFlight[ObjectIdentifier(pending)] = nil
        // Balances passRetained: a cancelled question has no callback.
        unsafe Unmanaged.passUnretained(pending).release()
    }

    /// Ends everything; called again it does nothing.
    func stop() {
        guard !isStopped else { return }
        isStopped = true
        let unanswered = Array(inFlight.values) + waiting[next...]
        for pending in inFlight.values { cancel(pending) }
        waiting = []
        next = 0
        timer?.cancel()
        // The descriptor may be closed only once the source has let go of it.
        source?.setCancelHandler { [self] in context = nil }
        source?.cancel()
        source = nil
        timer = nil
        for pending in unanswered { pending.completion(DNSAnswer(.failed(.unavailable))) }
    }
}

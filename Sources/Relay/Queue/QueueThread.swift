package import Delivery
import Foundation
import MailFormat
package import NIOCore
import SMTPTransport
import StatusCodes

/// The thread that owns the queue: drains the intake, makes one transaction of it, tells everybody.
///
/// Order within a turn: decide what the outcomes mean; write submissions, transitions and reports in one transaction;
/// after the commit apply the same batch to the planner; then go to each event loop once, first with every 250, then
/// with the work. Nothing is answered before its commit, and nothing is attempted before its message is durable.
package final class QueueThread: @unchecked Sendable {
    // Sendable: everything mutable is touched by the one thread that `start` makes, or before it is made.
    private let store: any QueueStore
    private var planner: DeliveryPlanner
    private let intake: Intake
    private let loops: [Loop]
    private let budget: ContentBudget
    private var reporter: ReportComposer
    private var forwards: ForwardTable
    private var keeper: SuppressionKeeper
    private let shelf: BounceShelf
    /// Whether mail of our own users leaves with a return-path of ours.
    private var sendsReturnPaths: Bool
    private let clock: RelayClock
    private let log: EventLog
    private let holdsNew: Bool
    private let onFatal: @Sendable (StoreError) -> Void
    private var nextDue: Timestamp?
    /// When held mail is looked through again, and how far that has come.
    private var heldReview: HeldReview
    private var isFull = false
    /// Who of this turn's batch still waits: everybody is answered once, also when the store fails amid a turn.
    private var unanswered: (submissions: [PendingSubmission], requests: [OperatorRequest]) = ([], [])

    /// One event loop with its delivery half.
    package struct Loop: Sendable {
        let eventLoop: any EventLoop
        let delivery: NIOLoopBoundBox<LoopDelivery>

        /// Pairs a loop with its delivery half.
        package init(eventLoop: any EventLoop, delivery: NIOLoopBoundBox<LoopDelivery>) {
            self.eventLoop = eventLoop
            self.delivery = delivery
        }
    }

    /// Makes a thread that does not run yet.
    package init(
        store: any QueueStore,
        planner: consuming DeliveryPlanner,
        intake: Intake,
        loops: [Loop],
        budget: ContentBudget,
        reporter: ReportComposer,
        forwards: ForwardTable,
        keeper: SuppressionKeeper,
        shelf: BounceShelf,
        sendsReturnPaths: Bool,
        clock: RelayClock,
        log: EventLog,
        holdsNew: Bool,
        onFatal: @escaping @Sendable (StoreError) -> Void
    ) {
        self.store = store
        self.planner = planner
        self.intake = intake
        self.loops = loops
        self.budget = budget
        self.reporter = reporter
        self.forwards = forwards
        self.keeper = keeper
        self.shelf = shelf
        self.sendsReturnPaths = sendsReturnPaths
        self.clock = clock
        self.log = log
        self.holdsNew = holdsNew
        self.onFatal = onFatal
        self.heldReview = HeldReview(startingAt: clock.now)
    }

    /// Runs until the intake is closed and empty; `ended` is called on the thread at its end.
    package func start(ended: @escaping @Sendable () -> Void) {
        let thread = Thread {
            self.run()
            ended()
        }
        thread.name = "martlet-queue"
        thread.start()
    }

    /// How long the thread sleeps at most, so that a clock set back cannot put it to sleep for days.
    private static let longestSleep: Duration = .seconds(30)
    /// While the store is full it is asked again this often.
    private static let fullPause: Duration = .seconds(1)

    /// What held recipients whose review is due come to; one page of the queue a turn.
    private func review(now: Timestamp) throws(StoreError) -> Decisions {
        guard heldReview.isDue(at: now) else { return Decisions() }
        let page = try store.page(after: heldReview.position, limit: HeldReview.pageSize)
        heldReview.looked(at: page, now: now)
        return planner.review(page, now: now)
    }

    private func run() {
        nextDue = clock.now
        var batch = Intake.Batch()
        while true {
            do throws(StoreError) {
                try turn(batch)
            } catch {
                giveUp(error)
                return
            }
            log.flush()
            guard let next = intake.next(until: wakeTime()) else { return }
            batch = next
        }
    }

    private func wakeTime() -> NIODeadline {
        let now = clock.now
        if planner.wantsWrite && !isFull { return .now() }
        var wake = now.advanced(by: isFull ? Self.fullPause : Self.longestSleep)
        if let deadline = planner.nextDeadline { wake = min(wake, deadline) }
        wake = min(wake, heldReview.nextLook, keeper.nextLook)
        // While new mail is held nothing is claimed, however long it has been due.
        if !holdsNew, let due = nextDue, planner.room(now: now) > 0, !isFull { wake = min(wake, due) }
        return .now() + TimeAmount(max(.zero, now.duration(to: wake)))
    }

    // MARK: One turn

    private func turn(_ arrived: Intake.Batch) throws(StoreError) {
        let now = clock.now
        if let settings = arrived.settings { follow(settings, now: now) }
        let batch = fitting(expanded(arrived))
        unanswered = (batch.submissions, batch.requests)
        planner.timer(now: now)
        for question in batch.questions { question.answer(planner.waits(of: question.message, now: now)) }
        var turn = Turn(batch, now: now)
        let decisions = planner.decide(batch.outcomes, now: now)
        turn.add(decisions)
        turn.add(try review(now: now))
        turn.write.suppressions = keeper.changes(turn.conclusions, turn.write.transitions, batch.outcomes, now: now)
        turn.write.suppressions += try keeper.upkeep(now: now)
        let copies = try takeLateReports(of: batch.outcomes, into: &turn)
        if sendsReturnPaths { turn.write.dispatches += Dispatch.all(turn.conclusions, batch.outcomes, now: now) }
        accept(batch.submissions, into: &turn)
        for request in batch.requests { carryOut(request, into: &turn) }
        // Behind those that wait for an answer: it names them by their places.
        for report in copies + reporter.compose(turn.conclusions, now: now) {
            var report = report
            if case .expanded(let envelope) = forwards.expand(report.envelope) { report.envelope = envelope }
            report.state = planner.startState(of: report.envelope, now: now)
            turn.add(report)
        }
        if turn.write.isEmpty {
            answer(turn.requests.map { ($0.0, 0) })
        } else {
            try commit(turn)
        }
        try shelf.lookAfter(store, now: now, log: log)
        try claim(now: now)
        dispatch(now: now)
        for alert in planner.drainAlerts() { log.alert(alert, at: now) }
    }

    /// What a reload changes here; mail that is under way ends as it began.
    private func follow(_ settings: RelaySettings, now: Timestamp) {
        planner.follow(settings.planner, now: now)
        reporter.follow(settings.reports)
        forwards = settings.configuration.forwards
        keeper.follow(settings.configuration)
        sendsReturnPaths = settings.configuration.bounces != nil
    }

    /// The batch with every forward replaced by those it stands for; what becomes too large by that is refused.
    private func expanded(_ batch: Intake.Batch) -> Intake.Batch {
        guard !forwards.isEmpty else { return batch }
        var batch = batch
        batch.submissions = batch.submissions.compactMap { pending in
            switch forwards.expand(pending.submission.envelope) {
            case .unchanged: return pending
            case .expanded(let envelope):
                var pending = pending
                pending.submission.envelope = envelope
                return pending
            case .tooManyRecipients:
                budget.release(pending.reservedBytes)
                pending.answer(Reply(.tooManyRcpt))
                return nil
            }
        }
        return batch
    }

    /// The batch without what the suppression list has no room for: whoever asked for that is told so.
    private func fitting(_ batch: Intake.Batch) -> Intake.Batch {
        guard !batch.requests.isEmpty else { return batch }
        var batch = batch
        batch.requests = batch.requests.filter { request in
            guard case .suppress(let changes, _) = request.verb, let refusal = keeper.refusal(of: changes) else {
                return true
            }
            request.answer(.failure(refusal))
            return false
        }
        return batch
    }

    /// What one turn stores and what it means.
    private struct Turn {
        let batch: Intake.Batch
        let now: Timestamp
        var write = StoreWrite()
        var conclusions: [Conclusion] = []
        /// Submissions that start leased to us, by their places in `write`.
        var leased: [Int] = []
        /// What operators asked, with the count to tell them.
        var requests: [(OperatorRequest, count: Int)] = []

        init(_ batch: Intake.Batch, now: Timestamp) {
            self.batch = batch
            self.now = now
        }

        mutating func add(_ decisions: Decisions) {
            write.transitions += decisions.transitions
            conclusions += decisions.conclusions
        }

        mutating func add(_ submission: Submission) {
            if case .leased = submission.state { leased.append(write.submissions.count) }
            write.submissions.append(submission)
        }
    }

    // MARK: Late reports

    /// What mail to our return-paths told, with the outcome that ends that mail; the mails that go on to others.
    private func takeLateReports(
        of outcomes: [DeliveryOutcome],
        into turn: inout Turn
    ) throws(StoreError) -> [Submission] {
        let reports = turn.conclusions.compactMap { conclusion -> LateReport? in
            guard case .delivered = conclusion.fate else { return nil }
            return conclusion.outcome.flatMap { outcomes[$0].late }
        }
        var copies: [Submission] = []
        for late in try LateReport.news(reports, in: store) {
            if let event = late.event {
                turn.write.dispatches.append(late.dispatch)
                turn.write.events.append(event)
            }
            turn.write.suppressions += keeper.changes(late, now: turn.now)
            if let copy = reporter.copy(late, now: turn.now) { copies.append(copy) }
        }
        return copies
    }

    private func carryOut(_ request: OperatorRequest, into turn: inout Turn) {
        switch request.verb {
        case .command(let command):
            let decisions = planner.command(command, on: request.targets, now: turn.now)
            turn.requests.append((request, request.targets.reduce(0) { $0 + $1.recipients.count }))
            turn.add(decisions)
        case .delete(let author, let reason):
            turn.write.deletions += request.targets.map {
                Deletion(message: $0.id, by: author, reason: reason, at: turn.now)
            }
            turn.requests.append((request, request.targets.count))
        case .suppress(let changes, let author):
            turn.write.suppressions += changes
            turn.requests.append((request, changes.count))
            log.suppressionsChanged(changes, by: author, at: turn.now)
        }
    }

    private func accept(_ submissions: [PendingSubmission], into turn: inout Turn) {
        turn.write.submissions.reserveCapacity(submissions.count)
        for pending in submissions {
            var submission = pending.submission
            submission.state =
                holdsNew
                ? .held(Hold(by: "operator", reason: "delivery.start is held", since: turn.now, reviewAt: nil))
                : planner.startState(of: submission.envelope, now: turn.now)
            turn.add(submission)
        }
    }

    private func commit(_ turn: Turn) throws(StoreError) {
        var result: StoreWriteResult
        var isStored = true
        do throws(StoreError) {
            result = try store.write(turn.write)
            noteSpace(isFull: false)
        } catch {
            guard error.code == .full else { throw error }
            noteSpace(isFull: true)
            // 452 4.3.1 for what is new; what became of old mail, and the reports that tell of it, have room reserved
            // (`docs/design/rulings.md` §4). Those reports are claimed when the leases they start with run out.
            isStored = false
            var rest = turn.write
            rest.submissions.removeAll { $0.origin.kind != .report }
            result = rest.isEmpty ? StoreWriteResult() : try store.write(rest)
        }
        planner.committed(ignored: result.ignored.map { turn.write.transitions[$0].recipient }, now: turn.now)
        planner.deleted(turn.write.deletions.map(\.message), now: turn.now)
        keeper.committed(result.suppressions)
        shelf.committed(turn.write.transitions)
        noteDue(turn.write, isStored: isStored)
        if isStored {
            let refused = Set(result.conflicting).union(result.repeated.map(\.submission))
            for place in turn.leased where !refused.contains(place) {
                plan(turn.write.submissions[place], now: turn.now)
            }
        }
        answer(turn.batch.submissions, result, isStored: isStored, now: turn.now)
        answer(turn.requests)
        logConclusions(turn, result)
    }

    private func plan(_ submission: Submission, now: Timestamp) {
        guard case .leased(let lease) = submission.state else { return }
        let message = DeliveryMessage(submission)
        let content = submission.content.isResident ? submission.content : nil
        planner.accept(AcceptedMessage(message: message, content: content, leaseUntil: lease.until), now: now)
    }

    private func noteDue(_ write: StoreWrite, isStored: Bool) {
        func note(_ state: RecipientState) {
            if case .scheduled(let at) = state { nextDue = min(nextDue ?? at, at) }
        }
        for submission in write.submissions where isStored || submission.origin.kind == .report {
            note(submission.state)
            // Nobody here knows of it: it is due when its lease runs out.
            if !isStored, case .leased(let lease) = submission.state { note(.scheduled(lease.until)) }
        }
        for transition in write.transitions { if case .state(let state) = transition.next { note(state) } }
    }

    private func noteSpace(isFull: Bool) {
        guard isFull != self.isFull else { return }
        self.isFull = isFull
        log.note(
            isFull ? "store.full" : "store.recovered",
            at: clock.wall,
            isFull
                ? "no space for new mail: clients get 452 4.3.1 until there is; free space on the store's file system"
                : "there is space for mail again"
        )
    }

    // MARK: Answers

    private func answer(_ requests: [(OperatorRequest, count: Int)]) {
        unanswered.requests = []
        for (request, count) in requests { request.answer(.success(count)) }
    }

    private func answer(
        _ submissions: [PendingSubmission],
        _ result: StoreWriteResult,
        isStored: Bool,
        now: Timestamp
    ) {
        guard !submissions.isEmpty else { return }
        unanswered.submissions = []
        var replies: [[(LaterAnswer<Reply>, Reply)]] = Array(repeating: [], count: loops.count)
        let repeated = Dictionary(result.repeated.map { ($0.submission, $0.first) }) { first, _ in first }
        let conflicting = Set(result.conflicting)
        for (place, pending) in submissions.enumerated() {
            let reply: Reply
            if !isStored {
                reply = Reply(.diskFull)
            } else if conflicting.contains(place) {
                reply = Reply(.idempotencyConflict)
            } else {
                let id = repeated[place] ?? pending.submission.id
                reply = Reply(.queued, "queued as \(id)")
                if repeated[place] == nil {
                    log.accepted(pending.submission, helo: pending.helo, at: now)
                }
            }
            budget.release(pending.reservedBytes)
            switch pending.answer {
            case .function(let function): function(reply)
            case .session(let later):
                if let loop = loops.firstIndex(where: { $0.eventLoop === later.eventLoop }) {
                    replies[loop].append((later, reply))
                } else {
                    later.fulfil(reply)
                }
            }
        }
        for (loop, mine) in zip(loops, replies) where !mine.isEmpty {
            loop.eventLoop.execute { for (later, reply) in mine { later.fulfilOnLoop(reply) } }
        }
    }

    private func logConclusions(_ turn: Turn, _ result: StoreWriteResult) {
        for (place, deletion) in turn.write.deletions.enumerated() where !result.ignoredDeletions.contains(place) {
            log.deleted(deletion)
        }
        guard !turn.conclusions.isEmpty else { return }
        let ignored = Set(result.ignored)
        for (place, conclusion) in turn.conclusions.enumerated() where !ignored.contains(place) {
            log.concluded(conclusion, turn.write.transitions[place].attempt, at: turn.now)
        }
    }

    // MARK: Work

    private func claim(now: Timestamp) throws(StoreError) {
        // Also while the store is full: it says itself whether there is space again.
        guard !holdsNew, let due = nextDue, due <= now else { return }
        let room = planner.room(now: now)
        guard room > 0 else { return }
        do throws(StoreError) {
            let claimed = try store.claimDue(now: now, lease: planner.newLease(now: now), limit: min(room, 500))
            planner.loaded(claimed, now: now)
            nextDue = try store.nextDue()
        } catch {
            guard error.code == .full else { throw error }
            noteSpace(isFull: true)
        }
    }

    private func dispatch(now: Timestamp) {
        let work = planner.drainAssignments(now: now)
        for (loop, mine) in zip(loops, work) where !mine.isEmpty {
            loop.eventLoop.execute { loop.delivery.value.take(mine) }
        }
        for retired in planner.drainRetired() {
            let loop = loops[retired.loop]
            loop.eventLoop.execute { loop.delivery.value.forget(retired.destination) }
        }
    }

    /// The store is broken: everybody who waits hears 451 4.3.0, and the process ends (`docs/design/rulings.md` §4).
    private func giveUp(_ error: StoreError) {
        log.note(
            "store.failed",
            at: clock.wall,
            "the store failed and is never tried again (\(error.detail)); mail that was acknowledged is on disk"
        )
        // Who comes later is answered by the intake itself, until the process has ended.
        let late = intake.giveUp()
        for pending in unanswered.submissions + late.submissions { pending.answer(Reply(.localError)) }
        for request in unanswered.requests { request.answer(.failure(.storeFailed)) }
        for request in late.requests { request.answer(.failure(.serviceEnds)) }
        for question in late.questions { question.answer([:]) }
        log.flush()
        onFatal(error)
    }
}

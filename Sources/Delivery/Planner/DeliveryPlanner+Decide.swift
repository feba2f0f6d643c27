import DeliveryReports
public import MailFormat
import SMTPProtocol
import StatusCodes

// What becomes of recipients.
extension DeliveryPlanner {
    /// Decides what a batch of outcomes means, and adds what the planner itself wants changed.
    ///
    /// To be stored in one transaction, together with the reports that are due; `committed` then makes it so in memory.
    /// Until then nothing that was decided is handed out again.
    public mutating func decide(_ outcomes: [DeliveryOutcome], now: Timestamp) -> Decisions {
        let instant = now.milliseconds
        var decisions = Decisions()
        decisions.transitions.reserveCapacity(outcomes.count + ownWishes.count)
        decisions.conclusions.reserveCapacity(outcomes.count + ownWishes.count)
        var records: [Int32] = []
        records.reserveCapacity(outcomes.count)
        for outcome in outcomes {
            let record = takeBack(outcome.ticket)
            records.append(record)
            guard record != none else { continue }
            observe(outcome, of: record, now: instant)
            finishWork(of: record, now: instant)
        }
        for (position, record) in records.enumerated() where record != none {
            if outcomes[position].result.mayGoOnAtOnce, goesOnAtOnce(record, now: instant) { continue }
            conclude(outcomes[position], record: record, position: position, now: now, into: &decisions)
        }
        grantWishes(now: now, into: &decisions)
        return decisions
    }

    /// What was decided is on disk: forgets who is done or in the store again, and queues who goes on at once.
    ///
    /// `ignored`: recipients whose transition the store did not take, because they are gone or others' now.
    public mutating func committed(ignored: [RecipientID] = [], now: Timestamp) {
        for id in ignored {
            guard let record = record(of: id) else { continue }
            recipients[record].marks.insert(.deleted)
        }
        for pending in uncommitted where recipients[pending.record].generation == pending.generation {
            if pending.stays, !recipients[pending.record].marks.contains(.deleted) {
                recipients[pending.record].marks.remove(.goesOn)
                guard !isMisplaced(pending.record) else {
                    wish(pending.record, .giveBack(until: now.milliseconds))
                    continue
                }
                enqueue(pending.record, atFront: true)
                touch(recipients[pending.record].destination, now: now.milliseconds)
                wake(recipients[pending.record].destination, at: leaseEnd(pending.record) + 1)
            } else {
                removeRecipient(pending.record, now: now.milliseconds)
            }
        }
        uncommitted.removeAll(keepingCapacity: true)
    }

    /// The record of a ticket that is out; it is now ours again.
    private mutating func takeBack(_ ticket: Ticket) -> Int32 {
        guard ticket.slot < recipients.capacity, recipients[ticket.slot].generation == ticket.generation,
            recipients[ticket.slot].state == .handedOut
        else {
            statistics.strayOutcomes += 1
            return none
        }
        recipients[ticket.slot].state = .decided
        return ticket.slot
    }

    /// One recipient of a work item has its outcome; the last one frees its place in the window.
    mutating func finishWork(of record: Int32, now: Int64) {
        let work = recipients[record].work
        recipients[record].work = none
        works[work].missing -= 1
        guard works[work].missing == 0 else { return }
        let site = works[work].site
        works.release(work)
        let destination = recipients[record].destination
        destinations[Int(destination)].handedOut -= 1
        if site != none {
            destinations[Int(site)].handedOut -= 1
            if destinations[Int(site)].isIdle {
                becameIdle(site, now: now)
            } else {
                reviewShares(of: site, now: now)
                touch(site, now: now)
            }
        }
        touch(destination, now: now)
    }

    private mutating func conclude(
        _ outcome: DeliveryOutcome,
        record: Int32,
        position: Int,
        now: Timestamp,
        into decisions: inout Decisions
    ) {
        guard let message = messages[recipients[record].message].message else { return }
        guard !recipients[record].marks.contains(.deleted) else { return forgetDeleted(record) }
        switch outcome.result {
        case .untried, .resolved: break
        case .relayed, .delivered, .refused, .putAside:
            recipients[record].marks.remove(.ignoresAge)
        }
        let ending =
            switch outcome.result {
            case .relayed(let notifiesSuccess): relayed(record, of: message, notifiesSuccess: notifiesSuccess)
            case .delivered: delivered(record, of: message)
            case .refused(let ruling):
                refusal(ruling, attempt: outcome.attempt, record: record, of: message, now: now)
            case .putAside(let reason):
                held(Hold(by: Self.bounceIntake, reason: reason, since: now, reviewAt: nil))
            case .untried(let wait): untried(record, of: message, after: wait, now: now)
            case .resolved:
                untried(
                    record,
                    of: message,
                    after: restOfPause(recipients[record].destination, now: now.milliseconds),
                    now: now
                )
            }
        add(ending, of: record, message, attempt: outcome.attempt, position: position, into: &decisions)
    }

    /// The message was deleted while it was being tried: the store knows nothing of it any more.
    private mutating func forgetDeleted(_ record: Int32) {
        uncommitted.append(PendingCommit(record: record, generation: recipients[record].generation, stays: false))
    }

    private mutating func add(
        _ ending: Ending,
        of record: Int32,
        _ message: DeliveryMessage,
        attempt: AttemptRecord?,
        position: Int?,
        into decisions: inout Decisions
    ) {
        var stays = false
        if case .state(.leased) = ending.next {
            stays = true
            recipients[record].marks.insert(.goesOn)
        }
        uncommitted.append(
            PendingCommit(record: record, generation: recipients[record].generation, stays: stays)
        )
        let index = recipients[record].index
        decisions.transitions.append(
            RecipientTransition(
                recipient: RecipientID(message: message.id, index: index),
                fence: configuration.fence,
                next: ending.next,
                attempt: attempt,
                delayNoticeSent: ending.report?.action == .delayed,
                ignoresAge: recipients[record].marks.contains(.ignoresAge)
            )
        )
        decisions.conclusions.append(
            Conclusion(
                message: message,
                index: index,
                outcome: position,
                fate: ending.fate,
                report: ending.report,
                attempts: Int(recipients[record].attempts)
            )
        )
    }

    // MARK: Success

    private mutating func relayed(_ record: Int32, of message: DeliveryMessage, notifiesSuccess: Bool) -> Ending {
        statistics.relayed += 1
        if recipients[record].marks.contains(.perhapsDelivered) { statistics.possibleDuplicates += 1 }
        // RFC 3461 §5.2.2: the next hop will not say it, so we report that we relayed.
        let report = notifiesSuccess ? nil : successReport(.relayed, record, of: message)
        return Ending(next: .done, fate: .relayed, report: report)
    }

    private mutating func delivered(_ record: Int32, of message: DeliveryMessage) -> Ending {
        statistics.delivered += 1
        return Ending(next: .done, fate: .delivered, report: successReport(.delivered, record, of: message))
    }

    /// RFC 3461 §5.2.7.3 (c): each of the others has a report of its own to be asked for, but none for success.
    private mutating func expanded(_ record: Int32, of message: DeliveryMessage) -> Ending {
        statistics.expanded += 1
        return Ending(next: .done, fate: .expanded, report: successReport(.expanded, record, of: message))
    }

    private func successReport(
        _ action: ReportDue.Action,
        _ record: Int32,
        of message: DeliveryMessage
    ) -> ReportDue? {
        let recipient = message.envelope.recipients[Int(recipients[record].index)]
        guard !message.isReport, isReported(.delivered, recipient.notify) else { return nil }
        let condition: Condition =
            switch action {
            case .delivered: .deliveredDsn
            case .expanded: .expandedDsn
            case .relayed, .failed, .delayed: .relayedDsn
            }
        guard let status = condition.status else { return nil }
        return ReportDue(action: action, audience: .sender, status: status, attempt: nil, retryUntil: nil)
    }

    /// RFC 3461 §4.1, for a message with a reverse-path; what it is by its content is the report writer's to look at.
    private func isReported(_ action: ReportAction, _ notify: Notify?) -> Bool {
        ReportPolicy.isReported(
            action,
            notify: notify,
            delayNoticesByDefault: true,
            hasReversePath: true,
            nature: .ordinary
        )
    }

    // MARK: Failure

    private mutating func refusal(
        _ ruling: Ruling,
        attempt: AttemptRecord?,
        record: Int32,
        of message: DeliveryMessage,
        now: Timestamp
    ) -> Ending {
        recipients[record].attempts &+= 1
        if !ruling.outcomeKnown { recipients[record].marks.insert(.perhapsDelivered) }
        if recipients[record].marks.contains(.failWanted) { return cancelled(record, of: message) }
        if let hold = wantedHolds[record] { return held(hold) }
        for action in ruling.actions {
            switch action {
            case .split:
                guard let ending = regrouped(record, ruling.split, now: now) else { continue }
                return ending
            case .hold: return held(ourHold(of: message, now: now))
            case .retry(let curve):
                return deferral(curve, ruling, attempt: attempt, record: record, of: message, now: now)
            case .fail:
                // A breaker is open: nobody is bounced before somebody has looked.
                guard !isUnderReview(ruling, destination: recipients[record].destination, now: now.milliseconds)
                else { return deferral(.own, ruling, attempt: attempt, record: record, of: message, now: now) }
                return failed(ruling.status, attempt: attempt, record: record, of: message)
            case .expire:
                return expired(attempt ?? Self.bareAttempt(ruling, at: now), record: record, of: message)
            // Done already (`slowDown`), or the event loop's, which has tried it and led nowhere.
            case .slowDown, .delivered, .relayed, .nextHost, .otherFamily, .otherSource, .reconnect,
                .withoutParameter, .upgrade, .downgrade:
                continue
            }
        }
        return deferral(.standard, ruling, attempt: attempt, record: record, of: message, now: now)
    }

    private func isUnderReview(_ ruling: Ruling, destination: Int32, now: Int64) -> Bool {
        if ruling.sign == .ownRouteRefuses { return true }
        let health = destinations[Int(destination)].health
        return ruling.sign == .unknownRecipient && health.reason == .allRecipientsUnknown && health.pausedUntil > now
    }

    private mutating func failed(
        _ status: EnhancedStatusCode,
        attempt: AttemptRecord?,
        record: Int32,
        of message: DeliveryMessage
    ) -> Ending {
        statistics.failed += 1
        return Ending(
            next: .done,
            fate: .failed(status),
            report: failureReport(status, attempt, index: recipients[record].index, of: message)
        )
    }

    /// Given up because the operator said so while it was being tried.
    private mutating func cancelled(_ record: Int32, of message: DeliveryMessage) -> Ending {
        failed(Self.cancelled, attempt: nil, record: record, of: message)
    }

    private mutating func expired(
        _ last: AttemptRecord?,
        record: Int32,
        of message: DeliveryMessage
    ) -> Ending {
        statistics.expired += 1
        // `docs/design/rulings.md` §1, expiry: the last real code, its class kept; 4.4.7 only when no attempt gave a
        // cause.
        let cause = last.flatMap { $0.status.statusClass == .success ? nil : $0 }
        let status = cause?.status ?? Self.queueExpired
        return Ending(
            next: .done,
            fate: .expired(status),
            report: failureReport(status, cause, index: recipients[record].index, of: message)
        )
    }

    /// RFC 3461 §4.1: without NOTIFY failures are reported; a null reverse-path gets no report (RFC 5321 §6.1), our
    /// postmaster does.
    func failureReport(
        _ status: EnhancedStatusCode,
        _ attempt: AttemptRecord?,
        index: Int32,
        of message: DeliveryMessage
    ) -> ReportDue? {
        let recipient = message.envelope.recipients[Int(index)]
        // A report of ours says NOTIFY=NEVER, so that others do not report about it; its loss is still to be known here.
        guard message.origin.kind == .report || isReported(.failed, recipient.notify) else { return nil }
        return ReportDue(
            action: .failed,
            audience: message.isReport ? .postmaster : .sender,
            status: status,
            attempt: attempt,
            retryUntil: nil
        )
    }

    private mutating func held(_ hold: Hold) -> Ending {
        statistics.held += 1
        return Ending(next: .state(.held(hold)), fate: .held, report: nil)
    }

    private func ourHold(of message: DeliveryMessage, now: Timestamp) -> Hold {
        Hold(
            by: "finding",
            reason: "the last attempt needs a person's decision",
            since: now,
            reviewAt: Timestamp(milliseconds: expiry(of: message))
        )
    }

    /// Tries again at once in another transaction; nil when that would not change anything.
    private mutating func regrouped(_ record: Int32, _ split: Ruling.Split, now: Timestamp) -> Ending? {
        guard pausedUntil(recipients[record].destination) <= now.milliseconds else { return nil }
        switch split {
        case .single:
            // Once: who was alone and is refused again was meant.
            guard !recipients[record].marks.contains(.alone) else { return nil }
            recipients[record].marks.insert(.alone)
        case .upTo(let accepted):
            // `docs/design/rulings.md` §1: a refused first RCPT is a retry.
            guard accepted > 0 else { return nil }
        }
        recipients[record].attempts &-= 1
        statistics.regrouped += 1
        let lease = newLease(now: now)
        recipients[record].leaseUntil = lease.until
        return Ending(next: .state(.leased(lease)), fate: .regrouped, report: nil)
    }

    /// A recipient for which a transaction had no room goes into the next one, if nothing else was decided about it.
    private mutating func goesOnAtOnce(_ record: Int32, now: Int64) -> Bool {
        let destination = recipients[record].destination
        guard recipients[record].marks.isDisjoint(with: [.deleted, .holdWanted, .failWanted]),
            leaseEnd(record) > now, !isMisplaced(record), pausedUntil(destination) <= now
        else { return false }
        enqueue(record)
        touch(destination, now: now)
        wake(destination, at: leaseEnd(record) + 1)
        return true
    }

    private mutating func untried(
        _ record: Int32,
        of message: DeliveryMessage,
        after wait: Duration,
        now: Timestamp
    ) -> Ending {
        if recipients[record].marks.contains(.failWanted) { return cancelled(record, of: message) }
        if let hold = wantedHolds[record] { return held(hold) }
        statistics.returned += 1
        let most = configuration.retry.retryAfter.upperBound.wholeMilliseconds
        let until = Timestamp(milliseconds: now.milliseconds + min(max(0, wait.wholeMilliseconds), most))
        return Ending(next: .state(.scheduled(until)), fate: .returned(until: until), report: nil)
    }

    private mutating func deferral(
        _ curve: RetryCurve,
        _ ruling: Ruling,
        attempt: AttemptRecord?,
        record: Int32,
        of message: DeliveryMessage,
        now: Timestamp
    ) -> Ending {
        let instant = now.milliseconds
        guard !isExpired(message, now: instant) else {
            return expired(attempt ?? Self.bareAttempt(ruling, at: now), record: record, of: message)
        }
        statistics.deferred += 1
        let next = nextAttempt(curve, ruling, record: record, of: message, now: instant)
        let until = Timestamp(milliseconds: next)
        let report = delayReport(ruling.status, attempt, record: record, of: message, now: instant)
        return Ending(next: .state(.scheduled(until)), fate: .deferred(until: until), report: report)
    }

    private mutating func nextAttempt(
        _ curve: RetryCurve,
        _ ruling: Ruling,
        record: Int32,
        of message: DeliveryMessage,
        now: Int64
    ) -> Int64 {
        let retry = configuration.retry
        var next: Int64
        if let asked = ruling.retryAfter {
            let bounds = retry.retryAfter
            let wait = min(max(asked, bounds.lowerBound), bounds.upperBound).wholeMilliseconds
            // A little later than asked, never earlier.
            next = now + wait + random.upTo(wait / 100 * Int64(retry.jitterPercent))
        } else {
            let delays = retry.curves[curve] ?? retry.curves[.standard] ?? RetryDelays.ofLastResort
            let delay = delays.milliseconds(afterFailures: Int(recipients[record].attempts))
            next = now + random.jittered(delay, percent: min(max(retry.jitterPercent, 0), 50))
            if let notice = noticeInstant(message, record: record), notice > now + delay / 2 {
                next = min(next, notice)
            }
        }
        let destination = recipients[record].destination
        if pausedUntil(destination) > next {
            next = afterPause(destination, now: now)
        }
        // The last chance is the moment of expiry, not after it.
        return max(now + 1000, min(next, expiry(of: message)))
    }

    // MARK: Age

    /// When a message's open recipients are given up.
    func expiry(of message: DeliveryMessage) -> Int64 {
        let lifetime = message.isReport ? configuration.retry.reportLifetime : configuration.retry.lifetime
        return message.arrival.advanced(by: lifetime).milliseconds
    }

    /// Whether a message is given up now.
    ///
    /// While everything is stopped nothing expires for a while: the fault is ours.
    func isExpired(_ message: DeliveryMessage, now: Int64) -> Bool {
        let grace = breaker.isOpen ? configuration.breakers.expiryGrace.wholeMilliseconds : 0
        return now >= expiry(of: message) + grace
    }

    /// When the sender is to be told that a recipient waits; nil when never or when he was told.
    private func noticeInstant(_ message: DeliveryMessage, record: Int32) -> Int64? {
        guard let age = configuration.retry.delayNotice, !message.isReport,
            !recipients[record].marks.contains(.noticed)
        else { return nil }
        let recipient = message.envelope.recipients[Int(recipients[record].index)]
        guard isReported(.delayed, recipient.notify) else { return nil }
        return message.arrival.advanced(by: age).milliseconds
    }

    private func delayReport(
        _ status: EnhancedStatusCode,
        _ attempt: AttemptRecord?,
        record: Int32,
        of message: DeliveryMessage,
        now: Int64
    ) -> ReportDue? {
        guard let instant = noticeInstant(message, record: record), now >= instant else { return nil }
        return ReportDue(
            action: .delayed,
            audience: .sender,
            status: status,
            attempt: attempt,
            retryUntil: Timestamp(milliseconds: expiry(of: message))
        )
    }

    // MARK: The planner's own

    private mutating func grantWishes(now: Timestamp, into decisions: inout Decisions) {
        for wish in ownWishes where recipients[wish.record].generation == wish.generation {
            guard recipients[wish.record].state == .decided,
                let message = messages[recipients[wish.record].message].message
            else { continue }
            guard !recipients[wish.record].marks.contains(.deleted) else {
                forgetDeleted(wish.record)
                continue
            }
            switch wish.kind {
            case .giveBack(let instant):
                let cause = pauseCause(of: wish.record, message, now: now.milliseconds)
                let ending = givenBack(wish.record, until: instant, cause: cause, of: message, now: now)
                add(ending, of: wish.record, message, attempt: cause, position: nil, into: &decisions)
            case .expire(let last):
                let ending = expired(last, record: wish.record, of: message)
                add(ending, of: wish.record, message, attempt: last, position: nil, into: &decisions)
            case .expand:
                let ending = expanded(wish.record, of: message)
                add(ending, of: wish.record, message, attempt: nil, position: nil, into: &decisions)
            }
        }
        ownWishes.removeAll(keepingCapacity: true)
    }

    /// Why a recipient that was not tried itself has to wait: what others met at its paused destination.
    ///
    /// Told once, and again when the sender is to hear of the delay; it is what `why` and an expiry can name.
    private func pauseCause(of record: Int32, _ message: DeliveryMessage, now: Int64) -> AttemptRecord? {
        let slot = recipients[record].destination
        let site = destinations[Int(slot)].site
        let paused = [slot, site].first { $0 != none && destinations[Int($0)].health.pausedUntil > now }
        guard let paused else { return nil }
        let isDue = noticeInstant(message, record: record).map { $0 <= now } ?? false
        return recipients[record].attempts == 0 || isDue ? destinations[Int(paused)].health.lastFailure : nil
    }

    private mutating func givenBack(
        _ record: Int32,
        until instant: Int64,
        cause: AttemptRecord?,
        of message: DeliveryMessage,
        now: Timestamp
    ) -> Ending {
        if recipients[record].marks.contains(.failWanted) { return cancelled(record, of: message) }
        if let hold = wantedHolds[record] { return held(hold) }
        statistics.returned += 1
        // What is to be read once more is older than its expiry, and waits as long as it must.
        let ignoresAge = recipients[record].marks.contains(.ignoresAge)
        let latest = ignoresAge ? instant : min(instant, expiry(of: message))
        let until = Timestamp(milliseconds: max(now.milliseconds, latest))
        let status = cause?.status ?? Self.queueExpired
        let report = delayReport(status, cause, record: record, of: message, now: now.milliseconds)
        return Ending(next: .state(.scheduled(until)), fate: .returned(until: until), report: report)
    }

    /// How a decision ends for a recipient.
    private struct Ending {
        var next: RecipientTransition.Next
        var fate: Conclusion.Fate
        var report: ReportDue?
    }

    /// An attempt of which only the conclusion is known.
    private static func bareAttempt(_ ruling: Ruling, at instant: Timestamp) -> AttemptRecord {
        AttemptRecord(
            at: instant,
            remote: "",
            status: ruling.status,
            reply: "",
            condition: "",
            cause: "",
            rule: "",
            stage: "",
            outcomeKnown: ruling.outcomeKnown
        )
    }

    /// Who holds mail to return-paths that no message is known for, until a person has looked.
    public static var bounceIntake: String { "bounces" }
    /// 4.4.7, the status of an expiry that no attempt explains (`4.4.7-queue-expired`).
    private static var queueExpired: EnhancedStatusCode { EnhancedStatusCode(.persistentTransientFailure, 4, 7) }
    /// 5.7.0, the status of a message that its owner or the operator gave up (`5.7.0-cancelled`).
    static var cancelled: EnhancedStatusCode { EnhancedStatusCode(.permanentFailure, 7, 0) }
}

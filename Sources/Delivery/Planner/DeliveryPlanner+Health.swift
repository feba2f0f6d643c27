import MailFormat
import SMTPProtocol
import StatusCodes

// What outcomes say about destinations, before anything is decided about recipients: a whole batch is looked at first,
// so that an incident that shows itself in one batch bounces nobody of that batch.
extension DeliveryPlanner {
    mutating func observe(_ outcome: DeliveryOutcome, of record: Int32, now: Int64) {
        let slot = recipients[record].destination
        if let announced = outcome.announcedRecipients { lift(to: announced, record: record, now: now) }
        switch outcome.result {
        case .relayed:
            succeeded(record, slot: slot, now: now)
            answered(now: now)
        case .delivered, .putAside: succeeded(record, slot: slot, now: now)
        case .refused(let ruling):
            if ruling.isTrouble {
                destinations[Int(slot)].health.lastFailure = outcome.attempt
                let keeper = keeper(of: ruling, record)
                if keeper != slot { destinations[Int(keeper)].health.lastFailure = outcome.attempt }
            }
            refused(ruling, announced: outcome.announcedRecipients, record: record, slot: slot, now: now)
        case .resolved(let site, let lifetime): resolved(record, site, for: lifetime, now: now)
        case .untried: break
        }
    }

    /// The site under whose limits a recipient was tried; `none` where its destination has its own.
    private func site(of record: Int32) -> Int32 { works[recipients[record].work].site }

    /// Whose trouble a refusal is: the site's, unless it speaks of the recipient's domain.
    private func keeper(of ruling: Ruling, _ record: Int32) -> Int32 {
        let site = site(of: record)
        return site == none || ruling.isOfDomain ? recipients[record].destination : site
    }

    private mutating func succeeded(_ record: Int32, slot: Int32, now: Int64) {
        let index = Int(slot)
        let site = site(of: record)
        destinations[index].overflow.finished(now: now)
        // What was sent before the destination asked for less does not say that it can take more.
        if isCurrent(record, slot) { destinations[index].rate.speedUp() }
        if site != none, isCurrent(record, site) { destinations[Int(site)].rate.speedUp() }
        if !destinations[index].unknown.addresses.isEmpty { destinations[index].unknown.addresses = [] }
        recovered(slot, now: now)
        if site != none { recovered(site, now: now) }
    }

    /// The destination talked to us like a mail server.
    private mutating func recovered(_ slot: Int32, now: Int64) {
        let index = Int(slot)
        guard destinations[index].health.pausedUntil <= now else { return }
        if destinations[index].allowance < destinations[index].window { destinations[index].allowance += 1 }
        destinations[index].members.failedFirst = none
        destinations[index].members.othersFailed = false
        guard destinations[index].health.failures > 0 || destinations[index].health.pauses > 0 else { return }
        destinations[index].health.failures = 0
        destinations[index].health.lastFailure = nil
        destinations[index].health.pauses = 0
        destinations[index].health.pausedUntil = .min
        destinations[index].allowance = min(destinations[index].window, Destination.firstAllowance)
        if destinations[index].health.reason != nil { alert(.closed, slot, reviewAt: nil, now: now) }
        destinations[index].health.reason = nil
    }

    private mutating func refused(_ ruling: Ruling, announced: Int?, record: Int32, slot: Int32, now: Int64) {
        if !ruling.outcomeKnown { statistics.unknownOutcomes += 1 }
        let site = site(of: record)
        switch ruling.sign {
        case .none: break
        case .answered: answered(now: now)
        case .unknownRecipient:
            answered(now: now)
            unknownRecipient(record, slot: slot, now: now)
        case .unreachable:
            breaker.silent.reset()
            failed(site == none ? slot : site, now: now)
        case .resolverSilent: silent(site == none ? slot : site, now: now)
        case .ownRouteRefuses:
            answered(now: now)
            ownRouteRefused(slot, now: now)
        }
        if ruling.actions.contains(.slowDown) { slowDown(record, slot: keeper(of: ruling, record)) }
        if ruling.isTrouble {
            if ruling.sign != .ownRouteRefuses { transactionFailed(ruling, record: record, slot: slot, now: now) }
        } else if ruling.sign == .answered || ruling.sign == .unknownRecipient {
            recovered(slot, now: now)
            if site != none { recovered(site, now: now) }
        }
        learn(from: ruling, announced: announced, slot: site == none ? slot : site, now: now)
    }

    /// Whether a recipient's work was handed out after the last pause or slow-down of its destination, or of its site.
    private func isCurrent(_ record: Int32, _ slot: Int32) -> Bool {
        let work = works[recipients[record].work]
        return (slot == work.site ? work.siteEpoch : work.epoch) == destinations[Int(slot)].health.epoch
    }

    private mutating func slowDown(_ record: Int32, slot: Int32) {
        let work = recipients[record].work
        guard !works[work].slowDownCounted, isCurrent(record, slot) else { return }
        works[work].slowDownCounted = true
        // What is under way now was sent before we slowed down: it does not slow us down further.
        destinations[Int(slot)].health.epoch &+= 1
        destinations[Int(slot)].rate.slowDown()
        destinations[Int(slot)].allowance = max(1, destinations[Int(slot)].allowance / 2)
    }

    private mutating func learn(from ruling: Ruling, announced: Int?, slot: Int32, now: Int64) {
        guard case .upTo(let accepted) = ruling.split, accepted > 0, ruling.actions.contains(.split) else { return }
        let before = now < destinations[Int(slot)].learnt.until ? destinations[Int(slot)].learnt : .init()
        destinations[Int(slot)].learnt = Destination.LearntLimit(
            recipients: min(before.recipients, Int32(clamping: accepted)),
            announced: max(before.announced, Int32(clamping: announced ?? 0)),
            until: now + configuration.health.learntFor.wholeMilliseconds
        )
    }

    /// A session announced a limit (RFC 9422 §4.2): a smaller one that was learnt holds no longer.
    ///
    /// Unless it was learnt from somebody who announced as much then, and did not keep to it.
    private mutating func lift(to announced: Int, record: Int32, now: Int64) {
        let site = site(of: record)
        let slot = Int(site == none ? recipients[record].destination : site)
        let learnt = destinations[slot].learnt
        guard now < learnt.until, announced > max(learnt.recipients, learnt.announced) else { return }
        destinations[slot].learnt.recipients = Int32(clamping: announced)
    }

    // MARK: Pauses

    /// A transaction failed for a reason beyond its recipients.
    private mutating func transactionFailed(_ ruling: Ruling, record: Int32, slot: Int32, now: Int64) {
        let work = recipients[record].work
        guard !works[work].failureCounted else { return }
        works[work].failureCounted = true
        let keeper = keeper(of: ruling, record)
        if keeper != slot {
            let isCurrent = isCurrent(record, keeper)
            if isCurrent { noteFailure(of: slot, at: keeper) }
            if destinations[Int(keeper)].members.othersFailed {
                // It is the site's alone: its pause is enough for all of its domains, and one alert.
                if isCurrent { countFailure(of: keeper, now: now) }
                return
            }
        }
        if isCurrent(record, slot) { countFailure(of: slot, now: now) }
    }

    /// Notes whether a site's trouble is that of one domain alone, which must not keep the others waiting.
    ///
    /// The first failure is counted with the second.
    private mutating func noteFailure(of domain: Int32, at site: Int32) {
        let first = destinations[Int(site)].members.failedFirst
        if first == none {
            destinations[Int(site)].members.failedFirst = domain
        } else if first != domain {
            destinations[Int(site)].members.othersFailed = true
        }
    }

    private mutating func countFailure(of slot: Int32, now: Int64) {
        destinations[Int(slot)].health.failures += 1
        destinations[Int(slot)].allowance = max(1, destinations[Int(slot)].allowance / 2)
        let enough = destinations[Int(slot)].health.pauses > 0 ? 1 : configuration.health.failuresUntilPause
        guard Int(destinations[Int(slot)].health.failures) >= enough else { return }
        let pauses = Int(destinations[Int(slot)].health.pauses) + 1
        let length = configuration.health.pause.milliseconds(afterFailures: pauses)
        pause(slot, for: random.jittered(length, percent: 20), reason: .destinationPaused, now: now)
    }

    /// Leaves a destination alone for a while.
    ///
    /// What waits for it goes back to the store; afterwards one transaction tries whether it is well again.
    mutating func pause(_ slot: Int32, for length: Int64, reason: Alert.Kind, now: Int64) {
        let index = Int(slot)
        let known = destinations[index].health.reason
        destinations[index].health.pauses += 1
        destinations[index].health.failures = 0
        destinations[index].health.epoch &+= 1
        destinations[index].health.pausedUntil = max(destinations[index].health.pausedUntil, now + length)
        destinations[index].health.reason = reason
        destinations[index].allowance = 1
        if known != reason { alert(.opened, slot, reviewAt: destinations[index].health.pausedUntil, now: now) }
        giveBackReady(slot, now: now)
        for line in [Destination.Line.turn, .share] {
            while destinations[index].members[line].first != none {
                let member = destinations[index].members[line].first
                stopWaiting(member, at: slot)
                giveBackReady(member, now: now)
            }
        }
    }

    /// Ends a destination's pause, and that of its site, because an operator says so.
    ///
    /// Its word about unknown recipients is then believed.
    mutating func resume(_ slot: Int32, now: Int64) {
        let index = Int(slot)
        if destinations[index].site != none { resume(destinations[index].site, now: now) }
        guard destinations[index].health.pausedUntil > now else { return }
        destinations[index].health.pausedUntil = now
        if destinations[index].health.reason == .allRecipientsUnknown { believe(slot, from: now) }
        touch(slot, now: now)
    }

    // MARK: Breakers (`docs/design/rulings.md` §3)

    private mutating func unknownRecipient(_ record: Int32, slot: Int32, now: Int64) {
        let index = Int(slot)
        let limits = configuration.breakers
        guard now >= destinations[index].unknown.believedUntil else { return }
        if now - limits.unknownWindow.wholeMilliseconds > destinations[index].unknown.last {
            destinations[index].unknown.addresses = []
        }
        destinations[index].unknown.last = now
        guard let message = messages[recipients[record].message].message else { return }
        let hash = addressHash(recipients[record].index, in: message.envelope)
        guard !destinations[index].unknown.addresses.contains(hash) else { return }
        destinations[index].unknown.addresses.append(hash)
        guard destinations[index].unknown.addresses.count >= limits.unknownRecipients else { return }
        destinations[index].unknown.addresses = []
        let length = limits.unknownPause.wholeMilliseconds
        pause(slot, for: length, reason: .allRecipientsUnknown, now: now)
        believe(slot, from: now + length)
    }

    private func addressHash(_ index: Int32, in envelope: Envelope) -> UInt64 {
        let arena = envelope.arena.span
        return domains.hash(arena.extracting(envelope.recipients[Int(index)].address.offsets))
    }

    private mutating func believe(_ slot: Int32, from instant: Int64) {
        destinations[Int(slot)].unknown.believedUntil =
            instant + configuration.breakers.unknownBelieved.wholeMilliseconds
    }

    private mutating func ownRouteRefused(_ slot: Int32, now: Int64) {
        guard destinations[Int(slot)].health.pausedUntil <= now else { return }
        pause(slot, for: configuration.breakers.ownRoutePause.wholeMilliseconds, reason: .ownRouteRefuses, now: now)
    }

    private mutating func answered(now: Int64) {
        breaker.unreachable.reset()
        breaker.silent.reset()
        closeBreaker(now: now)
    }

    private mutating func failed(_ slot: Int32, now: Int64) {
        if breaker.reason == .resolverDown { closeBreaker(now: now) }
        guard destinations[Int(slot)].health.failedInRound != breaker.unreachable.round else { return }
        destinations[Int(slot)].health.failedInRound = breaker.unreachable.round
        breaker.unreachable.count += 1
        guard breaker.unreachable.count >= configuration.breakers.failingDestinations else { return }
        openBreaker(.allDestinationsFailing, now: now)
    }

    private mutating func silent(_ slot: Int32, now: Int64) {
        guard destinations[Int(slot)].health.silentInRound != breaker.silent.round else { return }
        destinations[Int(slot)].health.silentInRound = breaker.silent.round
        breaker.silent.count += 1
        guard breaker.silent.count >= configuration.breakers.silentResolutions else { return }
        openBreaker(.resolverDown, now: now)
    }

    private mutating func openBreaker(_ reason: Alert.Kind, now: Int64) {
        guard !breaker.isOpen else { return }
        breaker.reason = reason
        breaker.probeAt = now + configuration.breakers.probeEvery.wholeMilliseconds
        post(
            Alert(
                kind: reason,
                destination: nil,
                change: .opened,
                at: Timestamp(milliseconds: now),
                reviewAt: Timestamp(milliseconds: breaker.probeAt)
            )
        )
    }

    mutating func closeBreaker(now: Int64) {
        guard let reason = breaker.reason else { return }
        breaker.reason = nil
        post(Alert(kind: reason, destination: nil, change: .closed, at: Timestamp(milliseconds: now), reviewAt: nil))
    }

    /// Tells of a destination's pause or its end.
    mutating func alert(_ change: Alert.Change, _ slot: Int32, reviewAt: Int64?, now: Int64) {
        guard let reason = destinations[Int(slot)].health.reason else { return }
        post(
            Alert(
                kind: reason,
                destination: destinations[Int(slot)].route,
                change: change,
                at: Timestamp(milliseconds: now),
                reviewAt: reviewAt.map { Timestamp(milliseconds: $0) }
            )
        )
    }

    private mutating func post(_ alert: Alert) {
        // Nobody listens: the newest say most, and memory is bounded.
        if alerts.count >= 1000 { alerts.removeFirst(500) }
        alerts.append(alert)
    }
}

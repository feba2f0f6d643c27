public import MailFormat

// What goes out now.
extension DeliveryPlanner {
    /// The work that can be begun now, by event loop.
    ///
    /// Everything in it is leased to us for at least the lease margin. An outcome for every ticket is awaited.
    public mutating func drainAssignments(now: Timestamp) -> [[Assignment]] {
        var assignments = Array(repeating: [Assignment](), count: configuration.loops)
        let instant = now.milliseconds
        var end = runnable.count
        while runnableHead < end, mayHandOut(now: instant) {
            let slot = runnable[runnableHead]
            runnableHead += 1
            let isMember = destinations[Int(slot)].site != none
            if destinations[Int(slot)].isUsed, !isMember, let assignment = assign(slot, now: instant) {
                assignments[Int(destinations[Int(slot)].loop)].append(assignment)
                if breaker.isOpen {
                    breaker.probeAt = instant + configuration.breakers.probeEvery.wholeMilliseconds
                }
            }
            destinations[Int(slot)].isRunnable = false
            touch(slot, now: instant)
            // Its site was found while it waited here, or a domain has left its site: that has its turn now.
            if isMember || destinations[Int(slot)].isSite { end = runnable.count }
        }
        compactRunnables()
        if works.count > 0, nextSweep == .max { nextSweep = instant + Self.sweepInterval }
        return assignments
    }

    private func mayHandOut(now: Int64) -> Bool { !breaker.isOpen || breaker.probeAt <= now }

    private mutating func compactRunnables() {
        if runnableHead == runnable.count {
            runnable.removeAll(keepingCapacity: true)
            runnableHead = 0
        } else if runnableHead > 1024, runnableHead * 2 > runnable.count {
            runnable.removeFirst(runnableHead)
            runnableHead = 0
        }
    }

    private mutating func assign(_ slot: Int32, now: Int64) -> Assignment? {
        let index = Int(slot)
        guard destinations[index].health.pausedUntil <= now else { return nil }
        let items = destinations[index].isSite ? itemsOfMembers(slot, now: now) : ownItems(slot, now: now)
        guard !items.isEmpty else { return nil }
        let isSearch = if case .unknown = destinations[index].affiliation { true } else { false }
        return Assignment(
            destination: DestinationID(slot: slot, generation: destinations[index].generation),
            route: destinations[index].route,
            task: isSearch ? .findSite : .deliver,
            limits: LoopLimits(
                connections: max(1, destinations[index].limits.connections),
                recipientsPerTransaction: destinations[index].recipientLimit(now: now)
            ),
            items: items
        )
    }

    private mutating func ownItems(_ slot: Int32, now: Int64) -> [WorkItem] {
        let index = Int(slot)
        review(slot, now: now)
        giveBackShortLeases(slot, now: now)
        let limit = destinations[index].recipientLimit(now: now)
        var items: [WorkItem] = []
        while destinations[index].firstReady != none, destinations[index].handedOut < destinations[index].allowance,
            destinations[index].rate.readyAt <= now
        {
            guard let item = nextItem(of: slot, limit: limit, now: now) else { break }
            items.append(item)
            destinations[index].handedOut += 1
            destinations[index].rate.take(now: now)
            statistics.transactions += 1
            // While everything is stopped one transaction is enough to find out.
            if breaker.isOpen { break }
        }
        return items
    }

    /// The next transaction: the first recipient that waits and those behind it of the same message.
    mutating func nextItem(of slot: Int32, at site: Int32 = none, limit: Int, now: Int64) -> WorkItem? {
        let head = destinations[Int(slot)].firstReady
        let owner = recipients[head].message
        guard let message = messages[owner].message else { return nil }
        let work = works.take(fresh: WorkRecord())
        works[work] = WorkRecord(
            epoch: destinations[Int(slot)].health.epoch,
            site: site,
            siteEpoch: site == none ? 0 : destinations[Int(site)].health.epoch
        )
        let firstHost = firstHosts[head]
        var leaseUntil = recipients[head].leaseUntil
        let first = handOut(head, in: work)
        var others: [WorkRecipients.Element] = []
        let isAlone = recipients[head].marks.contains(.alone)
        while !isAlone, others.count + 1 < limit {
            let next = destinations[Int(slot)].firstReady
            guard next != none, recipients[next].message == owner, !recipients[next].marks.contains(.alone),
                firstHosts[next] == firstHost
            else { break }
            leaseUntil = min(leaseUntil, recipients[next].leaseUntil)
            others.append(handOut(next, in: work))
        }
        return WorkItem(
            message: message,
            content: messages[owner].content,
            recipients: WorkRecipients(first, others),
            leaseUntil: leaseUntil,
            firstHost: firstHost
        )
    }

    private mutating func handOut(_ record: Int32, in work: Int32) -> WorkRecipients.Element {
        dequeue(record)
        recipients[record].state = .handedOut
        recipients[record].work = work
        works[work].missing += 1
        return WorkRecipients.Element(
            index: recipients[record].index,
            ticket: Ticket(slot: record, generation: recipients[record].generation)
        )
    }

    /// The instant at which `timer` wants to be called; nil when there is nothing to wait for.
    public var nextDeadline: Timestamp? {
        var next = min(wakes.first?.at ?? .max, nextSweep)
        if breaker.isOpen, runnableHead < runnable.count { next = min(next, breaker.probeAt) }
        return next == .max ? nil : Timestamp(milliseconds: next)
    }

    /// Looks at everything whose instant has come; then `drainAssignments` and perhaps `decide` have something.
    public mutating func timer(now: Timestamp) {
        let instant = now.milliseconds
        while let first = wakes.first, first.at <= instant {
            _ = wakes.popFirst()
            guard destinations[Int(first.slot)].wakeAt == first.at else { continue }
            destinations[Int(first.slot)].wakeAt = .max
            look(at: first.slot, now: instant)
        }
        if nextSweep <= instant { sweep(now: instant) }
    }

    /// Milliseconds between two searches for lost work.
    private static var sweepInterval: Int64 { 600_000 }

    /// Takes back work whose lease ran out without an outcome: no loop may still be at it, and nobody else would miss it.
    private mutating func sweep(now: Int64) {
        for slot in 0..<Int32(recipients.capacity)
        where recipients[slot].state == .handedOut && recipients[slot].leaseUntil.milliseconds <= now {
            takeBackLost(slot, now: now)
            wish(slot, .giveBack(until: now))
        }
        nextSweep = works.count > 0 ? now + Self.sweepInterval : .max
    }

    /// What a person should hear of, since the last call.
    public mutating func drainAlerts() -> [Alert] {
        defer { alerts = [] }
        return alerts
    }

    /// Destinations that the planner forgot since the last call, with the loops that may still know them.
    public mutating func drainRetired() -> [(loop: Int, destination: DestinationID)] {
        defer { retired = [] }
        return retired
    }
}

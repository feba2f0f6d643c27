import MailFormat
import SMTPProtocol

// Which destination a recipient has, and when destinations are looked at.
extension DeliveryPlanner {
    /// The destination of a recipient; nil when there is no room for another destination.
    mutating func destination(of recipient: Envelope.Recipient, in envelope: Envelope, now: Int64) -> Int32? {
        if let known = knownDestination(of: recipient, in: envelope) { return known }
        let arena = envelope.arena.span
        let domain = arena.extracting(recipient.domain.offsets)
        if let number = rules.match(domain) {
            guard let made = makeDestination(.fixed(rules.names[Int(number)]), now: now) else { return nil }
            fixedSlots[Int(number)] = made
            return made
        }
        var key: [UInt8] = []
        key.reserveCapacity(domain.count)
        for position in domain.indices { key.append(FoldedIndex.folded(domain[position])) }
        guard let made = makeDestination(.domain(key), now: now) else { return nil }
        domains.insert(key, hash: domains.hash(domain), value: made)
        return made
    }

    /// The destination of a recipient; nil when nothing is known of it at the moment.
    func knownDestination(of recipient: Envelope.Recipient, in envelope: Envelope) -> Int32? {
        let arena = envelope.arena.span
        let domain = arena.extracting(recipient.domain.offsets)
        if let number = rules.match(domain) {
            let slot = fixedSlots[Int(number)]
            return slot == none ? nil : slot
        }
        return domains.find(domain, hash: domains.hash(domain))
    }

    private mutating func makeDestination(_ route: DestinationRoute, now: Int64) -> Int32? {
        if destinationCount >= configuration.memory.destinations, !forgetSomeIdleDestination(now: now, { !$0.isSite }) {
            return nil
        }
        return placeDestination(route, on: leastLoadedLoop(), now: now)
    }

    /// Makes a destination, for which there is room, on a loop.
    mutating func placeDestination(_ route: DestinationRoute, on loop: Int, now: Int64) -> Int32 {
        let slot: Int32
        if let free = freeDestinations.popLast() {
            slot = free
        } else {
            slot = Int32(destinations.count)
            destinations.append(Destination())
        }
        var made = Destination()
        made.generation = destinations[Int(slot)].generation
        made.isUsed = true
        made.route = route
        made.affiliation = firstAffiliation(of: route)
        made.loop = Int32(loop)
        made.limits = configuration.destinationOverrides[route.name] ?? configuration.destination
        made.rate = RateLimiter(made.limits.rate)
        made.allowance = min(made.window, Destination.firstAllowance)
        destinations[Int(slot)] = made
        loopLoad[Int(made.loop)].destinations += 1
        becameIdle(slot, now: now)
        return slot
    }

    /// The loop with the least to do; a destination stays where it began, until it becomes part of a site.
    private func leastLoadedLoop() -> Int {
        var best = 0
        for loop in loopLoad.indices.dropFirst() {
            let (left, right) = (loopLoad[loop], loopLoad[best])
            if (left.recipients, left.destinations) < (right.recipients, right.destinations) { best = loop }
        }
        return best
    }

    /// Looks at a bounded number of destinations for one to forget: at the limit, room must not cost a full scan.
    mutating func forgetSomeIdleDestination(now: Int64, _ mayGo: (Destination) -> Bool) -> Bool {
        for _ in 0..<min(64, destinations.count) {
            clockHand = clockHand + 1 < destinations.count ? clockHand + 1 : 0
            if destinations[clockHand].isUsed, destinations[clockHand].isIdle, !destinations[clockHand].isLimbo,
                mayGo(destinations[clockHand])
            {
                forgetDestination(Int32(clockHand), now: now)
                return true
            }
        }
        return false
    }

    /// Forgets a destination without work, and tells its loop.
    mutating func forgetDestination(_ slot: Int32, now: Int64) {
        if destinations[Int(slot)].site != none { leaveSite(slot, for: .unknown, now: now) }
        let old = destinations[Int(slot)]
        switch old.route {
        case .domain(let key): domains.remove(key.span, hash: domains.hash(key.span))
        case .site(let site): siteSlots[site] = nil
        case .fixed:
            if let number = fixedSlots.firstIndex(of: slot) { fixedSlots[number] = none }
        }
        if old.health.reason != nil { alert(.closed, slot, reviewAt: nil, now: old.idleSince) }
        loopLoad[Int(old.loop)].destinations -= 1
        retired.append((loop: Int(old.loop), destination: DestinationID(slot: slot, generation: old.generation)))
        destinations[Int(slot)] = Destination()
        destinations[Int(slot)].generation = old.generation &+ 1
        // A stale entry in the ring of runnables must not be taken for the next owner's.
        destinations[Int(slot)].isRunnable = old.isRunnable
        freeDestinations.append(slot)
    }

    /// A destination has no work any more: it is forgotten after a while.
    mutating func becameIdle(_ slot: Int32, now: Int64) {
        guard !destinations[Int(slot)].isLimbo else { return }
        destinations[Int(slot)].idleSince = now
        wake(slot, at: now + configuration.health.idleFor.wholeMilliseconds)
    }

    /// Asks for a look at a destination, at the latest at an instant.
    mutating func wake(_ slot: Int32, at instant: Int64) {
        guard instant < destinations[Int(slot)].wakeAt else { return }
        destinations[Int(slot)].wakeAt = instant
        wakes.push(WakeHeap.Entry(at: instant, slot: slot))
        // Plans that were overtaken leave entries behind; they must not outgrow the destinations.
        guard wakes.count > 4 * destinations.count + 64 else { return }
        var valid: [WakeHeap.Entry] = []
        for (slot, destination) in destinations.enumerated() where destination.wakeAt < .max {
            valid.append(WakeHeap.Entry(at: destination.wakeAt, slot: Int32(slot)))
        }
        wakes.rebuild(valid)
    }

    /// Puts a destination among the runnables if it can be given work now, else sees that it is looked at when it can.
    ///
    /// A domain of a site waits for its turn there.
    mutating func touch(_ slot: Int32, now: Int64) {
        review(slot, now: now)
        if destinations[Int(slot)].line == .share { stopWaiting(slot, at: destinations[Int(slot)].site) }
        let destination = destinations[Int(slot)]
        guard destination.ready > 0 || destination.members[.turn].first != none else { return }
        if destination.health.pausedUntil > now { return wake(slot, at: destination.health.pausedUntil) }
        let isMember = destination.site != none
        if isMember, pausedUntil(slot) > now { return giveBackReady(slot, now: now) }
        guard destination.handedOut < destination.allowance else { return }
        if isMember, destination.handedOut >= room(of: slot) {
            return wait(slot, for: .share, at: destination.site, now: now)
        }
        let rateAt = destination.rate.readyAt
        if rateAt > now { return wake(slot, at: rateAt) }
        if isMember { return wait(slot, for: .turn, at: destination.site, now: now) }
        guard !destination.isRunnable else { return }
        destinations[Int(slot)].isRunnable = true
        runnable.append(slot)
    }

    /// Looks at a destination whose instant has come.
    mutating func look(at slot: Int32, now: Int64) {
        guard destinations[Int(slot)].isUsed else { return }
        giveBackShortLeases(slot, now: now)
        touch(slot, now: now)
        let first = destinations[Int(slot)].firstReady
        if first != none {
            wake(slot, at: leaseEnd(first) + 1)
        } else if destinations[Int(slot)].isIdle {
            forgetWhenDue(slot, now: now)
        }
    }

    /// What was learnt of a destination (pauses, limits) is kept until it is void.
    private mutating func forgetWhenDue(_ slot: Int32, now: Int64) {
        let destination = destinations[Int(slot)]
        let idleFor = configuration.health.idleFor.wholeMilliseconds
        var due = destination.idleSince + idleFor
        if destination.health.pauses > 0 { due = max(due, destination.health.pausedUntil + idleFor) }
        due = max(due, destination.unknown.believedUntil, destination.learnt.until)
        if due <= now { forgetDestination(slot, now: now) } else { wake(slot, at: due) }
    }

    /// The last instant at which a recipient may still be handed out.
    func leaseEnd(_ record: Int32) -> Int64 {
        recipients[record].leaseUntil.milliseconds - configuration.leaseMargin.wholeMilliseconds
    }

    /// Gives back what has waited so long that its lease might end during the attempt.
    mutating func giveBackShortLeases(_ slot: Int32, now: Int64) {
        while true {
            let first = destinations[Int(slot)].firstReady
            guard first != none, leaseEnd(first) <= now else { return }
            dequeue(first)
            wish(first, .giveBack(until: now))
        }
    }

    /// Gives back everything that waits for a paused destination.
    mutating func giveBackReady(_ slot: Int32, now: Int64) {
        while destinations[Int(slot)].firstReady != none {
            let first = destinations[Int(slot)].firstReady
            dequeue(first)
            wish(first, .giveBack(until: afterPause(slot, now: now)))
        }
    }

    /// Notes something to be stored at the next `decide`; the recipient is in no queue.
    mutating func wish(_ record: Int32, _ kind: OwnWish.Kind) {
        ownWishes.append(OwnWish(record: record, generation: recipients[record].generation, kind: kind))
    }

    /// An instant for something that had to give way to a pause: after its end, not all at once.
    mutating func afterPause(_ slot: Int32, now: Int64) -> Int64 {
        let end = max(pausedUntil(slot), now)
        return end + random.upTo(max(60_000, (end - now) / 4))
    }

    /// How long something has to wait that may go on as soon as there is no pause.
    mutating func restOfPause(_ slot: Int32, now: Int64) -> Duration {
        pausedUntil(slot) > now ? .milliseconds(afterPause(slot, now: now) - now) : .zero
    }
}

extension Destination {
    /// Work items at the same time for a destination that nothing is known about.
    static let firstAllowance: Int32 = 20
}

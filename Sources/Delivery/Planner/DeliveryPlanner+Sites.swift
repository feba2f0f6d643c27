import MailFormat
import SMTPProtocol

// MX roll-up (`docs/design/rulings.md` §3): domains with the same MX are one site. Each keeps its own queue, and what
// was learnt of it alone; connections, rate, what the hosts taught us and pauses are the site's.
extension DeliveryPlanner {
    /// How long a site is believed at least: answers that live for seconds must not cost a look-up for every message.
    static var siteKnownFor: Int64 { 60_000 }
    /// A domain that goes from one site to another and on within this time has answers that do not agree; it would be
    /// handed about without end.
    static var restAfterMove: Int64 { 60_000 }
    /// How long such a domain goes by its own limits.
    static var aloneAfterUnrest: Int64 { 600_000 }

    /// How a destination begins: only domains without limits of their own are rolled up.
    func firstAffiliation(of route: DestinationRoute) -> Destination.Affiliation {
        switch route {
        case .fixed, .site: .alone(until: .max)
        case .domain:
            configuration.destinationOverrides.isEmpty || configuration.destinationOverrides[route.name] == nil
                ? .unknown : .alone(until: .max)
        }
    }

    /// Forgets what DNS said of a domain when its time is over.
    mutating func review(_ slot: Int32, now: Int64) {
        switch destinations[Int(slot)].affiliation {
        case .member(_, let until) where until <= now: leaveSite(slot, for: .unknown, now: now)
        case .alone(let until) where until <= now: leaveOwn(slot)
        case .unknown, .alone, .member: break
        }
    }

    /// A look-up found the site of a recipient's domain.
    mutating func resolved(_ record: Int32, _ site: MXSite?, for lifetime: Duration, now: Int64) {
        putBackSearch(recipients[record].work, of: recipients[record].destination)
        breaker.silent.reset()
        if breaker.reason == .resolverDown { closeBreaker(now: now) }
        // What it led to may be tried at once, where everything is stopped but a probe.
        if breaker.isOpen { breaker.probeAt = now }
        let slot = recipients[record].destination
        // One look-up answers for every recipient of its work: what the first has led to is not undone by the next.
        if case .alone(let until) = destinations[Int(slot)].affiliation, until > now { return }
        let until = now + max(lifetime.wholeMilliseconds, Self.siteKnownFor)
        guard let site, let found = slotOfSite(site, foundBy: slot, now: now) else {
            leaveSite(slot, for: .alone(until: until), now: now)
            return
        }
        switch destinations[Int(slot)].affiliation {
        case .member(let known, _) where known == found:
            destinations[Int(slot)].affiliation = .member(of: found, until: until)
        case .member:
            let isRestless = now - Self.restAfterMove < destinations[Int(slot)].movedAt
            destinations[Int(slot)].movedAt = now
            guard !isRestless else {
                leaveSite(slot, for: .alone(until: now + Self.aloneAfterUnrest), now: now)
                return
            }
            join(slot, found, until: until, now: now)
        case .alone, .unknown: join(slot, found, until: until, now: now)
        }
    }

    /// A look-up is no transaction: neither the rate nor the count of those has been used.
    private mutating func putBackSearch(_ work: Int32, of slot: Int32) {
        guard !works[work].searchCounted else { return }
        works[work].searchCounted = true
        statistics.transactions -= 1
        destinations[Int(slot)].rate.putBack()
        if works[work].site != none { destinations[Int(works[work].site)].rate.putBack() }
    }

    /// The destination that a site is; nil when there is no room for another.
    private mutating func slotOfSite(_ site: MXSite, foundBy domain: Int32, now: Int64) -> Int32? {
        if let known = siteSlots[site] { return known }
        // As many as domains: each site has at least one, or is remembered.
        guard siteSlots.count < configuration.memory.destinations || forgetSomeIdleDestination(now: now, \.isSite)
        else {
            return nil
        }
        // On the loop that has just asked for its hosts.
        let made = placeDestination(.site(site), on: Int(destinations[Int(domain)].loop), now: now)
        siteSlots[site] = made
        return made
    }

    private mutating func join(_ slot: Int32, _ site: Int32, until: Int64, now: Int64) {
        leaveSite(slot, for: .member(of: site, until: until), now: now)
        destinations[Int(site)].members.count += 1
        move(slot, to: destinations[Int(site)].loop)
    }

    /// Takes a domain out of its site, where it is in one.
    mutating func leaveSite(_ slot: Int32, for affiliation: Destination.Affiliation, now: Int64) {
        let site = destinations[Int(slot)].site
        leaveOwn(slot)
        destinations[Int(slot)].affiliation = affiliation
        guard site != none else { return }
        stopWaiting(slot, at: site)
        destinations[Int(site)].members.count -= 1
        if destinations[Int(site)].members.failedFirst == slot { destinations[Int(site)].members.failedFirst = none }
        if destinations[Int(site)].isIdle { becameIdle(site, now: now) } else { reviewShares(of: site, now: now) }
    }

    /// A domain that went by its own limits does so no longer: its connections are not used any more.
    private mutating func leaveOwn(_ slot: Int32) {
        guard case .alone = destinations[Int(slot)].affiliation else { return }
        destinations[Int(slot)].affiliation = .unknown
        retired.append(
            (
                loop: Int(destinations[Int(slot)].loop),
                destination: DestinationID(slot: slot, generation: destinations[Int(slot)].generation)
            )
        )
    }

    private mutating func move(_ slot: Int32, to loop: Int32) {
        let old = Int(destinations[Int(slot)].loop)
        guard old != Int(loop) else { return }
        loopLoad[old].destinations -= 1
        loopLoad[old].recipients -= Int(destinations[Int(slot)].inMemory)
        loopLoad[Int(loop)].destinations += 1
        loopLoad[Int(loop)].recipients += Int(destinations[Int(slot)].inMemory)
        destinations[Int(slot)].loop = loop
    }

    // MARK: Turns

    /// Work items that a domain may have under way now.
    ///
    /// One that shares its site leaves as much as it has to those that come, so that one whose recipients are slow holds
    /// at most half of the connections, two hold two thirds; one item may always go.
    func room(of slot: Int32) -> Int32 {
        let own = destinations[Int(slot)].allowance
        let site = destinations[Int(slot)].site
        guard site != none, destinations[Int(site)].members.count > 1 else { return own }
        let others = destinations[Int(site)].handedOut - destinations[Int(slot)].handedOut
        return min(own, max(1, (connections(of: site) - others) / 2))
    }

    /// What the domains of a site share.
    private func connections(of site: Int32) -> Int32 {
        min(destinations[Int(site)].allowance, Int32(clamping: max(1, destinations[Int(site)].limits.connections)))
    }

    /// Until when a destination is left alone, by itself or with its site.
    func pausedUntil(_ slot: Int32) -> Int64 {
        let site = destinations[Int(slot)].site
        let own = destinations[Int(slot)].health.pausedUntil
        return site == none ? own : max(own, destinations[Int(site)].health.pausedUntil)
    }

    /// Puts a domain that has work behind those that wait for the same at its site.
    mutating func wait(_ slot: Int32, for line: Destination.Line, at site: Int32, now: Int64) {
        if destinations[Int(slot)].line == nil {
            let last = destinations[Int(site)].members[line].last
            destinations[Int(slot)].line = line
            destinations[Int(slot)].previousInLine = last
            if last == none {
                destinations[Int(site)].members[line].first = slot
            } else {
                destinations[Int(last)].nextInLine = slot
            }
            destinations[Int(site)].members[line].last = slot
        }
        if line == .turn { touch(site, now: now) }
    }

    /// Takes a domain out of the line that it stands in.
    mutating func stopWaiting(_ slot: Int32, at site: Int32) {
        guard let line = destinations[Int(slot)].line else { return }
        let (previous, next) = (destinations[Int(slot)].previousInLine, destinations[Int(slot)].nextInLine)
        if previous == none {
            destinations[Int(site)].members[line].first = next
        } else {
            destinations[Int(previous)].nextInLine = next
        }
        if next == none {
            destinations[Int(site)].members[line].last = previous
        } else {
            destinations[Int(next)].previousInLine = previous
        }
        destinations[Int(slot)].line = nil
        destinations[Int(slot)].nextInLine = none
        destinations[Int(slot)].previousInLine = none
    }

    /// Lets those have their turn whose share has grown, because others have finished or gone.
    mutating func reviewShares(of site: Int32, now: Int64) {
        var next = destinations[Int(site)].members[.share].first
        guard next != none else { return }
        // Whoever waits here has work under way, and leaves as much as it has: nothing has grown while less is free.
        let free = connections(of: site) - destinations[Int(site)].handedOut
        guard free > 2 || destinations[Int(site)].members.count == 1 else { return }
        var grown: [Int32] = []
        while next != none {
            if destinations[Int(next)].handedOut < room(of: next) { grown.append(next) }
            next = destinations[Int(next)].nextInLine
        }
        for slot in grown { touch(slot, now: now) }
    }

    /// The work that a site can begin now: one item of each domain in turn.
    mutating func itemsOfMembers(_ site: Int32, now: Int64) -> [WorkItem] {
        var items: [WorkItem] = []
        let siteLimit = destinations[Int(site)].recipientLimit(now: now)
        while hasRoom(site, now: now) {
            let member = destinations[Int(site)].members[.turn].first
            guard member != none else { break }
            stopWaiting(member, at: site)
            review(member, now: now)
            giveBackShortLeases(member, now: now)
            let limit = min(siteLimit, destinations[Int(member)].recipientLimit(now: now))
            // One that has something of its own in its way waits for that.
            if destinations[Int(member)].site == site, canGo(member, now: now),
                let item = nextItem(of: member, at: site, limit: limit, now: now)
            {
                items.append(item)
                count(item: member, at: site, now: now)
            }
            touch(member, now: now)
            // While everything is stopped one transaction is enough to find out.
            if breaker.isOpen, !items.isEmpty { break }
        }
        return items
    }

    /// Whether a destination's own limits let an item go.
    private func hasRoom(_ slot: Int32, now: Int64) -> Bool {
        destinations[Int(slot)].handedOut < room(of: slot) && destinations[Int(slot)].rate.readyAt <= now
    }

    private func canGo(_ slot: Int32, now: Int64) -> Bool {
        destinations[Int(slot)].firstReady != none && pausedUntil(slot) <= now && hasRoom(slot, now: now)
    }

    private mutating func count(item slot: Int32, at site: Int32, now: Int64) {
        for counted in [slot, site] {
            destinations[Int(counted)].handedOut += 1
            destinations[Int(counted)].rate.take(now: now)
        }
        statistics.transactions += 1
    }
}

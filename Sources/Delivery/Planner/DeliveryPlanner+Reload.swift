public import MailFormat
import SMTPProtocol

// What a reload of the configuration changes while mail is under way.
extension DeliveryPlanner {
    /// Goes on under another configuration, as far as it can be changed at run time: retries, lifetimes and notices,
    /// limits of destinations, and which destinations are fixed.
    ///
    /// Loops, leases, bounds of memory and the seed stay. What is due here and would now go elsewhere is given back to
    /// the store at the next `decide`, and comes again to its new destination; what is under way ends where it began.
    public mutating func follow(_ changed: PlannerConfiguration, now: Timestamp) {
        configuration.retry = changed.retry
        configuration.destination = changed.destination
        configuration.destinationOverrides = changed.destinationOverrides
        for slot in destinations.indices where destinations[slot].isUsed && !destinations[slot].isLimbo {
            limit(Int32(slot), now: now.milliseconds)
        }
        guard changed.fixedDestinations != configuration.fixedDestinations else { return }
        configuration.fixedDestinations = changed.fixedDestinations
        rules = DestinationRules(changed.fixedDestinations, seed: random.next())
        fixedSlots = rules.names.map { name in
            let slot = destinations.firstIndex { $0.isUsed && $0.route == .fixed(name) }
            return slot.map(Int32.init) ?? none
        }
        for slot in destinations.indices { giveBackMisplaced(Int32(slot), now: now.milliseconds) }
    }

    private mutating func limit(_ slot: Int32, now: Int64) {
        let index = Int(slot)
        // It may have waited for what is not in its way any more.
        defer { touch(slot, now: now) }
        switch (destinations[index].affiliation, firstAffiliation(of: destinations[index].route)) {
        case (.alone(.max), .alone): break
        case (_, .alone): leaveSite(slot, for: .alone(until: .max), now: now)
        case (.alone(.max), .unknown): leaveSite(slot, for: .unknown, now: now)
        case (_, .unknown), (_, .member): break
        }
        let old = destinations[index].limits
        let limits = configuration.destinationOverrides[destinations[index].route.name] ?? configuration.destination
        guard limits != old else { return }
        destinations[index].limits = limits
        if limits.rate != old.rate { destinations[index].rate = RateLimiter(limits.rate) }
        destinations[index].allowance = min(destinations[index].allowance, destinations[index].window)
        reviewShares(of: slot, now: now)
    }

    private mutating func giveBackMisplaced(_ slot: Int32, now: Int64) {
        var walker = destinations[Int(slot)].firstReady
        while walker != none {
            let next = recipients[walker].nextReady
            if isMisplaced(walker) {
                dequeue(walker)
                wish(walker, .giveBack(until: now))
            }
            walker = next
        }
    }

    /// Whether a recipient lies at a destination that the rules of today would not send it to.
    func isMisplaced(_ record: Int32) -> Bool {
        let recipient = recipients[record]
        guard let envelope = messages[recipient.message].message?.envelope,
            envelope.recipients.indices.contains(Int(recipient.index))
        else { return false }
        let domain = envelope.recipients[Int(recipient.index)].domain
        let number = rules.match(envelope.arena.span.extracting(domain.offsets))
        switch destinations[Int(recipient.destination)].route {
        case .fixed(let name): return number.map { rules.names[Int($0)] != name } ?? true
        case .domain, .site: return number != nil
        }
    }
}

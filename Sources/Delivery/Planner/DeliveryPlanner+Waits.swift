public import MailFormat
import SMTPProtocol

// What recipients wait for, for people: nothing here changes anything.
extension DeliveryPlanner {
    /// What keeps the recipients of a message, as the store shows it, from being tried now; none for those that nothing
    /// does but their own time, or of whose destination nothing is known.
    public func waits(of stored: QueuedMessage, now: Timestamp) -> [Int32: DeliveryWait] {
        let waiting = recipientsThatWait(of: stored.id)
        var waits: [Int32: DeliveryWait] = [:]
        for recipient in stored.recipients where stored.envelope.recipients.indices.contains(Int(recipient.index)) {
            let envelope = stored.envelope.recipients[Int(recipient.index)]
            switch recipient.state {
            case .held: continue
            case .scheduled:
                guard let slot = knownDestination(of: envelope, in: stored.envelope) else { continue }
                waits[recipient.index] = pause(of: slot, now: now.milliseconds)
            case .leased:
                // One that is in memory has a destination, and one that is under way waits for nothing of ours.
                guard let slot = waiting[recipient.index] else { continue }
                waits[recipient.index] = wait(of: slot, now: now.milliseconds)
            }
        }
        return waits
    }

    /// The destinations of a message's recipients that are in memory and not under way, by their places.
    private func recipientsThatWait(of id: MessageID) -> [Int32: Int32] {
        guard let message = messageSlots[id] else { return [:] }
        var waiting: [Int32: Int32] = [:]
        var walker = messages[message].firstRecipient
        while walker != none {
            let record = recipients[walker]
            if record.state == .ready { waiting[record.index] = record.destination }
            walker = record.nextOfMessage
        }
        return waiting
    }

    private func wait(of slot: Int32, now: Int64) -> DeliveryWait? {
        if let pause = pause(of: slot, now: now) { return pause }
        let (destination, site) = (destinations[Int(slot)], destinations[Int(slot)].site)
        if destination.handedOut >= destination.allowance { return wait(for: .connections, of: slot) }
        if site != none {
            // Its share has no room, or the whole site has none.
            if destination.handedOut >= room(of: slot) || destinations[Int(site)].handedOut >= room(of: site) {
                return wait(for: .connections, of: site)
            }
        }
        for limiting in [slot, site] where limiting != none {
            let readyAt = destinations[Int(limiting)].rate.readyAt
            if readyAt > now { return wait(for: .rate, of: limiting, until: readyAt) }
        }
        return nil
    }

    /// The pause that ends last, of a destination or of its site.
    private func pause(of slot: Int32, now: Int64) -> DeliveryWait? {
        var (longest, end) = (none, now)
        for paused in [slot, destinations[Int(slot)].site] where paused != none {
            let until = destinations[Int(paused)].health.pausedUntil
            if until > end { (longest, end) = (paused, until) }
        }
        guard longest != none else { return nil }
        return wait(for: .pause(destinations[Int(longest)].health.reason), of: longest, until: end)
    }

    private func wait(for reason: DeliveryWait.Reason, of slot: Int32, until: Int64? = nil) -> DeliveryWait {
        let destination = destinations[Int(slot)]
        return DeliveryWait(
            destination: destination.route,
            domains: destination.isSite ? Int(destination.members.count) : nil,
            reason: reason,
            until: until.map(Timestamp.init(milliseconds:))
        )
    }
}

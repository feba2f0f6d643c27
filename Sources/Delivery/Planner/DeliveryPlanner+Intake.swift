public import MailFormat
public import SMTPProtocol

// How recipients come into memory.
extension DeliveryPlanner {
    /// In which state a new message should be written: leased to us when its first attempt can be soon, else scheduled.
    ///
    /// Looks at what is in memory now; a batch may exceed the limits by its own size.
    public mutating func startState(of envelope: Envelope, now: Timestamp) -> RecipientState {
        let instant = now.milliseconds
        let room = configuration.memory.recipients - recipients.count
        guard envelope.recipients.count <= room, !breaker.isOpen else {
            return .scheduled(Timestamp(milliseconds: instant + 1000 + random.upTo(Self.shortWait)))
        }
        var wait: Int64 = .max
        // Many recipients mean many destinations, at least some of them well: only a few are asked.
        for recipient in envelope.recipients.prefix(8) where !recipient.isExpanded {
            guard let slot = destination(of: recipient, in: envelope, now: instant) else {
                wait = min(wait, instant + Self.shortWait)
                continue
            }
            let destination = destinations[Int(slot)]
            if pausedUntil(slot) > instant {
                wait = min(wait, afterPause(slot, now: instant))
            } else if Int(destination.inMemory) >= configuration.memory.recipientsPerDestination {
                wait = min(wait, destinations[Int(slot)].overflow.place(now: instant))
            } else {
                return .leased(newLease(now: now))
            }
        }
        return .scheduled(Timestamp(milliseconds: min(wait, instant + 4 * 3_600_000)))
    }

    /// A lease that begins now.
    public func newLease(now: Timestamp) -> Lease {
        Lease(
            holder: configuration.holder,
            fence: configuration.fence,
            until: now.advanced(by: configuration.leaseDuration)
        )
    }

    /// How many recipients `claimDue` may bring now.
    ///
    /// New mail keeps a part of the memory for itself.
    public func room(now: Timestamp) -> Int {
        let free = configuration.memory.recipients * 3 / 4 - recipients.count
        return max(0, breaker.isOpen ? min(free, 16 - recipients.count) : free)
    }

    /// Takes over messages that were just committed with all recipients leased to us.
    public mutating func accepted(_ batch: [AcceptedMessage], now: Timestamp) {
        for accepted in batch { accept(accepted, now: now.milliseconds) }
    }

    /// Takes over one message that was just committed with all recipients leased to us.
    public mutating func accept(_ accepted: AcceptedMessage, now: Timestamp) {
        accept(accepted, now: now.milliseconds)
    }

    private mutating func accept(_ accepted: AcceptedMessage, now: Int64) {
        let message = accepted.message
        guard messageSlots[message.id] == nil, !message.envelope.recipients.isEmpty else { return }
        let slot = addMessage(message, content: accepted.content)
        for index in message.envelope.recipients.indices {
            admit(Int32(index), of: message, in: slot, leaseUntil: accepted.leaseUntil, now: now)
        }
    }

    /// Takes over recipients that were claimed from the store because they were due.
    ///
    /// One that is in memory already had its lease renewed by the claim. If it was handed out and the old lease had
    /// run out, its outcome is given up and it is tried again.
    public mutating func loaded(_ batch: [QueuedMessage], now: Timestamp) {
        for queued in batch {
            let known = messageSlots[queued.id]
            let present = known.map { slotsByIndex($0) } ?? [:]
            let message = known.flatMap { messages[$0].message } ?? DeliveryMessage(queued)
            var slot = known
            for recipient in queued.recipients {
                let lease = leaseEnd(of: recipient.state) ?? now.advanced(by: configuration.leaseDuration)
                if let record = present[recipient.index] {
                    renewed(record, until: lease, now: now.milliseconds)
                } else if message.envelope.recipients.indices.contains(Int(recipient.index)) {
                    let owner = slot ?? addMessage(message, content: nil)
                    slot = owner
                    readmit(recipient, of: message, in: owner, leaseUntil: lease, now: now)
                }
            }
        }
    }

    private func leaseEnd(of state: RecipientState) -> Timestamp? {
        if case .leased(let lease) = state { lease.until } else { nil }
    }

    private func slotsByIndex(_ message: Int32) -> [Int32: Int32] {
        var slots: [Int32: Int32] = [:]
        var walker = messages[message].firstRecipient
        while walker != none {
            slots[recipients[walker].index] = walker
            walker = recipients[walker].nextOfMessage
        }
        return slots
    }

    private mutating func renewed(_ record: Int32, until: Timestamp, now: Int64) {
        let wasLost = recipients[record].state == .handedOut && recipients[record].leaseUntil.milliseconds <= now
        recipients[record].leaseUntil = until
        guard wasLost else { return }
        takeBackLost(record, now: now)
        enqueue(record)
        touch(recipients[record].destination, now: now)
    }

    /// Gives up waiting for an outcome; it may have been delivered, and an outcome that still comes counts for nothing.
    mutating func takeBackLost(_ record: Int32, now: Int64) {
        statistics.lost += 1
        recipients[record].generation &+= 1
        recipients[record].marks.insert(.perhapsDelivered)
        recipients[record].state = .decided
        finishWork(of: record, now: now)
    }

    /// Puts a new recipient into its destination's queue.
    @discardableResult
    private mutating func admit(
        _ index: Int32,
        of message: DeliveryMessage,
        in slot: Int32,
        leaseUntil: Timestamp,
        now: Int64
    ) -> Int32 {
        let recipient = message.envelope.recipients[Int(index)]
        guard !recipient.isExpanded else {
            let record = addRecipient(index, of: slot, to: limbo(now: now), leaseUntil: leaseUntil)
            wish(record, .expand)
            return record
        }
        guard let destination = destination(of: recipient, in: message.envelope, now: now) else {
            // Too many destinations at once. The overflow destination holds the record until the store has it back.
            let record = addRecipient(index, of: slot, to: limbo(now: now), leaseUntil: leaseUntil)
            wish(record, .giveBack(until: now + 60_000 + random.upTo(Self.shortWait * 5)))
            return record
        }
        let isFull = Int(destinations[Int(destination)].inMemory) >= configuration.memory.recipientsPerDestination
        let record = addRecipient(index, of: slot, to: destination, leaseUntil: leaseUntil)
        if pausedUntil(destination) > now {
            wish(record, .giveBack(until: afterPause(destination, now: now)))
        } else if isFull {
            wish(record, .giveBack(until: destinations[Int(destination)].overflow.place(now: now)))
        } else {
            enqueue(record)
            touch(destination, now: now)
            wake(destination, at: leaseEnd(record) + 1)
        }
        return record
    }

    private mutating func readmit(
        _ recipient: QueuedRecipient,
        of message: DeliveryMessage,
        in slot: Int32,
        leaseUntil: Timestamp,
        now: Timestamp
    ) {
        let instant = now.milliseconds
        let record: Int32
        let envelope = message.envelope.recipients[Int(recipient.index)]
        if isExpired(message, now: instant), !envelope.isExpanded, !recipient.ignoresAge {
            let destination = destination(of: envelope, in: message.envelope, now: instant) ?? limbo(now: instant)
            record = addRecipient(recipient.index, of: slot, to: destination, leaseUntil: leaseUntil)
            wish(record, .expire(recipient.lastAttempt))
        } else {
            record = admit(recipient.index, of: message, in: slot, leaseUntil: leaseUntil, now: instant)
        }
        recipients[record].attempts = Int32(clamping: recipient.attemptCount)
        if recipient.delayNoticeSent { recipients[record].marks.insert(.noticed) }
        if recipient.ignoresAge { recipients[record].marks.insert(.ignoresAge) }
        if let last = recipient.lastAttempt, !last.outcomeKnown {
            recipients[record].marks.formUnion([.perhapsDelivered, .hasFirstHost])
            firstHosts[record] = last.remote
        }
    }

    /// The destination of what has none, because there are too many.
    private mutating func limbo(now: Int64) -> Int32 {
        if limboSlot == none {
            limboSlot = Int32(destinations.count)
            var made = Destination()
            made.isUsed = true
            made.isLimbo = true
            destinations.append(made)
            loopLoad[0].destinations += 1
        }
        return limboSlot
    }

    /// Milliseconds over which things spread that have to come back soon.
    static var shortWait: Int64 { 60_000 }
}

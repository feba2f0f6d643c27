public import MailFormat
import SMTPProtocol
import StatusCodes

// What operators want, and what they want to know.
extension DeliveryPlanner {
    /// Turns an operator's command on recipients (as the store shows them) into what has to be stored.
    ///
    /// A recipient that is under way at this moment cannot be called back: a hold or a failure is carried out when its
    /// attempt ends without success.
    public mutating func command(
        _ command: QueueCommand,
        on queued: [QueuedMessage],
        now: Timestamp
    ) -> Decisions {
        var decisions = Decisions()
        for message in queued {
            for recipient in message.recipients {
                let id = RecipientID(message: message.id, index: recipient.index)
                if let record = record(of: id), isOurs(record, command) {
                    carryOut(command, onRecord: record, now: now, into: &decisions)
                } else {
                    carryOut(command, on: recipient, of: message, now: now, into: &decisions)
                }
            }
        }
        return decisions
    }

    /// What to do with held recipients that somebody had to look at by now: those that are too old expire, the others
    /// are tried again.
    ///
    /// To be asked with the held recipients of the store from time to time.
    public mutating func review(_ queued: [QueuedMessage], now: Timestamp) -> Decisions {
        var decisions = Decisions()
        for stored in queued {
            let message = DeliveryMessage(stored)
            for recipient in stored.recipients {
                guard case .held(let hold) = recipient.state, let due = hold.reviewAt, due <= now else { continue }
                // Claimed when due, and then tried, or expired with its last attempt.
                store(.scheduled(now), fate: .deferred(until: now), recipient, of: message, into: &decisions)
            }
        }
        return decisions
    }

    /// Forgets messages whose deletion was committed.
    ///
    /// What is under way cannot be called back; its outcome counts no more.
    public mutating func deleted(_ ids: [MessageID], now: Timestamp) {
        for id in ids {
            guard let message = messageSlots[id] else { continue }
            var walker = messages[message].firstRecipient
            while walker != none {
                let next = recipients[walker].nextOfMessage
                switch recipients[walker].state {
                case .ready:
                    dequeue(walker)
                    removeRecipient(walker, now: now.milliseconds)
                case .handedOut, .decided: recipients[walker].marks.insert(.deleted)
                case .free: break
                }
                walker = next
            }
        }
    }

    /// Ends the pause of a destination by name; false when there is none of that name in memory, or it is not paused.
    public mutating func resume(_ route: DestinationRoute, now: Timestamp) -> Bool {
        for slot in destinations.indices where destinations[slot].isUsed && destinations[slot].route == route {
            guard pausedUntil(Int32(slot)) > now.milliseconds else { return false }
            resume(Int32(slot), now: now.milliseconds)
            return true
        }
        return false
    }

    /// Gives everything back that is not under way, to be due at once: for an orderly stop.
    public mutating func giveEverythingBack(now: Timestamp) {
        for slot in destinations.indices {
            while destinations[slot].firstReady != none {
                let first = destinations[slot].firstReady
                dequeue(first)
                wish(first, .giveBack(until: now.milliseconds))
            }
        }
    }

    // MARK: Questions

    /// Where the recipients of a message stand that are in memory.
    public func standing(of id: MessageID) -> [Standing] {
        guard let message = messageSlots[id] else { return [] }
        var standings: [Standing] = []
        var walker = messages[message].firstRecipient
        while walker != none {
            let record = recipients[walker]
            let place: Standing.Place =
                switch record.state {
                case .ready: .ready
                case .handedOut: .underWay
                case .decided, .free: .decided
                }
            standings.append(
                Standing(index: record.index, destination: destinations[Int(record.destination)].route, place: place)
            )
            walker = record.nextOfMessage
        }
        return standings.sorted { $0.index < $1.index }
    }

    /// How destinations fare, those with most to do first.
    public func destinationStates(limit: Int, now: Timestamp) -> [DestinationState] {
        var busy: [Int] = destinations.indices.filter { destinations[$0].isUsed && !destinations[$0].isLimbo }
        busy.sort { (destinations[$1].inMemory, $0) < (destinations[$0].inMemory, $1) }
        return busy.prefix(limit).map { slot in
            let destination = destinations[slot]
            let pausedUntil = destination.health.pausedUntil
            return DestinationState(
                destination: DestinationID(slot: Int32(slot), generation: destination.generation),
                route: destination.route,
                loop: Int(destination.loop),
                ready: Int(destination.ready),
                underWay: Int(destination.handedOut),
                allowance: Int(destination.allowance),
                recipientsPerTransaction: destination.recipientLimit(now: now.milliseconds),
                trouble: destination.health.reason,
                pausedUntil: pausedUntil > now.milliseconds ? Timestamp(milliseconds: pausedUntil) : nil
            )
        }
    }

    /// Why everything is stopped; nil when it is not.
    public var stoppedBy: Alert.Kind? { breaker.reason }

    // MARK: Carrying out

    /// Whether a command meets a recipient in memory, and not one that the commit under way gives back to the store: it
    /// is carried out there, behind that decision.
    ///
    /// Giving up is not, for its report might follow a success.
    private func isOurs(_ record: Int32, _ command: QueueCommand) -> Bool {
        recipients[record].state != .decided || recipients[record].marks.contains(.goesOn) || command == .fail
    }

    private mutating func carryOut(
        _ command: QueueCommand,
        onRecord record: Int32,
        now: Timestamp,
        into decisions: inout Decisions
    ) {
        guard let message = messages[recipients[record].message].message else { return }
        switch (recipients[record].state, command) {
        case (.ready, .hold(let by, let reason, let reviewAt, let stopsExpiry)):
            dequeue(record)
            let hold = self.hold(
                by: by,
                reason: reason,
                reviewAt: reviewAt,
                stopsExpiry: stopsExpiry,
                of: message,
                now: now
            )
            decide(record, .state(.held(hold)), fate: .held, report: nil, of: message, into: &decisions)
            statistics.held += 1
        case (.ready, .fail):
            dequeue(record)
            let report = cancelledReport(recipients[record].index, of: message)
            decide(record, .done, fate: .failed(Self.cancelled), report: report, of: message, into: &decisions)
            statistics.failed += 1
        case (.ready, .retry): resume(recipients[record].destination, now: now.milliseconds)
        case (.handedOut, .hold(let by, let reason, let reviewAt, let stopsExpiry)),
            (.decided, .hold(let by, let reason, let reviewAt, let stopsExpiry)):
            recipients[record].marks.insert(.holdWanted)
            wantedHolds[record] = hold(
                by: by,
                reason: reason,
                reviewAt: reviewAt,
                stopsExpiry: stopsExpiry,
                of: message,
                now: now
            )
        case (.handedOut, .fail), (.decided, .fail): recipients[record].marks.insert(.failWanted)
        case (.handedOut, .release), (.handedOut, .retry), (.decided, .release), (.decided, .retry):
            recipients[record].marks.subtract([.holdWanted, .failWanted])
            wantedHolds[record] = nil
        case (.ready, .release), (.free, _): break
        }
    }

    private mutating func carryOut(
        _ command: QueueCommand,
        on recipient: QueuedRecipient,
        of stored: QueuedMessage,
        now: Timestamp,
        into decisions: inout Decisions
    ) {
        let message = DeliveryMessage(stored)
        switch command {
        case .hold(let by, let reason, let reviewAt, let stopsExpiry):
            let hold = self.hold(
                by: by,
                reason: reason,
                reviewAt: reviewAt,
                stopsExpiry: stopsExpiry,
                of: message,
                now: now
            )
            store(.held(hold), fate: .held, recipient, of: message, into: &decisions)
            statistics.held += 1
        case .release:
            guard case .held(let hold) = recipient.state else { return }
            var released = recipient
            if hold.by == Self.bounceIntake { released.ignoresAge = true }
            store(.scheduled(now), fate: .deferred(until: now), released, of: message, into: &decisions)
        case .retry:
            if case .held = recipient.state { return }
            resumeDestination(of: recipient, message, now: now)
            store(.scheduled(now), fate: .deferred(until: now), recipient, of: message, into: &decisions)
        case .fail:
            statistics.failed += 1
            let id = RecipientID(message: message.id, index: recipient.index)
            decisions.transitions.append(RecipientTransition(recipient: id, fence: nil, next: .done))
            decisions.conclusions.append(
                Conclusion(
                    message: message,
                    index: recipient.index,
                    outcome: nil,
                    fate: .failed(Self.cancelled),
                    report: cancelledReport(recipient.index, of: message)
                )
            )
        }
    }

    private mutating func resumeDestination(of recipient: QueuedRecipient, _ message: DeliveryMessage, now: Timestamp) {
        guard message.envelope.recipients.indices.contains(Int(recipient.index)) else { return }
        let envelope = message.envelope.recipients[Int(recipient.index)]
        guard let slot = destination(of: envelope, in: message.envelope, now: now.milliseconds) else { return }
        resume(slot, now: now.milliseconds)
    }

    private func hold(
        by: String,
        reason: String,
        reviewAt: Timestamp?,
        stopsExpiry: Bool,
        of message: DeliveryMessage,
        now: Timestamp
    ) -> Hold {
        // A hold is looked at when the message would expire, unless the operator took that on himself.
        let expiry = Timestamp(milliseconds: expiry(of: message))
        let review = stopsExpiry ? reviewAt : min(reviewAt ?? expiry, expiry)
        return Hold(by: by, reason: reason, since: now, reviewAt: review)
    }

    private func cancelledReport(_ index: Int32, of message: DeliveryMessage) -> ReportDue? {
        guard message.envelope.recipients.indices.contains(Int(index)) else { return nil }
        return failureReport(Self.cancelled, nil, index: index, of: message)
    }

    private mutating func decide(
        _ record: Int32,
        _ next: RecipientTransition.Next,
        fate: Conclusion.Fate,
        report: ReportDue?,
        of message: DeliveryMessage,
        into decisions: inout Decisions
    ) {
        let index = recipients[record].index
        uncommitted.append(PendingCommit(record: record, generation: recipients[record].generation, stays: false))
        decisions.transitions.append(
            RecipientTransition(
                recipient: RecipientID(message: message.id, index: index),
                fence: configuration.fence,
                next: next,
                ignoresAge: recipients[record].marks.contains(.ignoresAge)
            )
        )
        decisions.conclusions.append(
            Conclusion(message: message, index: index, outcome: nil, fate: fate, report: report)
        )
    }

    private func store(
        _ state: RecipientState,
        fate: Conclusion.Fate,
        _ recipient: QueuedRecipient,
        of message: DeliveryMessage,
        into decisions: inout Decisions
    ) {
        decisions.transitions.append(
            RecipientTransition(
                recipient: RecipientID(message: message.id, index: recipient.index),
                fence: nil,
                next: .state(state),
                ignoresAge: recipient.ignoresAge
            )
        )
        decisions.conclusions.append(
            Conclusion(message: message, index: recipient.index, outcome: nil, fate: fate, report: nil)
        )
    }
}

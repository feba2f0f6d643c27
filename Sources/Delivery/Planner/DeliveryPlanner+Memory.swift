import MailFormat
import SMTPProtocol

// Records and the lists that run through them.
extension DeliveryPlanner {
    /// Puts a message into memory, with no recipients yet.
    mutating func addMessage(_ message: DeliveryMessage, content: (any MessageContent)?) -> Int32 {
        let slot = messages.take(fresh: MessageRecord())
        messages[slot].message = message
        messages[slot].firstRecipient = none
        messages[slot].recipients = 0
        if let content, keepsContent(content) {
            messages[slot].content = content
            if content.isResident { contentBytes += message.byteCount }
        }
        messageSlots[message.id] = slot
        return slot
    }

    /// Whether a copy is worth its memory; what is not in memory costs nothing to name.
    private func keepsContent(_ content: any MessageContent) -> Bool {
        !content.isResident || contentBytes + content.byteCount <= configuration.memory.contentBytes
    }

    /// Puts a recipient into memory, in no queue yet.
    mutating func addRecipient(
        _ index: Int32,
        of message: Int32,
        to destination: Int32,
        leaseUntil: Timestamp
    ) -> Int32 {
        let slot = recipients.take(fresh: RecipientRecord())
        var record = RecipientRecord()
        record.generation = recipients[slot].generation &+ 1
        record.message = message
        record.index = index
        record.destination = destination
        record.leaseUntil = leaseUntil
        record.nextOfMessage = messages[message].firstRecipient
        record.state = .decided
        recipients[slot] = record
        if record.nextOfMessage != none { recipients[record.nextOfMessage].previousOfMessage = slot }
        messages[message].firstRecipient = slot
        messages[message].recipients += 1
        destinations[Int(destination)].inMemory += 1
        loopLoad[Int(destinations[Int(destination)].loop)].recipients += 1
        return slot
    }

    /// Forgets a recipient that is in no queue; its message goes with the last one.
    mutating func removeRecipient(_ slot: Int32, now: Int64) {
        let record = recipients[slot]
        unlink(record)
        if record.marks.contains(.hasFirstHost) { firstHosts[slot] = nil }
        if record.marks.contains(.holdWanted) { wantedHolds[slot] = nil }
        recipients[slot].state = .free
        recipients[slot].generation = record.generation &+ 1
        recipients.release(slot)
        let destination = Int(record.destination)
        destinations[destination].inMemory -= 1
        loopLoad[Int(destinations[destination].loop)].recipients -= 1
        if destinations[destination].isIdle { becameIdle(record.destination, now: now) }
        messages[record.message].recipients -= 1
        if messages[record.message].recipients == 0 { removeMessage(record.message) }
    }

    private mutating func unlink(_ record: RecipientRecord) {
        if record.previousOfMessage == none {
            messages[record.message].firstRecipient = record.nextOfMessage
        } else {
            recipients[record.previousOfMessage].nextOfMessage = record.nextOfMessage
        }
        if record.nextOfMessage != none {
            recipients[record.nextOfMessage].previousOfMessage = record.previousOfMessage
        }
    }

    private mutating func removeMessage(_ slot: Int32) {
        guard let message = messages[slot].message else { return }
        if let content = messages[slot].content, content.isResident { contentBytes -= message.byteCount }
        messageSlots[message.id] = nil
        messages[slot].message = nil
        messages[slot].content = nil
        messages.release(slot)
    }

    /// The record of a recipient in memory; nil when it is not.
    func record(of id: RecipientID) -> Int32? {
        guard let message = messageSlots[id.message] else { return nil }
        var walker = messages[message].firstRecipient
        while walker != none {
            if recipients[walker].index == id.index { return walker }
            walker = recipients[walker].nextOfMessage
        }
        return nil
    }

    /// Puts a recipient at the end of its destination's queue, or in front of it.
    mutating func enqueue(_ slot: Int32, atFront: Bool = false) {
        let destination = Int(recipients[slot].destination)
        recipients[slot].state = .ready
        let neighbour = atFront ? destinations[destination].firstReady : destinations[destination].lastReady
        recipients[slot].nextReady = atFront ? neighbour : none
        recipients[slot].previousReady = atFront ? none : neighbour
        if neighbour == none {
            destinations[destination].firstReady = slot
            destinations[destination].lastReady = slot
        } else if atFront {
            recipients[neighbour].previousReady = slot
            destinations[destination].firstReady = slot
        } else {
            recipients[neighbour].nextReady = slot
            destinations[destination].lastReady = slot
        }
        destinations[destination].ready += 1
    }

    /// Takes a recipient out of its destination's queue.
    mutating func dequeue(_ slot: Int32) {
        let record = recipients[slot]
        let destination = Int(record.destination)
        if record.previousReady == none {
            destinations[destination].firstReady = record.nextReady
        } else {
            recipients[record.previousReady].nextReady = record.nextReady
        }
        if record.nextReady == none {
            destinations[destination].lastReady = record.previousReady
        } else {
            recipients[record.nextReady].previousReady = record.previousReady
        }
        recipients[slot].nextReady = none
        recipients[slot].previousReady = none
        recipients[slot].state = .decided
        destinations[destination].ready -= 1
    }
}

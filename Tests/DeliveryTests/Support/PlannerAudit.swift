@testable import Delivery

extension DeliveryPlanner {
    /// What is wrong with the planner's books; empty when every list and count agrees with every other.
    borrowing func violations() -> [String] {
        var found: [String] = []
        var inMemory: [Int32: Int32] = [:]
        var handedOut: [Int32: Set<Int32>] = [:]
        var missing: [Int32: Int32] = [:]
        var states: [RecipientRecord.State: Int] = [:]
        var content = 0
        for slot in messageSlots.values {
            let owner = messages[slot]
            if let resident = owner.content, resident.isResident { content += owner.message?.byteCount ?? 0 }
            var count: Int32 = 0
            var walker = owner.firstRecipient
            var before = none
            while walker != none {
                let record = recipients[walker]
                if record.previousOfMessage != before { found.append("a message's list is torn at \(walker)") }
                if record.message != slot { found.append("recipient \(walker) is in another message's list") }
                inMemory[record.destination, default: 0] += 1
                states[record.state, default: 0] += 1
                if record.state == .handedOut {
                    handedOut[record.destination, default: []].insert(record.work)
                    missing[record.work, default: 0] += 1
                }
                count += 1
                before = walker
                walker = record.nextOfMessage
            }
            if count != owner.recipients || count == 0 { found.append("message \(slot) counts wrongly") }
        }
        if content != contentBytes { found.append("content: \(contentBytes) instead of \(content)") }
        if states[.free] != nil { found.append("a free record is in use") }
        if messageSlots.count != messages.count { found.append("messages are lost") }
        if states.values.reduce(0, +) != recipients.count { found.append("recipients are lost") }
        if missing.count != works.count { found.append("work items are lost: \(works.count) for \(missing.count)") }
        for (work, count) in missing where works[work].missing != count { found.append("work \(work) counts wrongly") }
        if states[.ready] ?? 0 != destinations.reduce(0, { $0 + Int($1.ready) }) {
            found.append("ready recipients differ")
        }
        for (index, destination) in destinations.enumerated() {
            let slot = Int32(index)
            if destination.inMemory != inMemory[slot] ?? 0 { found.append("destination \(index) counts wrongly") }
            let out = destination.isSite ? missing.keys.count { works[$0].site == slot } : handedOut[slot]?.count ?? 0
            if Int(destination.handedOut) != out { found.append("window of \(index) is wrong") }
            if !destination.isUsed, destination.inMemory > 0 { found.append("a forgotten destination has work") }
            found += queueViolations(of: slot, destination)
            if destination.isUsed, destination.isSite { found += siteViolations(of: slot, destination) }
        }
        if siteSlots.contains(where: { destinations[Int($0.value)].route != .site($0.key) }) {
            found.append("a site is kept under another's name")
        }
        // Whatever is decided is about to be stored; nothing else keeps a record out of every queue.
        let awaited = uncommitted.count + ownWishes.count
        if states[.decided] ?? 0 > awaited { found.append("\(states[.decided] ?? 0) decided, \(awaited) awaited") }
        return found
    }

    private borrowing func queueViolations(of slot: Int32, _ destination: Destination) -> [String] {
        var found: [String] = []
        var count: Int32 = 0
        var before = none
        var walker = destination.firstReady
        while walker != none {
            let record = recipients[walker]
            if record.state != .ready || record.destination != slot { found.append("\(walker) is in a wrong queue") }
            if record.previousReady != before { found.append("the queue of \(slot) is torn") }
            count += 1
            before = walker
            walker = record.nextReady
        }
        if destination.lastReady != before { found.append("the queue of \(slot) has a wrong end") }
        if destination.ready != count { found.append("the queue of \(slot) counts wrongly") }
        // Nobody waits for nothing: there is a turn, a wake-up, or an outcome that brings one.
        if count > 0, !destination.isRunnable, destination.wakeAt == .max, destination.handedOut == 0,
            destination.line != .turn
        {
            found.append("the queue of \(slot) waits for nothing")
        }
        return found
    }

    private borrowing func siteViolations(of slot: Int32, _ site: Destination) -> [String] {
        var found: [String] = []
        if site.members.count != Int32(destinations.count { $0.isUsed && $0.site == slot }) {
            found.append("site \(slot) counts its domains wrongly")
        }
        for line in [Destination.Line.turn, .share] { found += lineViolations(line, of: slot, site) }
        let isWaiting = site.members[.turn].first != none
        if isWaiting, !site.isRunnable, site.wakeAt == .max, site.handedOut == 0 {
            found.append("the domains of \(slot) wait for nothing")
        }
        return found
    }

    private borrowing func lineViolations(
        _ line: Destination.Line,
        of slot: Int32,
        _ site: Destination
    ) -> [String] {
        var found: [String] = []
        var before = none
        var walker = site.members[line].first
        while walker != none {
            let member = destinations[Int(walker)]
            if member.line != line || member.site != slot { found.append("\(walker) waits at a wrong site") }
            if member.previousInLine != before { found.append("a line of \(slot) is torn") }
            if line == .share, member.handedOut == 0 { found.append("\(walker) waits for a share, and has nothing") }
            before = walker
            walker = member.nextInLine
        }
        if site.members[line].last != before { found.append("a line of \(slot) has a wrong end") }
        return found
    }
}

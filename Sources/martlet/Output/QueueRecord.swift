import Relay

// The queue as JSON: keys in the promised order, those of `postqueue -j` first, absent when unknown.
extension QueueItem {
    /// The object on one line.
    var json: String {
        var object = OrderedObject()
        object.add("queue_name", queue_name)
        object.add("queue_id", queue_id)
        if let arrival_time { object.add("arrival_time", Int(arrival_time)) }
        if let message_size { object.add("message_size", message_size) }
        if let sender { object.add("sender", sender) }
        object.add("recipients", objectsOf: recipients) { $1.write(to: &$0) }
        if let ended { object.add("ended", objectsOf: ended) { $1.write(to: &$0) } }
        return object.text
    }
}

extension QueueItem.Recipient {
    fileprivate func write(to object: inout OrderedObject) {
        object.add("address", address)
        if let delay_reason { object.add("delay_reason", delay_reason) }
        object.add("state", state)
        if let next { object.add("next", next) }
        if let hold { object.add("hold", hold) }
        object.add("attempts", attempts)
        if let status { object.add("status", status) }
        if let history { object.add("history", objectsOf: history) { $1.write(to: &$0) } }
        if let waits_for { object.add("waits_for") { waits_for.write(to: &$0) } }
    }
}

extension QueueItem.Wait {
    fileprivate func write(to object: inout OrderedObject) {
        object.add("limit", limit)
        object.add("destination", destination)
        if let site_domains { object.add("site_domains", site_domains) }
        if let until { object.add("until", until) }
        if let trouble { object.add("trouble", trouble) }
    }
}

extension QueueItem.Ended {
    fileprivate func write(to object: inout OrderedObject) {
        if let address { object.add("address", address) }
        object.add("state", state)
        object.add("timeline", objectsOf: timeline) { $1.write(to: &$0) }
    }
}

extension QueueItem.Step {
    fileprivate func write(to object: inout OrderedObject) {
        object.add("at", at)
        object.add("event", event)
        if let by { object.add("by", by) }
        if let reason { object.add("reason", reason) }
        if let attempt { object.add("attempt") { attempt.write(to: &$0) } }
    }
}

extension QueueItem.Attempt {
    /// Writes what is known of an attempt.
    func write(to object: inout OrderedObject) {
        object.add("at", at)
        object.add("remote", remote)
        object.add("stage", stage)
        object.add("reply", reply)
        object.add("status", status)
        object.add("cause", cause)
        object.add("condition", condition)
        object.add("rule", rule)
        object.add("outcome_known", outcome_known)
    }
}

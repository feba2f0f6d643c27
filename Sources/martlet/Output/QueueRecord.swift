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
        object.add("recipients", raw: "[\(recipients.map(\.json).joined(separator: ","))]")
        if let ended { object.add("ended", raw: "[\(ended.map(\.json).joined(separator: ","))]") }
        return object.text
    }
}

extension QueueItem.Recipient {
    fileprivate var json: String {
        var object = OrderedObject()
        object.add("address", address)
        if let delay_reason { object.add("delay_reason", delay_reason) }
        object.add("state", state)
        if let next { object.add("next", next) }
        if let hold { object.add("hold", hold) }
        object.add("attempts", attempts)
        if let status { object.add("status", status) }
        if let history { object.add("history", raw: "[\(history.map(\.json).joined(separator: ","))]") }
        if let waits_for { object.add("waits_for", raw: waits_for.json) }
        return object.text
    }
}

extension QueueItem.Wait {
    fileprivate var json: String {
        var object = OrderedObject()
        object.add("limit", limit)
        object.add("destination", destination)
        if let site_domains { object.add("site_domains", site_domains) }
        if let until { object.add("until", until) }
        if let trouble { object.add("trouble", trouble) }
        return object.text
    }
}

extension QueueItem.Ended {
    fileprivate var json: String {
        var object = OrderedObject()
        if let address { object.add("address", address) }
        object.add("state", state)
        object.add("timeline", raw: "[\(timeline.map(\.json).joined(separator: ","))]")
        return object.text
    }
}

extension QueueItem.Step {
    fileprivate var json: String {
        var object = OrderedObject()
        object.add("at", at)
        object.add("event", event)
        if let by { object.add("by", by) }
        if let reason { object.add("reason", reason) }
        if let attempt { object.add("attempt", raw: attempt.json) }
        return object.text
    }
}

extension QueueItem.Attempt {
    var json: String {
        var object = OrderedObject()
        object.add("at", at)
        object.add("remote", remote)
        object.add("stage", stage)
        object.add("reply", reply)
        object.add("status", status)
        object.add("cause", cause)
        object.add("condition", condition)
        object.add("rule", rule)
        object.add("outcome_known", outcome_known)
        return object.text
    }
}

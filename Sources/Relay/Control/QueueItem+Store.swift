package import Delivery
import MailFormat
import SMTPProtocol
import StatusCodes

extension QueueItem {
    /// A stored message as people see it.
    package init(_ message: QueuedMessage, withHistory: Bool, waits: [Int32: DeliveryWait] = [:]) {
        let envelope = message.envelope
        let states = message.recipients.map(\.state)
        let isHeld = states.allSatisfy { if case .held = $0 { true } else { false } }
        let isActive = states.contains { if case .leased = $0 { true } else { false } }
        self.init(
            queue_name: isHeld ? "hold" : isActive ? "active" : "deferred",
            queue_id: message.id.description,
            arrival_time: message.arrival.seconds,
            message_size: message.byteCount,
            sender: envelope.text(envelope.reversePath),
            recipients: message.recipients.map {
                Recipient($0, envelope, withHistory: withHistory, waits: waits[$0.index])
            }
        )
    }
}

extension QueueItem.Recipient {
    init(_ recipient: QueuedRecipient, _ envelope: Envelope, withHistory: Bool, waits: DeliveryWait?) {
        let (state, next, hold): (String, Timestamp?, String?) =
            switch recipient.state {
            case .leased(let lease): ("leased", lease.until, nil)
            case .scheduled(let at): ("scheduled", at, nil)
            case .held(let hold): ("held", hold.reviewAt, "\(hold.reason) (by \(hold.by))")
            }
        let last = recipient.lastAttempt
        self.init(
            address: envelope.text(envelope.recipients[Int(recipient.index)].address),
            delay_reason: last.map { attempt in
                let reply = attempt.reply.split(separator: "\n").joined(separator: " / ")
                return attempt.remote.isEmpty ? reply : "host \(attempt.remote) said: \(reply)"
            },
            state: state,
            next: next.map { ISO8601.text($0) },
            hold: hold,
            attempts: recipient.attemptCount,
            status: last?.status.description,
            history: withHistory ? recipient.attempts.map(QueueItem.Attempt.init) : nil,
            waits_for: waits.map(QueueItem.Wait.init)
        )
    }
}

extension QueueItem.Attempt {
    init(_ attempt: AttemptRecord) {
        self.init(
            at: ISO8601.text(attempt.at),
            remote: attempt.remote,
            stage: attempt.stage,
            reply: attempt.reply,
            status: attempt.status.description,
            cause: attempt.cause,
            condition: attempt.condition,
            rule: attempt.rule,
            outcome_known: attempt.outcomeKnown
        )
    }
}

extension QueueItem.Wait {
    init(_ wait: DeliveryWait) {
        let (limit, trouble): (String, Alert.Kind?) =
            switch wait.reason {
            case .pause(let trouble): ("pause", trouble)
            case .rate: ("rate", nil)
            case .connections: ("connections", nil)
            }
        let destination =
            switch wait.destination {
            case .site(let site): site.description
            case .domain, .fixed: wait.destination.name
            }
        self.init(
            limit: limit,
            destination: destination,
            site_domains: wait.domains,
            until: wait.until.map { ISO8601.text($0) },
            trouble: trouble?.rawValue
        )
    }
}

extension QueueItem {
    /// What is still known of a message of which nothing is in the queue; nil when that is nothing.
    package init?(_ id: MessageID, _ past: MessagePast) {
        guard let ended = Ended.all(of: past, except: []) else { return nil }
        self.init(
            queue_name: "done",
            queue_id: id.description,
            arrival_time: nil,
            message_size: nil,
            sender: past.dispatches.first?.sender,
            recipients: [],
            ended: ended
        )
    }
}

extension QueueItem.Ended {
    /// The recipients of which a store knows what has become of them, in the order of the envelope, the message itself
    /// last; nil when there are none.
    static func all(of past: MessagePast, except open: Set<Int32>) -> [Self]? {
        let dispatched = Dictionary(past.dispatches.map { ($0.recipient.index, $0) }) { _, last in last }
        let events = Dictionary(grouping: past.events, by: \.recipient)
        let indices = Set(dispatched.keys).union(events.keys.compactMap(\.self)).subtracting(open)
        var ended = indices.sorted().map { Self(dispatched[$0], events[$0] ?? []) }
        if let whole = events[nil] { ended.append(Self(nil, whole)) }
        return ended.isEmpty ? nil : ended
    }

    private init(_ dispatch: Dispatch?, _ events: [QueueEvent]) {
        let items = events.map(EventItem.init)
        var timeline = items.map { item in
            QueueItem.Step(
                at: ISO8601.text(Timestamp(milliseconds: item.at)),
                event: item.name,
                by: item.by,
                reason: item.reason,
                attempt: item.attempt
            )
        }
        if let dispatch {
            timeline.insert(QueueItem.Step(at: ISO8601.text(dispatch.at), event: "recipient.relayed"), at: 0)
        }
        let last = timeline.last?.event.split(separator: ".").last.map(String.init) ?? ""
        self.init(
            address: dispatch?.address ?? items.lazy.compactMap(\.recipient).first,
            // The outcome that a late report has corrected is kept longer than the event that says so.
            state: dispatch.map { Self.state($0.outcome) } ?? last,
            timeline: timeline
        )
    }

    private static func state(_ outcome: Dispatch.Outcome) -> String {
        switch outcome {
        case .relayed: "relayed"
        case .bounced: "bounced"
        case .complained: "complained"
        }
    }
}

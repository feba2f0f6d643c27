internal import Delivery
internal import MailFormat
internal import Testing

/// Where a recipient may stand, with the way there.
private enum Standing: String, CaseIterable {
    case leased, scheduledAgain, heldInFlight, scheduledNew, heldNew, done, unknown

    /// Brings recipient 0 of message 1, which has another recipient, there; fence 2 is the lease's where there was one.
    func prepare(_ store: any QueueStore) throws {
        let lease = RecipientState.leased(Samples.lease(fence: 2))
        switch self {
        case .unknown: return
        case .scheduledNew:
            _ = try store.write(.submitting(Samples.submission(1, recipients: 2, state: Samples.due(60))))
        case .heldNew: _ = try store.write(.submitting(Samples.submission(1, recipients: 2, state: Samples.hold())))
        case .leased, .scheduledAgain, .heldInFlight, .done:
            _ = try store.write(.submitting(Samples.submission(1, recipients: 2, state: lease)))
        }
        switch self {
        case .scheduledAgain: _ = try store.write(.moving(.to(Samples.due(60), 1, fence: 2)))
        case .heldInFlight: _ = try store.write(.moving(.to(Samples.hold(), 1, fence: nil)))
        case .done: _ = try store.write(.moving(.done(1, fence: 2)))
        case .leased, .scheduledNew, .heldNew, .unknown: break
        }
    }

    var state: RecipientState? {
        switch self {
        case .leased: .leased(Samples.lease(fence: 2))
        case .scheduledAgain, .scheduledNew: Samples.due(60)
        case .heldInFlight, .heldNew: Samples.hold()
        case .done, .unknown: nil
        }
    }

    /// The fence under which it was leased last.
    var fence: Int64? {
        switch self {
        case .leased, .scheduledAgain, .heldInFlight: 2
        case .scheduledNew, .heldNew, .done, .unknown: nil
        }
    }
}

/// What may be asked of a recipient, by whom.
private enum Request: String, CaseIterable {
    case done, schedule, hold, lease

    var next: RecipientTransition.Next {
        switch self {
        case .done: .done
        case .schedule: .state(Samples.due(120))
        case .hold: .state(Samples.hold("second"))
        case .lease: .state(.leased(Samples.lease(fence: 9, seconds: 900)))
        }
    }
}

/// What comes of it.
private enum Effect {
    case ignored, ends, enters, keepsItsHold
}

extension StoreContract {
    /// Under fence 1 (older), 2 (the lease's), 3 (newer), or as the operator.
    private static func effect(_ standing: Standing, _ request: Request, fence: Int64?) -> Effect {
        if standing == .done || standing == .unknown { return .ignored }
        if let fence {
            guard fence == standing.fence else { return .ignored }
            if request == .done { return .ends }
            return standing == .heldInFlight ? .keepsItsHold : .enters
        }
        switch request {
        case .done: return .ends
        case .hold: return .enters
        case .schedule, .lease: return standing == .leased ? .ignored : .enters
        }
    }

    private static func proveCell(
        _ fixture: any StoreFixture,
        _ standing: Standing,
        _ request: Request,
        _ fence: Int64?
    ) throws {
        let store = fixture.store
        try standing.prepare(store)
        let transition = RecipientTransition(
            recipient: Samples.recipient(1),
            fence: fence,
            next: request.next,
            attempt: Samples.deferral(1)
        )
        let result = try store.write(.moving(transition))
        let effect = effect(standing, request, fence: fence)
        #expect(result.ignored == (effect == .ignored ? [0] : []))
        #expect(result.completed.isEmpty, "the other recipient is open")
        switch (effect, request.next) {
        case (.ignored, _), (.keepsItsHold, _): try expectState(store, transition.recipient, standing.state)
        case (.ends, _), (.enters, .done): try expectState(store, transition.recipient, nil)
        case (.enters, .state(let state)): try expectState(store, transition.recipient, state)
        }
        let recipient = try store.message(Samples.id(1))?.recipients.first { $0.index == 0 }
        let isRecorded = effect == .enters || effect == .keepsItsHold
        #expect(recipient?.attemptCount ?? 0 == (isRecorded ? 1 : 0))
        #expect(recipient?.lastAttempt == (isRecorded ? Samples.deferral(1) : nil))
        if standing != .unknown { try expectState(store, Samples.recipient(1, 1), untouched(standing)) }
    }

    private static func untouched(_ standing: Standing) -> RecipientState? {
        switch standing {
        case .leased, .scheduledAgain, .heldInFlight, .done: .leased(Samples.lease(fence: 2))
        case .scheduledNew: Samples.due(60)
        case .heldNew: Samples.hold()
        case .unknown: nil
        }
    }

    /// Every state × every request × every fence: one rule for each, so that a failure names its cell.
    private static let cells: [StoreRule] = Standing.allCases.flatMap { standing in
        Request.allCases.flatMap { request in
            [nil, 1, 2, 3].map { (fence: Int64?) in
                let who = fence.map { "fence \($0)" } ?? "the operator"
                let name =
                    "\(standing.rawValue) × \(request.rawValue) by \(who): \(effect(standing, request, fence: fence))"
                return StoreRule(name) { try proveCell($0, standing, request, fence) }
            }
        }
    }

    static let transitionRules: [StoreRule] =
        cells + [
            StoreRule("a message ends with its last recipient, and its content with it") { fixture in
                _ = try fixture.store.write(.submitting(Samples.submission(1, recipients: 3)))
                #expect(try fixture.store.write(.moving(.done(1, 1))).completed.isEmpty)
                #expect(try fixture.store.write(.moving(.done(1, 0))).completed.isEmpty)
                try expectContent(fixture.store, Samples.id(1), Samples.content(1))
                #expect(try fixture.store.message(Samples.id(1))?.recipients.map(\.index) == [2])
                #expect(try fixture.store.write(.moving(.done(1, 2))).completed == [Samples.id(1)])
                try expectContent(fixture.store, Samples.id(1), nil)
            },
            StoreRule("a second outcome for a recipient in one batch is ignored") { fixture in
                _ = try fixture.store.write(.submitting(Samples.submission(1), Samples.submission(2)))
                let result = try fixture.store.write(.moving(.done(1), .done(1), .done(2)))
                #expect(result.ignored == [1])
                #expect(result.completed == [Samples.id(1), Samples.id(2)])
            },
            StoreRule("a recipient outside the envelope is unknown") { fixture in
                _ = try fixture.store.write(.submitting(Samples.submission(1)))
                #expect(try fixture.store.write(.moving(.done(1, 1), .done(1, -1))).ignored == [0, 1])
                try expectState(fixture.store, Samples.recipient(1), .leased(Samples.lease()))
            },
            StoreRule("a held recipient that is delivered in flight is done") { fixture in
                _ = try fixture.store.write(.submitting(Samples.submission(1)))
                _ = try fixture.store.write(.moving(.to(Samples.hold(), 1, fence: nil)))
                #expect(try fixture.store.write(.moving(.done(1))).completed == [Samples.id(1)])
            },
            StoreRule("a deletion ends a message in any state, and is an event") { fixture in
                for (number, state) in [.leased(Samples.lease()), Samples.due(5), Samples.hold()].enumerated() {
                    _ = try fixture.store.write(.submitting(Samples.submission(number, recipients: 2, state: state)))
                }
                let ids = (0..<3).map(Samples.id)
                let result = try fixture.store.write(.deleting(ids[0], ids[1], Samples.id(7), ids[2]))
                #expect(result.completed == ids)
                #expect(result.ignoredDeletions == [2])
                for id in ids { try expectContent(fixture.store, id, nil) }
                #expect(try fixture.store.nextDue() == nil)
                let events = try fixture.store.events(after: 0, limit: 10)
                #expect(events.map(\.kind) == Array(repeating: .messageDeleted, count: 3))
                #expect(events.map(\.message) == ids)
                #expect(events.allSatisfy { $0.subject == "root" && $0.at == Samples.start && $0.recipient == nil })
                #expect(events.map(\.reason) == ["spam", "spam", "spam"])
            },
        ]
}

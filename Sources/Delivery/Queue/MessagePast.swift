/// What a store still knows of recipients of a message that it does not attempt any more.
public struct MessagePast: Hashable, Sendable {
    /// Those that left with a return-path of ours, by their places.
    public var dispatches: [Dispatch]
    /// What ended badly or by hand, and what late reports have told since, in the order in which it came.
    public var events: [QueueEvent]

    /// Makes a past.
    public init(dispatches: [Dispatch] = [], events: [QueueEvent] = []) {
        self.dispatches = dispatches
        self.events = events
    }

    /// Whether nothing is known.
    public var isEmpty: Bool { dispatches.isEmpty && events.isEmpty }
}

package import Delivery

/// What an operator asks of the queue thread: the same verb for some recipients, and who is told how many it touched.
package struct OperatorRequest: Sendable {
    /// What to do.
    package enum Verb: Sendable {
        /// Something with recipients.
        case command(QueueCommand)
        /// Remove whole messages without report; audited under a name and with a reason.
        case delete(by: String, reason: String)
        /// Change the suppression list; there are no targets.
        case suppress([SuppressionChange], by: String)
    }

    /// What to do.
    package var verb: Verb
    /// The messages with those of their recipients that it is about.
    package var targets: [QueuedMessage]
    /// Called once: on the queue thread after the commit, with how many recipients or messages were touched; else with
    /// why that cannot be, on whatever thread finds it out.
    package var answer: @Sendable (Result<Int, CommandRefusal>) -> Void

    /// Makes a request.
    package init(
        _ verb: Verb,
        _ targets: [QueuedMessage],
        answer: @escaping @Sendable (Result<Int, CommandRefusal>) -> Void
    ) {
        self.verb = verb
        self.targets = targets
        self.answer = answer
    }
}

/// Why an operator's command was not carried out.
package struct CommandRefusal: Error, Hashable, Sendable {
    /// A sentence for the operator.
    package var reason: String
    /// Makes a refusal.
    package init(_ reason: String) { self.reason = reason }

    /// The queue thread has ended before it was asked.
    static let serviceEnds = CommandRefusal("the service is about to end; ask again when it runs")
    /// The store failed under the transaction of which the command was a part.
    static let storeFailed = CommandRefusal(
        "the store failed and the service ends; whether this was done can be seen when it runs again"
    )
}

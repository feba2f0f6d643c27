package import Delivery

/// What a person asks the queue thread about a message: what its recipients wait for.
package struct WaitQuestion: Sendable {
    /// The message as the store shows it.
    package var message: QueuedMessage
    /// Called once: on the queue thread, by the places of the recipients; with nothing, on whatever thread finds it out,
    /// when that has ended.
    package var answer: @Sendable ([Int32: DeliveryWait]) -> Void

    /// Makes a question.
    package init(_ message: QueuedMessage, answer: @escaping @Sendable ([Int32: DeliveryWait]) -> Void) {
        self.message = message
        self.answer = answer
    }
}

package import Delivery

/// What `queue why` tells of the messages that somebody names: also of those that are done.
package struct QueueStory {
    private let selection: QueueSelection

    /// Reads whose story is wanted.
    package init(_ selector: ControlRequest.Selector?) throws(QueueSelection.Unreadable) {
        self.selection = try QueueSelection(selector)
    }

    /// Hands over each message of which anything is known.
    ///
    /// - Parameters:
    ///   - reader: Where the queue lies.
    ///   - waits: What keeps the recipients of a message from being tried; nobody knows while no service runs.
    ///   - body: Who is told.
    /// - Throws: What the reader or the body throws.
    package func forEach(
        in reader: any QueueReader,
        waits: (QueuedMessage) async -> [Int32: DeliveryWait] = { _ in [:] },
        _ body: (QueueItem) async throws -> Void
    ) async throws {
        var open: Set<MessageID> = []
        try await selection.forEach(in: reader) { message in
            open.insert(message.id)
            var item = QueueItem(message, withHistory: true, waits: await waits(message))
            let past = try reader.past(of: message.id)
            item.ended = QueueItem.Ended.all(of: past, except: Set(message.recipients.map(\.index)))
            try await body(item)
        }
        for id in selection.named where !open.contains(id) {
            if let item = QueueItem(id, try reader.past(of: id)) { try await body(item) }
        }
    }
}

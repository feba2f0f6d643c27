package import Delivery
import MailFormat
import SMTPProtocol
import StatusCodes

/// Which messages and recipients a selector means.
package struct QueueSelection {
    private let selector: ControlRequest.Selector
    private let ids: [MessageID]?

    /// The messages that are named; none where others are chosen by what they are.
    var named: [MessageID] { ids ?? [] }

    /// A selector that cannot be read.
    package struct Unreadable: Error {
        /// What is wrong with it.
        package let sentence: String
    }

    /// Reads a selector; nil means everything.
    package init(_ selector: ControlRequest.Selector?) throws(Unreadable) {
        self.selector = selector ?? ControlRequest.Selector(all: true)
        guard let texts = self.selector.ids else {
            self.ids = nil
            return
        }
        var ids: [MessageID] = []
        for text in texts {
            guard let id = MessageID(text) else {
                throw Unreadable(
                    sentence: "\(text) is no queue id; ids have 13 letters and digits, see: martlet queue list"
                )
            }
            ids.append(id)
        }
        self.ids = ids
    }

    /// The messages with the matching ones of their open recipients, page by page, so that no reader holds the store
    /// for long.
    package func forEach(in reader: any QueueReader, _ body: (QueuedMessage) async throws -> Void) async throws {
        if let ids {
            for id in ids {
                if let message = try reader.message(id), let matching = matching(message) { try await body(matching) }
            }
            return
        }
        var after: MessageID?
        while true {
            let page = try reader.page(after: after, limit: Self.pageSize)
            for message in page { if let matching = matching(message) { try await body(matching) } }
            guard let last = page.last, page.count == Self.pageSize else { return }
            after = last.id
        }
    }

    private static let pageSize = 200

    private func matching(_ message: QueuedMessage) -> QueuedMessage? {
        if let sender = selector.sender {
            let wanted = sender == "<>" ? "" : sender.lowercased()
            guard message.envelope.text(message.envelope.reversePath).lowercased() == wanted else { return nil }
        }
        var message = message
        message.recipients = message.recipients.filter { matches($0, message.envelope) }
        return message.recipients.isEmpty ? nil : message
    }

    private func matches(_ recipient: QueuedRecipient, _ envelope: Envelope) -> Bool {
        let entry = envelope.recipients[Int(recipient.index)]
        if let wanted = selector.recipient, envelope.text(entry.address).lowercased() != wanted.lowercased() {
            return false
        }
        if let wanted = selector.destination, envelope.text(entry.domain).lowercased() != wanted.lowercased() {
            return false
        }
        if let wanted = selector.status {
            guard let status = recipient.lastAttempt?.status else { return false }
            return Self.matches(status.description, pattern: wanted)
        }
        return true
    }

    /// `4.7.1` exactly, `4.7.*`, `4.*`.
    private static func matches(_ status: String, pattern: String) -> Bool {
        guard pattern.hasSuffix("*") else { return status == pattern }
        return status.hasPrefix(pattern.dropLast())
    }
}

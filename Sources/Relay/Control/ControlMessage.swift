package import Foundation
package import MailFormat

/// What the command line asks of the running service: one JSON object a line over the control socket.
package struct ControlRequest: Codable, Sendable {
    /// What to do.
    package enum Verb: String, Codable, Sendable {
        /// List the queue, a page at a time.
        case queueList = "queue.list"
        /// One message with everything known about it.
        case queueShow = "queue.show"
        /// The same with what it waits for, and what has become of recipients that are done.
        case queueWhy = "queue.why"
        /// Attempt the selected recipients now.
        case queueRetry = "queue.retry"
        /// Stop the selected recipients.
        case queueHold = "queue.hold"
        /// Let held recipients go on.
        case queueRelease = "queue.release"
        /// Give up on the selected recipients and report it.
        case queueFail = "queue.fail"
        /// Remove the selected messages without report; audited.
        case queueDelete = "queue.delete"
        /// Prove the queue's invariants.
        case queueCheck = "queue.check"
        /// What the store keeps of what happened, from a number on.
        case events
        /// Who is suppressed.
        case suppressionList = "suppression.list"
        /// What is known against some addresses.
        case suppressionShow = "suppression.show"
        /// What would become of mail for some addresses.
        case suppressionPreview = "suppression.preview"
        /// Suppress addresses.
        case suppressionAdd = "suppression.add"
        /// Lift suppressions, with their evidence.
        case suppressionRemove = "suppression.remove"
        /// Take over lines of another list.
        case suppressionImport = "suppression.import"
        /// Take back evidence by rule and time.
        case suppressionUndo = "suppression.undo"
        /// Take a message over, for `sendmail`.
        case submit
        /// Reload configuration and certificates.
        case reload
        /// What runs here.
        case status
    }

    /// What to do.
    package var verb: Verb
    /// Which recipients or messages.
    package var selector: Selector?
    /// Why, for hold, fail and delete.
    package var reason: String?
    /// Who wants it, where that is not the user who asks.
    package var by: String?
    /// A message to take over.
    package var message: Message?
    /// Only events with a number above this.
    package var after: Int64?
    /// Only events since this instant, in milliseconds since 1970.
    package var since: Int64?
    /// What is asked about the suppression list.
    package var suppression: SuppressionRequest?

    /// Makes a request.
    package init(
        _ verb: Verb,
        selector: Selector? = nil,
        reason: String? = nil,
        by: String? = nil,
        message: Message? = nil
    ) {
        self.verb = verb
        self.selector = selector
        self.reason = reason
        self.by = by
        self.message = message
    }

    /// The longest reason in octets: it is kept with the event, and is no place for a report.
    package static let reasonLimit = 1000
    /// The longest name in octets of who wants it.
    package static let nameLimit = 128

    /// A sentence for the asker when something in it is longer than is kept; nil when all is well.
    package var excess: String? {
        if let reason, reason.utf8.count > Self.reasonLimit {
            return "the reason is longer than \(Self.reasonLimit) bytes; say it in fewer words"
        }
        if let by, by.utf8.count > Self.nameLimit {
            return "the name of who wants it is longer than \(Self.nameLimit) bytes"
        }
        return nil
    }

    /// Who wants it, for the record: the name given, and always the user who asked.
    package func author(_ peer: ControlPeer) -> String {
        let user = peer.name
        guard let by, !by.isEmpty, by != user else { return user ?? "operator" }
        return user.map { "\(by) (as \($0))" } ?? by
    }

    /// Asks for events.
    package static func events(after: Int64, since: Timestamp?) -> Self {
        var request = Self(.events)
        request.after = after
        request.since = since?.milliseconds
        return request
    }

    /// Asks about the suppression list, or changes it.
    package static func suppression(_ verb: Verb, _ question: SuppressionRequest, reason: String? = nil) -> Self {
        var request = Self(verb, reason: reason)
        request.suppression = question
        return request
    }

    /// Which recipients: everything given must hold.
    package struct Selector: Codable, Sendable {
        /// Queue ids.
        package var ids: [String]?
        /// A recipient's address.
        package var recipient: String?
        /// The reverse-path.
        package var sender: String?
        /// The recipient's domain.
        package var destination: String?
        /// The last status, `4.7.1` or `4.7.*`.
        package var status: String?
        /// Everything.
        package var all: Bool?

        /// Makes a selector.
        package init(
            ids: [String]? = nil,
            recipient: String? = nil,
            sender: String? = nil,
            destination: String? = nil,
            status: String? = nil,
            all: Bool? = nil
        ) {
            self.ids = ids
            self.recipient = recipient
            self.sender = sender
            self.destination = destination
            self.status = status
            self.all = all
        }
    }

    /// A message handed over by a local program.
    package struct Message: Codable, Sendable {
        /// The reverse-path without angle brackets; empty for the null reverse-path.
        package var sender: String
        /// The recipients.
        package var recipients: [String]
        /// The whole message, CRLF line ends.
        package var content: Data
        /// NOTIFY= for all recipients, as in RFC 3461.
        package var notify: String?
        /// RET=.
        package var returned: String?
        /// ENVID=.
        package var envelopeID: String?
        /// Makes handing it over safe to repeat, within a day: a second message with the same key is the first one.
        package var key: String?
        /// SMTPUTF8 is needed for more than the addresses.
        package var needsUTF8: Bool?
        /// What was said of single recipients.
        package var details: [Detail]?

        /// What was said of one recipient.
        package struct Detail: Codable, Hashable, Sendable {
            /// Its place among the recipients.
            package var index: Int
            /// NOTIFY= for this one.
            package var notify: String?
            /// ORCPT=, `type;address`, decoded.
            package var originalRecipient: String?

            /// Makes a detail.
            package init(index: Int, notify: String?, originalRecipient: String?) {
                self.index = index
                self.notify = notify
                self.originalRecipient = originalRecipient
            }
        }

        /// Makes a message.
        package init(
            sender: String,
            recipients: [String],
            content: Data,
            notify: String? = nil,
            returned: String? = nil,
            envelopeID: String? = nil
        ) {
            self.sender = sender
            self.recipients = recipients
            self.content = content
            self.notify = notify
            self.returned = returned
            self.envelopeID = envelopeID
        }
    }
}

/// One line of the service's answer: any number of items, then one end or one error.
package enum ControlAnswer: Codable, Sendable {
    /// A message of the queue.
    case message(QueueItem)
    /// Something that happened.
    case event(EventItem)
    /// What is known against an address.
    case suppression(SuppressionItem)
    /// The number of the last event that was looked at, where the next question goes on.
    case position(Int64)
    /// A sentence, for `check` and `status`.
    case line(String)
    /// All said; how many recipients or messages were touched.
    case end(count: Int)
    /// It could not be done: a sentence that says why and what to do, and the exit status (sysexits).
    case failure(String, exit: Int32)
}

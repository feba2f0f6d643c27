package import Delivery
import DeliveryReports
package import MailFormat
import SMTPProtocol
import StatusCodes

/// Writes the reports that the planner says are due, one message per reported message and batch, ready to be stored in
/// the same transaction as what they report.
///
/// Lives on the queue thread. A report is a submission with the null reverse-path (RFC 3461 §6.1); about those no report
/// is written.
package struct ReportComposer {
    /// What reports need to know of this relay.
    package struct Settings: Sendable {
        /// Our host name, the Reporting-MTA.
        package var hostname: String
        /// The From address of reports.
        package var sender: String
        /// The address for people, and for reports that cannot be delivered.
        package var postmaster: String
        /// The language of reports, a tag of those built in (`ReportText.languages`).
        package var language = "en"
        /// So many reports in an hour are more than a sender reads.
        package static let usualShare = 100
        /// At most this many reports to one sender in an hour; the rest are only logged.
        ///
        /// A sender forged by a spammer must not be flooded by us.
        package var perSenderAndHour = usualShare
        /// Copies of undeliverable reports for the postmaster in an hour.
        package var doubleBouncesPerHour = 20

        /// The settings of a host.
        package init(hostname: String) {
            self.hostname = hostname
            self.sender = "mailer-daemon@\(hostname)"
            self.postmaster = "postmaster@\(hostname)"
        }
    }

    private var settings: Settings
    private let reader: any QueueReader
    private let identifiers: MessageIDSource
    private let clock: RelayClock
    private let log: EventLog
    private var catalogue: Catalogue
    private var writer: ReportWriter
    private let allowance: ReportAllowance
    private let doubleBounces: ReportAllowance

    /// Makes a composer; `allowance` is also asked by those who prepare what it may pass on.
    package init(
        settings: Settings,
        reader: any QueueReader,
        identifiers: MessageIDSource,
        clock: RelayClock,
        log: EventLog,
        allowance: ReportAllowance = ReportAllowance()
    ) {
        self.settings = settings
        self.reader = reader
        self.identifiers = identifiers
        self.clock = clock
        self.log = log
        self.catalogue = Catalogue.best(for: [settings.language])
        self.writer = ReportWriter(words: ReportText(language: settings.language) ?? .english)
        self.allowance = allowance
        self.doubleBounces = ReportAllowance()
    }

    /// Goes on under other settings; what was counted of this hour stays counted.
    package mutating func follow(_ settings: Settings) {
        self.settings = settings
        catalogue = Catalogue.best(for: [settings.language])
        writer = ReportWriter(words: ReportText(language: settings.language) ?? .english)
    }

    /// The reports due for a batch's conclusions.
    package mutating func compose(_ conclusions: [Conclusion], now: Timestamp) -> [Submission] {
        var order: [MessageID] = []
        var groups: [MessageID: [Conclusion]] = [:]
        for conclusion in conclusions where conclusion.report != nil {
            if groups[conclusion.message.id] == nil { order.append(conclusion.message.id) }
            groups[conclusion.message.id, default: []].append(conclusion)
        }
        return order.compactMap { id in groups[id].flatMap { report(about: $0, now: now) } }
    }

    /// A late report for who sent the message that it is about, as it came; within the share of its addressee.
    mutating func copy(_ late: LateReport, now: Timestamp) -> Submission? {
        guard late.copy != nil || late.isWithheld else { return nil }
        let sender = late.dispatch.sender
        guard let copy = late.copy, allowance.take(sender, of: settings.perSenderAndHour, now: now) else {
            log.note(
                "report.suppressed",
                at: clock.wall,
                "a late report was not passed on: the limit for its addressee is reached",
                [("queue_id", late.dispatch.recipient.message.description), ("addressee", sender)]
            )
            return nil
        }
        return submission(
            copy.content,
            copy.body,
            smtpUTF8: copy.smtpUTF8,
            to: sender,
            id: identifiers.next(at: now),
            now: now
        )
    }

    private mutating func report(about conclusions: [Conclusion], now: Timestamp) -> Submission? {
        guard let message = conclusions.first?.message, let due = conclusions.first?.report else { return nil }
        let envelope = message.envelope
        let recipient: String
        let isAllowed: Bool
        switch due.audience {
        case .sender:
            recipient = envelope.text(envelope.reversePath)
            isAllowed = allowance.take(recipient, of: settings.perSenderAndHour, now: now)
        case .postmaster:
            recipient = settings.postmaster
            guard !conclusions.allSatisfy({ isForPostmaster(envelope.recipients[Int($0.index)], envelope) }) else {
                suppress(message, recipient, "no report was written: postmaster himself cannot be reached")
                return nil
            }
            isAllowed = doubleBounces.take(recipient, of: settings.doubleBouncesPerHour, now: now)
        }
        guard !recipient.isEmpty, isAllowed else {
            suppress(message, recipient, "no report was written: the limit for its addressee is reached")
            return nil
        }
        let id = identifiers.next(at: now)
        let content = try? reader.content(of: message.id)
        let written = write(conclusions, message, to: recipient, id: id, original: content)
        let bytes = ResidentContent(written.bytes)
        return submission(bytes, written.body, smtpUTF8: written.smtpUTF8, to: recipient, id: id, now: now)
    }

    /// Whether a recipient is our postmaster, also one that stands for him: a report about a report about a report would
    /// tell nobody anything (`docs/design/rulings.md` §5).
    private func isForPostmaster(_ recipient: Envelope.Recipient, _ envelope: Envelope) -> Bool {
        let postmaster = settings.postmaster.lowercased()
        return envelope.text(recipient.address).lowercased() == postmaster
            || envelope.text(recipient.originalRecipient).lowercased().hasSuffix(";\(postmaster)")
    }

    private func suppress(_ message: DeliveryMessage, _ addressee: String, _ sentence: String) {
        log.note(
            "report.suppressed",
            at: clock.wall,
            sentence,
            [("queue_id", message.id.description), ("addressee", addressee)]
        )
    }

    private func write(
        _ conclusions: [Conclusion],
        _ message: DeliveryMessage,
        to recipient: String,
        id: MessageID,
        original: (any MessageContent)?
    ) -> WrittenReport {
        let envelope = message.envelope
        let request = ReportRequest(
            reporter: Reporter(hostname: settings.hostname, address: settings.sender, postmaster: settings.postmaster),
            original: ReportedMessage(
                reversePath: recipient,
                envelopeID: envelope.envelopeID.isEmpty ? nil : envelope.text(envelope.envelopeID),
                returned: envelope.returned,
                smtpUTF8: envelope.smtpUTF8,
                arrival: message.arrival,
                queueID: message.id.description
            ),
            recipients: conclusions.compactMap { entry($0, envelope) },
            messageID: "\(id).\(UInt64.random(in: .min ... .max))@\(settings.hostname)",
            now: clock.wall,
            audience: conclusions.first?.report?.audience == .postmaster ? .postmaster : .sender
        )
        let byteCount = original?.byteCount ?? 0
        let start = original.map { head(of: $0, writer.neededBytes(request, byteCount: byteCount), message.id) } ?? []
        return writer.write(request, content: start.span, byteCount: byteCount)
    }

    /// The first bytes of a message; fewer where it cannot be read.
    private func head(of content: any MessageContent, _ wanted: Int, _ id: MessageID) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(wanted)
        while bytes.count < wanted {
            let before = bytes.count
            do throws(ContentError) {
                try content.withBytes(in: bytes.count..<wanted) { part in
                    for index in part.indices { bytes.append(part[index]) }
                }
            } catch {
                log.note(
                    "report.incomplete",
                    at: clock.wall,
                    "the original cannot be read to its end and is not returned whole: \(error)",
                    [("queue_id", id.description)]
                )
                return bytes
            }
            if bytes.count == before { return bytes }
        }
        return bytes
    }

    private func entry(_ conclusion: Conclusion, _ envelope: Envelope) -> ReportRecipient? {
        guard let due = conclusion.report else { return nil }
        let recipient = envelope.recipients[Int(conclusion.index)]
        let attempt = due.attempt
        let isReply = attempt.map { Self.isReply($0.reply) } ?? false
        return ReportRecipient(
            finalRecipient: envelope.text(recipient.address),
            originalRecipient: recipient.originalRecipient.isEmpty ? nil : envelope.text(recipient.originalRecipient),
            action: Self.action(due.action),
            status: due.status,
            remoteMTA: attempt.flatMap { Self.hostName($0.remote) },
            diagnostic: attempt.flatMap { attempt in
                attempt.reply.isEmpty
                    ? nil
                    : isReply ? Diagnostic(reply: attempt.reply) : Diagnostic(type: "x-martlet", lines: [attempt.reply])
            },
            lastAttempt: attempt?.at,
            willRetryUntil: due.retryUntil,
            attempts: attempt == nil ? conclusion.attempts : max(1, conclusion.attempts),
            explanation: explanation(attempt, due),
            outcomeKnown: attempt?.outcomeKnown ?? true
        )
    }

    private static func action(_ action: ReportDue.Action) -> ReportAction {
        switch action {
        case .failed: .failed
        case .delayed: .delayed
        case .delivered: .delivered
        case .relayed: .relayed
        case .expanded: .expanded
        }
    }

    /// Whether a record quotes a peer: what we say ourselves never begins with three digits.
    private static func isReply(_ text: String) -> Bool {
        let digits = text.utf8.prefix(4)
        return digits.count >= 3 && digits.prefix(3).allSatisfy { (0x30...0x39).contains($0) }
    }

    /// `mx.example.net` of `mx.example.net[192.0.2.1]:25`.
    private static func hostName(_ remote: String) -> String? {
        let name = remote.prefix { $0 != "[" }
        return name.isEmpty || name == "local" ? nil : String(name)
    }

    private func explanation(_ attempt: AttemptRecord?, _ due: ReportDue) -> ReportExplanation {
        guard let attempt, let cause = Cause(name: attempt.cause) else { return ReportExplanation() }
        let entry = catalogue.entry(of: cause)
        return ReportExplanation(
            title: entry.title,
            text: entry.what,
            turn: catalogue.turn(of: cause.fault),
            remedy: catalogue.senderSteps(for: cause)
        )
    }

    private func submission(
        _ content: any MessageContent,
        _ body: BodyType,
        smtpUTF8: Bool,
        to recipient: String,
        id: MessageID,
        now: Timestamp
    ) -> Submission {
        let arena = Array(recipient.utf8)
        let domain = recipient.utf8.lastIndex(of: UInt8(ascii: "@")).map {
            recipient.utf8.distance(from: recipient.utf8.startIndex, to: $0) + 1
        }
        let envelope = Envelope(
            arena: arena,
            reversePath: .empty,
            recipients: [
                Envelope.Recipient(
                    address: ByteRange(0, arena.count),
                    domain: ByteRange(domain ?? arena.count, arena.count),
                    notify: .never
                )
            ],
            body: body,
            smtpUTF8: smtpUTF8
        )
        return Submission(
            id: id,
            arrival: now,
            envelope: envelope,
            content: content,
            state: .scheduled(now),
            origin: Origin(kind: .report)
        )
    }
}

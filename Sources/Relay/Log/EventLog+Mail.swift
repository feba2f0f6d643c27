import Delivery
import MailFormat
import NIOCore
import SMTPProtocol
import SMTPTransport
import StatusCodes

/// The `delays=a/b/c/d` of a log line: before the queue, in it, connecting, transmitting; seconds.
struct Delays {
    let total: Duration
    let queued: TimeAmount
    let connect: TimeAmount
    let transmit: TimeAmount

    init(before arrival: Timestamp, now: Timestamp, queued: TimeAmount, connect: TimeAmount, transmit: TimeAmount) {
        self.total = arrival.duration(to: now)
        self.queued = queued
        self.connect = connect
        self.transmit = transmit
    }

    var totalMilliseconds: Int64 { Self.milliseconds(total) }

    /// The whole delay alone, where its parts are not known: readers of Postfix's logs skip a line without it.
    static func append(total: Duration, to bytes: inout [UInt8]) {
        bytes.append(static: ", delay=")
        append(milliseconds: milliseconds(total), to: &bytes)
    }

    private static func milliseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        return max(0, seconds * 1000 + attoseconds / 1_000_000_000_000_000)
    }

    func append(to bytes: inout [UInt8]) {
        Self.append(total: total, to: &bytes)
        let parts = [queued, connect, transmit].map { $0.nanoseconds / 1_000_000 }
        bytes.append(static: ", delays=")
        Self.append(milliseconds: max(0, totalMilliseconds - parts.reduce(0, +)), to: &bytes)
        for part in parts {
            bytes.append(UInt8(ascii: "/"))
            Self.append(milliseconds: part, to: &bytes)
        }
    }

    /// `0.25`, two places as Postfix prints them.
    private static func append(milliseconds: Int64, to bytes: inout [UInt8]) {
        LogLine.append(decimal: milliseconds / 1000, to: &bytes)
        let hundredths = milliseconds % 1000 / 10
        guard hundredths > 0 else { return }
        bytes.append(UInt8(ascii: "."))
        bytes.append(UInt8(ascii: "0") + UInt8(hundredths / 10))
        if hundredths % 10 > 0 { bytes.append(UInt8(ascii: "0") + UInt8(hundredths % 10)) }
    }
}

extension EventLog {
    /// A message was taken over.
    func accepted(_ submission: Submission, helo: String, at time: Timestamp) {
        let envelope = submission.envelope
        write("message.accepted", at: time, service: "smtpd") { line in
            line.field("message", submission.id.description)
            line.field("from", bytes: envelope.arena[envelope.reversePath.offsets])
            line.field("recipients", envelope.recipients.count)
            line.field("size", submission.content.byteCount)
            line.field("client", submission.origin.clientAddress)
            if !helo.isEmpty { line.field("helo", helo) }
            if !submission.origin.account.isEmpty { line.field("account", submission.origin.account) }
        } text: { bytes in
            bytes.append(contentsOf: submission.id.description.utf8)
            bytes.append(static: ": client=")
            bytes.append(contentsOf: submission.origin.clientAddress.utf8)
            bytes.append(static: ", from=<")
            bytes.append(contentsOf: envelope.arena[envelope.reversePath.offsets])
            bytes.append(static: ">, size=")
            LogLine.append(decimal: Int64(submission.content.byteCount), to: &bytes)
            bytes.append(static: ", nrcpt=")
            LogLine.append(decimal: Int64(envelope.recipients.count), to: &bytes)
        }
    }

    /// Another system has it.
    func relayed(
        _ message: DeliveryMessage,
        _ index: Int32,
        at time: Timestamp,
        remote: String,
        reply: PeerReply,
        tls: Bool,
        conversion: ConvertedContent?,
        delays: Delays
    ) {
        let recipient = message.envelope.recipients[Int(index)].address
        write("recipient.relayed", at: time, service: "smtp") { line in
            line.field("message", message.id.description)
            line.field("to", bytes: message.envelope.arena[recipient.offsets])
            line.field("remote", remote)
            line.field("reply", reply.code?.rawValue ?? 0)
            line.field("text", reply.text)
            line.field("tls", tls)
            if let conversion, conversion.isChanged {
                line.field("converted", "7bit")
                if conversion.breaksDKIM { line.field("breaks_dkim", true) }
            }
            line.field("delay_ms", delays.totalMilliseconds)
        } text: { bytes in
            Self.start(message, recipient, &bytes)
            bytes.append(static: ", relay=")
            bytes.append(contentsOf: remote.utf8)
            delays.append(to: &bytes)
            if conversion?.isChanged == true { bytes.append(static: ", converted=7bit") }
            bytes.append(static: ", dsn=2.0.0, status=sent (")
            bytes.append(contentsOf: reply.description.utf8)
            bytes.append(static: ")")
        }
    }

    /// It lies in its mailbox.
    func delivered(_ message: DeliveryMessage, _ index: Int32, at time: Timestamp, path: String) {
        let recipient = message.envelope.recipients[Int(index)].address
        write("recipient.delivered", at: time, service: "local") { line in
            line.field("message", message.id.description)
            line.field("to", bytes: message.envelope.arena[recipient.offsets])
            line.field("mailbox", path)
        } text: { bytes in
            Self.start(message, recipient, &bytes)
            bytes.append(static: ", relay=local")
            Delays.append(total: message.arrival.duration(to: time), to: &bytes)
            bytes.append(static: ", dsn=2.0.0, status=sent (delivered to maildir)")
        }
    }

    /// A recipient's fate that is not success.
    func concluded(_ conclusion: Conclusion, _ attempt: AttemptRecord?, at time: Timestamp) {
        let (event, word): (StaticString, StaticString)
        let status: EnhancedStatusCode?
        var until: Timestamp?
        switch conclusion.fate {
        case .relayed, .delivered, .regrouped, .returned: return
        case .deferred(let next):
            (event, word, status) = ("recipient.deferred", "deferred", attempt?.status)
            until = next
        case .held: (event, word, status) = ("recipient.held", "deferred", attempt?.status)
        case .expanded: (event, word, status) = ("recipient.expanded", "expanded", Condition.expandedDsn.status)
        case .failed(let code) where attempt?.condition == Condition.recipientSuppressed.id:
            (event, word, status) = ("recipient.suppressed", "bounced", code)
        case .failed(let code): (event, word, status) = ("recipient.failed", "bounced", code)
        case .expired(let code): (event, word, status) = ("recipient.expired", "expired", code)
        }
        let message = conclusion.message
        let recipient = message.envelope.recipients[Int(conclusion.index)].address
        write(event, at: time, service: "smtp") { line in
            line.field("message", message.id.description)
            line.field("to", bytes: message.envelope.arena[recipient.offsets])
            if let status { line.field("status", status.description) }
            if let attempt {
                line.field("remote", attempt.remote)
                line.field("reply", attempt.reply)
                line.field("stage", attempt.stage)
                line.field("cause", attempt.cause)
                line.field("condition", attempt.condition)
                line.field("rule", attempt.rule)
                if !attempt.outcomeKnown { line.field("outcome_known", false) }
            }
            if let until { line.field("next", ISO8601.text(until)) }
        } text: { bytes in
            Self.start(message, recipient, &bytes)
            bytes.append(static: ", relay=")
            let remote = attempt?.remote ?? ""
            bytes.append(contentsOf: (remote.isEmpty ? "none" : remote).utf8)
            Delays.append(total: message.arrival.duration(to: time), to: &bytes)
            if let status {
                bytes.append(static: ", dsn=")
                bytes.append(contentsOf: status.description.utf8)
            }
            bytes.append(static: ", status=")
            bytes.append(static: word)
            bytes.append(static: " (")
            let reason =
                if case .expanded = conclusion.fate { Condition.expandedDsn.text } else {
                    attempt?.reply ?? "no attempt gave a cause"
                }
            bytes.append(contentsOf: reason.utf8)
            bytes.append(static: ")")
        }
    }

    /// An operator deleted a message: who and why, since nothing else will ever tell of it.
    func deleted(_ deletion: Deletion) {
        write("message.deleted", at: deletion.at, service: "queue") { line in
            line.field("message", deletion.message.description)
            line.field("by", deletion.by)
            line.field("reason", deletion.reason)
        } text: { bytes in
            bytes.append(contentsOf: deletion.message.description.utf8)
            bytes.append(static: ": deleted by ")
            bytes.append(contentsOf: deletion.by.utf8)
            bytes.append(static: " (")
            bytes.append(contentsOf: deletion.reason.utf8)
            bytes.append(static: ")")
        }
    }

    /// A refusal was sent to a client.
    func refused(_ reply: Reply, at time: Timestamp, client: String, helo: String, listener: String) {
        write("session.refused", at: time, service: "smtpd") { line in
            line.field("condition", reply.condition.id)
            line.field("reply", reply.code.rawValue)
            if let status = reply.status { line.field("status", status.description) }
            line.field("client", client)
            if !helo.isEmpty { line.field("helo", helo) }
            line.field("listener", listener)
        } text: { bytes in
            bytes.append(static: "NOQUEUE: reject: from ")
            bytes.append(contentsOf: client.utf8)
            bytes.append(static: ": ")
            LogLine.append(decimal: Int64(reply.code.rawValue), to: &bytes)
            if let status = reply.status {
                bytes.append(UInt8(ascii: " "))
                bytes.append(contentsOf: status.description.utf8)
            }
            bytes.append(static: " ")
            bytes.append(contentsOf: reply.condition.id.utf8)
            bytes.append(static: "; helo=<")
            bytes.append(contentsOf: helo.utf8)
            bytes.append(static: ">")
        }
    }

    /// Something else about a session.
    func session(
        _ event: StaticString,
        at time: Timestamp,
        _ session: SessionInfo,
        _ name: StaticString,
        _ value: String
    ) {
        note(
            event,
            at: time,
            "client \(session.peer.addressText)",
            [("listener", session.peer.listener), ("helo", session.helo), (name, value)]
        )
    }

    private static func start(_ message: DeliveryMessage, _ recipient: ByteRange, _ bytes: inout [UInt8]) {
        bytes.append(contentsOf: message.id.description.utf8)
        bytes.append(static: ": to=<")
        bytes.append(contentsOf: message.envelope.arena[recipient.offsets])
        bytes.append(static: ">")
    }
}

extension EventLog {
    /// Something that a person has to know now.
    func alert(_ alert: Alert, at time: Timestamp) {
        let isOpened = alert.change == .opened
        var fields: [(StaticString, String)] = [
            ("kind", alert.kind.rawValue), ("destination", alert.destination?.name ?? "*"),
            ("review", alert.reviewAt.map { ISO8601.text($0) } ?? ""),
        ]
        if case .site(let site)? = alert.destination { fields.append(("hosts", site.description)) }
        note(isOpened ? "incident.opened" : "incident.closed", at: time, alert.kind.sentence, fields)
    }

    /// Somebody changed the suppression list by hand; one line, however many addresses.
    func suppressionsChanged(_ changes: [SuppressionChange], by author: String, at time: Timestamp) {
        note(
            "suppression.changed",
            at: time,
            "the suppression list was changed by hand",
            [("by", author), ("addresses", "\(changes.count)"), ("first", changes.first?.subject.text ?? "")]
        )
    }

    /// A late report was joined to its message.
    func joined(_ mail: MessageID, _ late: LateReport, at time: Timestamp) {
        let attempt = late.event?.attempt
        let (event, sentence): (StaticString, String) =
            switch late.event?.kind {
            case .recipientBounced: ("recipient.bounced", "a report says that delivery failed after all")
            case .recipientComplained: ("recipient.complained", "the recipient complained")
            default: ("report.joined", "mail to a return-path tells nothing that changes the outcome")
            }
        var details: [(StaticString, String)] = [
            ("about", late.dispatch.recipient.message.description), ("to", late.dispatch.address),
            ("report", mail.description),
        ]
        if let attempt {
            details += [
                ("status", attempt.status.description), ("remote", attempt.remote), ("reply", attempt.reply),
                ("cause", attempt.cause), ("condition", attempt.condition), ("rule", attempt.rule),
            ]
        }
        note(event, at: time, sentence, details)
    }
}

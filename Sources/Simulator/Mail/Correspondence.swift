import DeliveryReports
import MailFormat
import NIOConcurrencyHelpers
import SMTPProtocol
import SMTPTransport
import StatusCodes

/// Answers by mail: reads from the recipients of a taken message what is to come back, writes it, posts it.
final class Correspondence: Sendable {
    private let name: String
    private let wallClock: @Sendable () -> Timestamp
    private let post: MailPost
    private let route: NIOLockedValueBox<AnswerRoute>

    /// Answers under a host's name.
    init(
        name: String,
        route: AnswerRoute,
        wallClock: @escaping @Sendable () -> Timestamp,
        post: MailPost
    ) {
        self.name = name
        self.wallClock = wallClock
        self.post = post
        self.route = NIOLockedValueBox(route)
    }

    /// Answers go there from now on.
    func go(_ route: AnswerRoute) { self.route.withLockedValue { $0 = route } }

    /// Answers a message that was taken, once for each recipient that asks for it.
    func answer(_ message: ReceivedMessage) {
        // Nobody answers a report (RFC 5321 §4.5.5).
        guard !message.envelope.reversePath.isEmpty else { return }
        let wanted = message.envelope.recipients.compactMap { recipient -> (Envelope.Recipient, MailedAnswer)? in
            guard case .answer(let answer) = Fate(address: message.envelope.text(recipient.address)) else { return nil }
            return (recipient, answer)
        }
        guard !wanted.isEmpty, let target = route.withLockedValue({ $0.target(message.session.peer) }),
            let original = OriginalMail(message, arrival: wallClock())
        else { return }
        for (recipient, answer) in wanted {
            guard let letter = letter(answer, recipient, original) else { continue }
            post.send(letter, to: target)
        }
    }

    private func letter(_ answer: MailedAnswer, _ recipient: Envelope.Recipient, _ original: OriginalMail) -> Letter? {
        let correspondent = Correspondent(
            host: name,
            address: original.envelope.text(recipient.address),
            original: original,
            now: wallClock()
        )
        switch answer {
        case .bounce(let style, let reply):
            guard recipient.notify?.contains(.failure) ?? true else { return nil }
            return correspondent.bounce(reply, style, recipient)
        case .delay:
            // RFC 3461 §4.1: without NOTIFY the system may tell of a delay, and this one does.
            guard recipient.notify?.contains(.delay) ?? true else { return nil }
            return correspondent.delayNotice(recipient)
        case .complaint: return correspondent.complaint()
        case .automaticReply: return original.isAutomatic ? nil : correspondent.automaticReply()
        }
    }
}

/// One recipient of one message, and the host that writes for it.
struct Correspondent: Sendable {
    /// The name of the host.
    let host: String
    /// The recipient's address.
    let address: String
    /// What is answered.
    let original: OriginalMail
    /// When.
    let now: Timestamp
    /// A name for the answer that nobody can guess, since boundaries are made from it.
    let messageID: String

    init(host: String, address: String, original: OriginalMail, now: Timestamp) {
        self.host = host
        self.address = address
        self.original = original
        self.now = now
        let random = UInt128.random(in: .min ... .max)
        self.messageID = "\(String(random, radix: 36))@\(host)"
    }

    /// Whether an address of the answer needs SMTPUTF8.
    var needsUTF8: Bool { !(original.sender.utf8.allSatisfy { $0 < 0x80 } && address.utf8.allSatisfy { $0 < 0x80 }) }

    /// A boundary that the message does not contain.
    var boundary: String { MultipartWriter.boundary(seed: messageID, avoiding: original.content.span) }

    /// The subject of the message, decoded.
    var subject: String { original.facts.subject ?? "" }

    /// Begins a header: date, names, and whose answer it is.
    func header(from sender: String, subject: String, type: String) -> HeaderWriter {
        var header = HeaderWriter()
        header.date("Date", now)
        header.field("From", sender)
        header.field("To", "<\(original.sender)>")
        header.unstructured("Subject", subject)
        header.field("Message-ID", "<\(messageID)>")
        if let id = original.facts.messageID {
            header.field("In-Reply-To", id)
            header.field("References", id)
        }
        header.field("MIME-Version", "1.0")
        header.field("Content-Type", type)
        return header
    }

    /// The letter with these bytes, to the sender of the message.
    func letter(_ bytes: [UInt8]) -> Letter { Letter(recipient: original.sender, bytes: bytes, smtpUTF8: needsUTF8) }
}

extension Correspondent {
    /// A report of failure.
    ///
    /// The manners of other systems know US-ASCII addresses only; of the rest we report in our own (RFC 6533).
    func bounce(_ reply: Reply, _ style: BounceStyle, _ recipient: Envelope.Recipient) -> Letter {
        let failure = SimulatedFailure(of: self, reply: reply, recipient)
        switch style {
        case .exchange where !needsUTF8: return failure.letter(ExchangeManner(failure: failure))
        case .gmail where !needsUTF8: return failure.letter(GmailManner(failure: failure))
        case .postfix where !needsUTF8: return failure.letter(PostfixManner(failure: failure))
        case .martlet, .exchange, .gmail, .postfix:
            return report(
                ReportRecipient(
                    finalRecipient: address,
                    originalRecipient: failure.originalRecipient,
                    action: .failed,
                    status: failure.status,
                    remoteMTA: failure.remoteHost,
                    diagnostic: Diagnostic(lines: [failure.line]),
                    lastAttempt: now,
                    attempts: 1
                )
            )
        }
    }

    /// How long the system that sends a notice of delay goes on (RFC 5321 §4.5.4.1: at least 4–5 days).
    private static let patience: Duration = .seconds(5 * 86_400)

    /// A notice that nobody answers at the destination, and that attempts go on.
    func delayNotice(_ recipient: Envelope.Recipient) -> Letter {
        let failure = SimulatedFailure(of: self, reply: Reply(.noAnswer), recipient)
        return report(
            ReportRecipient(
                finalRecipient: address,
                originalRecipient: failure.originalRecipient,
                action: .delayed,
                status: failure.status,
                diagnostic: Diagnostic(type: "x-martlet", lines: [failure.line]),
                lastAttempt: now,
                willRetryUntil: original.arrival.advanced(by: Self.patience),
                attempts: 1
            )
        )
    }

    private func report(_ recipient: ReportRecipient) -> Letter {
        let envelope = original.envelope
        let request = ReportRequest(
            reporter: Reporter(hostname: host, address: "mailer-daemon@\(host)", postmaster: "postmaster@\(host)"),
            original: ReportedMessage(
                reversePath: original.sender,
                envelopeID: envelope.envelopeID.isEmpty ? nil : envelope.text(envelope.envelopeID),
                returned: envelope.returned,
                smtpUTF8: envelope.smtpUTF8,
                arrival: original.arrival,
                queueID: original.queueID
            ),
            recipients: [recipient],
            messageID: messageID,
            now: now
        )
        let size = original.isWhole ? original.content.count : Int.max
        let written = ReportWriter().write(request, content: original.content.span, byteCount: size)
        return Letter(recipient: original.sender, bytes: written.bytes, smtpUTF8: written.smtpUTF8)
    }
}

public import Delivery
public import MailFormat
public import SMTPProtocol
public import StatusCodes

/// Messages, leases and attempts as a store's tests need them.
public enum Samples {
    /// The instant at which tests begin.
    public static let start = Timestamp(seconds: 1_800_000_000)

    /// The `number`-th message id of a test.
    public static func id(_ number: Int) -> MessageID {
        MessageID(rawValue: start.milliseconds << 21 | Int64(number) << 15)
    }

    /// A recipient of the `number`-th message.
    public static func recipient(_ number: Int, _ index: Int = 0) -> RecipientID {
        RecipientID(message: id(number), index: Int32(index))
    }

    /// A lease of node 0 that lasts some seconds from the start.
    public static func lease(fence: Int64 = 1, seconds: Int64 = 600, holder: Int64 = 0) -> Lease {
        Lease(holder: holder, fence: fence, until: Timestamp(seconds: start.seconds + seconds))
    }

    /// A state that is due some seconds after the start.
    public static func due(_ seconds: Int64) -> RecipientState {
        .scheduled(Timestamp(seconds: start.seconds + seconds))
    }

    /// A hold by the operator since the start.
    public static func hold(_ reason: String = "looked at", reviewAt: Timestamp? = nil) -> RecipientState {
        .held(Hold(by: "operator", reason: reason, since: start, reviewAt: reviewAt))
    }

    /// An envelope with every parameter set, so that a store that forgets one is found out.
    public static func envelope(recipients: Int = 1, null: Bool = false) -> Envelope {
        var arena: [UInt8] = []
        func append(_ text: String) -> ByteRange {
            defer { arena += text.utf8 }
            return ByteRange(arena.count, arena.count + text.utf8.count)
        }
        let reversePath = null ? ByteRange.empty : append("sender@example.org")
        let envelopeID = append("QQ314159")
        let list = (0..<recipients).map { index in
            let address = append("user\(index)@d\(index % 7).example.net")
            let domain = ByteRange(Int(address.start) + "user\(index)@".utf8.count, Int(address.end))
            return Envelope.Recipient(
                address: address,
                domain: domain,
                notify: index % 3 == 0 ? nil : Notify(rawValue: UInt8(index % 8)),
                originalRecipient: index % 2 == 0 ? append("rfc822;was\(index)@example.com") : .empty
            )
        }
        return Envelope(
            arena: arena,
            reversePath: reversePath,
            recipients: list,
            body: .eightBitMIME,
            smtpUTF8: true,
            returned: .headers,
            envelopeID: envelopeID
        )
    }

    /// Content of a size that no other message of the test has in the same bytes.
    public static func content(_ number: Int, byteCount: Int = 300) -> [UInt8] {
        (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ number &* 7 &+ $0 >> 8) }
    }

    /// A submission of the `number`-th message.
    public static func submission(
        _ number: Int,
        recipients: Int = 1,
        state: RecipientState = .leased(lease()),
        byteCount: Int = 300,
        key: IdempotencyKey? = nil
    ) -> Submission {
        Submission(
            id: id(number),
            arrival: start,
            envelope: envelope(recipients: recipients),
            content: ResidentContent(content(number, byteCount: byteCount)),
            state: state,
            origin: Origin(kind: .submission, account: "anna", clientAddress: "192.0.2.7"),
            idempotency: key
        )
    }

    /// The `number`-th attempt, which was deferred.
    public static func deferral(_ number: Int = 1) -> AttemptRecord {
        AttemptRecord(
            at: Timestamp(seconds: start.seconds + Int64(number)),
            remote: "mx\(number).example.net[192.0.2.1]:25",
            status: EnhancedStatusCode(.persistentTransientFailure, 2, 2),
            reply: "452 4.2.2 full\n452 4.2.2 \(number)",
            condition: "4.2.2-mailbox-full",
            cause: "mailbox-full",
            rule: "generic/1",
            stage: "rcpt",
            outcomeKnown: number % 2 == 1
        )
    }

    /// An attempt that failed for good.
    public static func failure() -> AttemptRecord {
        AttemptRecord(
            at: Timestamp(seconds: start.seconds + 5),
            remote: "mx.example.net[2001:db8::1]:25",
            status: EnhancedStatusCode(.permanentFailure, 1, 1),
            reply: "550 5.1.1 no such user",
            condition: "5.1.1-user-unknown",
            cause: "user-unknown",
            rule: "generic/1",
            stage: "rcpt"
        )
    }
}

extension Samples {
    /// The `number`-th address that something may be known against.
    public static func subject(_ number: Int) -> SuppressionSubject {
        SuppressionSubject(stored: number % 5 == 4 ? "@d\(number).example.net" : "user\(number)@example.net")
    }

    /// A refusal as an unknown user, some seconds after the start; of a message of its own, for one message counts once.
    public static func sighting(
        after seconds: Int64,
        _ source: Evidence.Source = .live,
        cause: String = "user-unknown",
        provider: String = "google"
    ) -> Sighting {
        var attempt = failure()
        attempt.at = .after(seconds)
        attempt.cause = cause
        return Sighting(
            attempt: attempt,
            recipient: recipient(7 + Int(abs(seconds)), 3),
            source: source,
            provider: provider
        )
    }

    /// An operator's word, some seconds after the start; every other one ends a day later.
    public static func entry(seconds: Int64 = 0) -> SuppressionEntry {
        SuppressionEntry(
            origin: .operator,
            at: .after(seconds),
            by: "root",
            reason: "asked by phone",
            until: seconds % 2 == 0 ? nil : .after(seconds + 86_400)
        )
    }
}

extension StoreWrite {
    /// A batch of changes to the suppression list.
    public static func listing(_ changes: SuppressionChange...) -> Self {
        var batch = Self()
        batch.suppressions = changes
        return batch
    }

    /// A batch of submissions.
    public static func submitting(_ submissions: Submission...) -> Self {
        var batch = Self()
        batch.submissions = submissions
        return batch
    }

    /// A batch of transitions.
    public static func moving(_ transitions: RecipientTransition...) -> Self {
        var batch = Self()
        batch.transitions = transitions
        return batch
    }

    /// A batch of deletions by the operator `root`, for the reason `spam`.
    public static func deleting(_ messages: MessageID...) -> Self {
        var batch = Self()
        batch.deletions = messages.map { Deletion(message: $0, by: "root", reason: "spam", at: Samples.start) }
        return batch
    }
}

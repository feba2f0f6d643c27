import DeliveryReports
import MailFormat
import SMTPProtocol
import StatusCodes
import Testing

/// A report with a name: the golden of that name shows it.
struct ReportScenario: Sendable, CustomTestStringConvertible {
    var name: String
    var request: ReportRequest
    var content: String
    var options = ReportOptions()
    var testDescription: String { name }

    init(
        _ name: String,
        _ request: ReportRequest,
        content: String = letter,
        _ change: (inout ReportOptions) -> Void = { _ in }
    ) {
        self.name = name
        self.request = request
        self.content = content
        change(&options)
    }

    static let arrival = Timestamp(seconds: 1_795_398_964)
    static let later = arrival.advanced(by: .seconds(7200))
    static let fiveDaysLater = arrival.advanced(by: .seconds(5 * 86_400))

    static let letter = """
        Received: from client.example.org (client.example.org [192.0.2.7])
         by mx.example.net with ESMTPS id 1c0ffee; Mon, 23 Nov 2026 01:56:04 +0000
        From: Alice <alice@example.org>
        To: bob@example.com
        Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= from Alice
        Date: Mon, 23 Nov 2026 02:56:00 +0100
        Message-ID: <1@example.org>

        Hello Bob,
        see you on Monday.

        """.replacing("\n", with: "\r\n")

    static func request(
        _ recipients: [ReportRecipient],
        reversePath: String = "alice@example.org",
        envelopeID: String? = nil,
        returned: Return? = nil,
        smtpUTF8: Bool = false,
        now: Timestamp = later
    ) -> ReportRequest {
        ReportRequest(
            reporter: Reporter(
                hostname: "mx.example.net",
                address: "mailer-daemon@mx.example.net",
                postmaster: "postmaster@mx.example.net"
            ),
            original: ReportedMessage(
                reversePath: reversePath,
                envelopeID: envelopeID,
                returned: returned,
                smtpUTF8: smtpUTF8,
                arrival: arrival,
                queueID: "01k9x3c7zq4tm"
            ),
            recipients: recipients,
            messageID: "report.1@mx.example.net",
            now: now
        )
    }

    static let unknownUser = ReportRecipient(
        finalRecipient: "bob@example.com",
        action: .failed,
        status: EnhancedStatusCode(.permanentFailure, 1, 1),
        remoteMTA: "mx.example.com",
        diagnostic: Diagnostic(
            reply: "550-5.1.1 <bob@example.com>: there is no such user here.\n550 5.1.1 Check the spelling."
        ),
        lastAttempt: later,
        attempts: 1,
        explanation: ReportExplanation(
            title: "The address does not exist",
            text: "The mail system of example.com says that it has no mailbox of this name.",
            turn: "Only you can change this: the address has to be another one.",
            remedy: ["Check the spelling of the address.", "Ask the recipient by another way for the right one."]
        )
    )

    static let success = ReportRecipient(
        finalRecipient: "bob@example.com",
        originalRecipient: "rfc822;robert@example.com",
        action: .delivered,
        status: EnhancedStatusCode(.success, 1, 5),
        lastAttempt: later,
        attempts: 1
    )

    static let full = with(unknownUser) {
        $0.status = EnhancedStatusCode(.persistentTransientFailure, 2, 2)
        $0.diagnostic = Diagnostic(reply: "452 4.2.2 The mailbox is full")
        $0.explanation = ReportExplanation(
            title: "The mailbox is full",
            turn: "The recipient has to make room.",
            remedy: ["Send the message again later."]
        )
    }

    static let foreigner = with(unknownUser) {
        $0.finalRecipient = "用户@例子.test"
        $0.originalRecipient = "utf-8;\\x{7528}\\x{6237}@\\x{4F8B}\\x{5B50}.test"
        $0.diagnostic = Diagnostic(reply: "550 5.1.1 没有这个用户")
    }

    static let internationalLetter = letter.replacing("Alice <alice", with: "爱丽丝 <爱丽丝")

    private static func with(
        _ recipient: ReportRecipient,
        _ change: (inout ReportRecipient) -> Void
    ) -> ReportRecipient {
        var changed = recipient
        change(&changed)
        return changed
    }

    /// A failure that was found here, without a word from another system.
    private static func own(
        _ statusClass: StatusClass,
        _ subject: UInt16,
        _ detail: UInt16,
        _ title: String,
        _ text: String = "",
        words: String,
        attempts: Int = 1
    ) -> ReportRecipient {
        ReportRecipient(
            finalRecipient: "bob@example.com",
            action: .failed,
            status: EnhancedStatusCode(statusClass, subject, detail),
            diagnostic: Diagnostic(type: "x-martlet", lines: [words]),
            lastAttempt: attempts > 0 ? later : nil,
            attempts: attempts,
            explanation: ReportExplanation(title: title, text: text)
        )
    }

    static let all: [Self] = failures + returns + others + causes + international + hostile

    private static let failures = [
        Self("failed-unknown-user", request([unknownUser])),
        Self(
            "failed-with-envelope-id-and-original-recipient",
            request(
                [with(unknownUser) { $0.originalRecipient = "rfc822;\"bob  b\"@example.edu" }],
                envelopeID: "QQ314159"
            )
        ),
        Self(
            "failed-several-recipients",
            request([
                unknownUser,
                with(full) {
                    $0.finalRecipient = "carol@example.edu"
                    $0.status = EnhancedStatusCode(.permanentFailure, 2, 2)
                    $0.remoteMTA = "mail.example.edu"
                    $0.diagnostic = Diagnostic(reply: "552 5.2.2 Mailbox full")
                },
            ])
        ),
        Self(
            "failed-more-than-are-described",
            request((1...5).map { number in with(unknownUser) { $0.finalRecipient = "bob\(number)@example.com" } })
        ) { $0.describedRecipients = 2 },
        Self(
            "mixed-actions",
            request(
                [
                    success, unknownUser,
                    with(success) {
                        $0.finalRecipient = "dave@example.com"
                        $0.action = .relayed
                        $0.originalRecipient = nil
                        $0.status = EnhancedStatusCode(.success, 0, 0)
                        $0.remoteMTA = "old.example.com"
                    },
                ],
                returned: .full
            )
        ),
    ]

    private static let greeting = letter.replacing("Hello Bob", with: "Grüß Dich, Bob")

    private static let signed = "Content-Type: multipart/signed; boundary=s"

    private static let returns = [
        Self("return-full", request([unknownUser], returned: .full)),
        Self("return-headers", request([unknownUser], returned: .headers)),
        Self("return-full-too-large", request([unknownUser], returned: .full)) { $0.fullLimit = 100 },
        Self("return-full-eight-bit", request([unknownUser], returned: .full), content: greeting),
        Self("return-full-eight-bit-to-seven-bit-hop", request([unknownUser], returned: .full), content: greeting) {
            $0.transfer = .sevenBit
        },
        Self("return-full-binary", request([unknownUser], returned: .full), content: letter + "\u{0}\n"),
        Self("return-full-unreadable", request([unknownUser], returned: .full), content: ""),
        Self(
            "return-full-signed-eight-bit",
            request([unknownUser], returned: .full),
            content: letter.replacing("Date:", with: "MIME-Version: 1.0\r\n\(signed)\r\nDate:")
                .replacing("Hello Bob,", with: "--s\r\n\r\nGrüß Dich, Bob,")
                + "--s\r\nContent-Type: application/pgp-signature\r\n\r\nx\r\n--s--\r\n"
        ),
        Self(
            "return-full-eight-bit-with-raw-header",
            request([unknownUser], returned: .full),
            content: greeting.replacing("Alice <", with: "Älice <")
        ),
        Self(
            "return-headers-raw-eight-bit",
            request([unknownUser]),
            content: letter.replacing("Alice <", with: "Älice <")
        ),
        Self(
            "return-headers-raw-eight-bit-to-seven-bit-hop",
            request([unknownUser]),
            content: letter.replacing("Alice <", with: "Älice <")
        ) { $0.transfer = .sevenBit },
    ]

    private static let others = [
        Self(
            "delayed",
            request(
                [
                    with(full) {
                        $0.action = .delayed
                        $0.attempts = 4
                        $0.willRetryUntil = fiveDaysLater
                        $0.explanation.remedy = ["You need not do anything now."]
                    }
                ],
                returned: .full
            )
        ),
        Self("delivered", request([success], envelopeID: "env+1")),
        Self(
            "relayed",
            request(
                [
                    with(success) {
                        $0.action = .relayed
                        $0.remoteMTA = "old.example.com"
                        $0.status = EnhancedStatusCode(.success, 0, 0)
                    }
                ],
                returned: .full
            )
        ),
        Self("expanded", request([with(success) { $0.action = .expanded }])),
    ]

    private static let causes = [
        // The last real code is kept, its class 4 too, and so are its words.
        Self(
            "expired-with-the-last-real-code",
            request(
                [
                    with(full) {
                        $0.attempts = 37
                        $0.lastAttempt = fiveDaysLater
                        $0.explanation.title = "The mailbox stayed full until your message expired"
                    }
                ],
                now: fiveDaysLater
            )
        ),
        // 4.4.7 only where no attempt gave a cause.
        Self(
            "expired-without-any-cause",
            request(
                [
                    ReportRecipient(
                        finalRecipient: "bob@example.com",
                        action: .failed,
                        status: EnhancedStatusCode(.persistentTransientFailure, 4, 7)
                    )
                ],
                now: fiveDaysLater
            )
        ),
        Self(
            "outcome-unknown",
            request([
                with(unknownUser) {
                    $0.status = EnhancedStatusCode(.persistentTransientFailure, 4, 2)
                    $0.diagnostic = Diagnostic(
                        type: "x-martlet",
                        lines: ["connection lost after the final dot"]
                    )
                    $0.outcomeKnown = false
                    $0.attempts = 3
                    $0.explanation = ReportExplanation(title: "The connection broke at the last moment")
                }
            ])
        ),
        Self(
            "null-mx",
            request([
                own(
                    .permanentFailure,
                    1,
                    10,
                    "The domain takes no mail",
                    "The owner of example.com says in the DNS that this domain never receives mail.",
                    words: "example.com MX 0 . (RFC 7505)"
                )
            ])
        ),
        Self(
            "mail-loop",
            request([
                own(
                    .permanentFailure,
                    4,
                    6,
                    "The message went in a circle",
                    "The way to example.com leads back to this system.",
                    words: "every MX of example.com is this host",
                    attempts: 0
                )
            ])
        ),
        Self(
            "tls-demanded-and-not-offered",
            request([
                own(
                    .permanentFailure,
                    7,
                    10,
                    "No protected way to the recipient was found",
                    "Your message demands an encrypted way, and mx.example.com offers none.",
                    words: "mx.example.com: STARTTLS is not offered"
                )
            ])
        ),
        Self(
            "domain-does-not-exist",
            request([own(.permanentFailure, 1, 2, "The domain does not exist", words: "example.com: NXDOMAIN")])
        ),
        Self(
            "dns-out-of-order-until-expiry",
            request([
                own(
                    .persistentTransientFailure,
                    4,
                    3,
                    "The DNS of the domain is out of order",
                    words: "example.com MX: SERVFAIL",
                    attempts: 37
                )
            ])
        ),
    ]

    private static let international: [Self] = [
        Self(
            "international",
            request([foreigner], reversePath: "爱丽丝@example.org", returned: .full, smtpUTF8: true),
            content: internationalLetter
        ),
        Self("international-headers", request([foreigner], smtpUTF8: true), content: internationalLetter),
        Self(
            "international-to-seven-bit-hop",
            request([foreigner], returned: .full, smtpUTF8: true),
            content: internationalLetter
        ) { $0.transfer = .sevenBit },
        Self("international-recipient-of-plain-sender", request([foreigner], returned: .full)),
    ]

    private static var toPostmaster: ReportRequest {
        var request = request([with(unknownUser) { $0.attempts = 0 }], reversePath: "postmaster@mx.example.net")
        request.audience = .postmaster
        return request
    }

    private static let hostile = [
        Self("to-postmaster-attempts-not-counted", toPostmaster),
        Self(
            "hostile-words",
            request(
                [
                    with(unknownUser) {
                        $0.remoteMTA = "mx.example.com\r\nX-Injected: 1"
                        $0.diagnostic = Diagnostic(lines: [
                            "550 5.1.1 first\r\n\r\n--=_\u{0}\u{1B}[31m", "550 \u{202E}moc.elpmaxe",
                            String(repeating: "x", count: 2000),
                        ])
                    }
                ],
                envelopeID: "a\r\nX-Injected: 2"
            ),
            content: "Subject: =?utf-8?Q?a=0D=0AX-Injected:_3?=\r\nMessage-ID: <a b>\r\n\r\n"
        ),
    ]
}

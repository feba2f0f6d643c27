import DeliveryReports
import MailFormat
import Testing

@Suite
struct FeedbackReportTests {
    private static func mail(_ type: String, _ fields: String) -> [UInt8] {
        Array(
            """
            From: a@b
            Content-Type: multipart/report; report-type=feedback-report; boundary=x

            --x

            text
            --x
            Content-Type: \(type)

            \(fields)
            --x
            Content-Type: message/rfc822

            Subject: original

            body
            --x--
            """.utf8
        )
    }

    private static func feedback(_ fields: String) -> FeedbackReport? {
        let bytes = mail("message/feedback-report", fields)
        return FeedbackReport(bytes.span, MIMEStructure(bytes.span))
    }

    @Test
    func `the fields of RFC 5965 are read, repeated ones all`() throws {
        let read = Self.feedback(
            """
            Feedback-Type: Abuse
            User-Agent: Reporter/1.0
            Version: 1
            Original-Mail-From: <olivia@example.org>
            Original-Rcpt-To: <bob@example.net>
            Original-Rcpt-To: <eve@example.net>
            Arrival-Date: Mon, 23 Nov 2026 02:56:04 +0100
            Reporting-MTA: dns; mx.example.net
            Source-IP: 192.0.2.1
            Reported-Domain: example.org
            Reported-Domain: example.com
            """
        )
        let report = try #require(read)
        #expect(report.type == "abuse")
        #expect(report.userAgent == "Reporter/1.0")
        #expect(report.originalMailFrom == "olivia@example.org")
        #expect(report.originalRecipients == ["bob@example.net", "eve@example.net"])
        #expect(report.sourceAddress == "192.0.2.1")
        #expect(report.reportedDomains == ["example.org", "example.com"])
        #expect(report.reportingMTA == "mx.example.net")
        #expect(report.arrival == Timestamp(seconds: 1_795_398_964))
        #expect(report.returned?.contentType.subtype == "rfc822")
    }

    @Test
    func `older reports name the recipient or the date otherwise`() {
        let read = Self.feedback(
            "Feedback-Type: opt-out\nRemoval-Recipient: bob@example.net\nReceived-Date: Mon, 23 Nov 2026 02:56:04 +0100\n"
        )
        #expect(read?.originalRecipients == ["bob@example.net"])
        #expect(read?.arrival == Timestamp(seconds: 1_795_398_964))
    }

    @Test
    func `a failed authentication says which`() {
        let read = Self.feedback("Feedback-Type: auth-failure\nAuth-Failure: DMARC\n")
        #expect(read?.type == "auth-failure")
        #expect(read?.authenticationFailure == "dmarc")
    }

    @Test
    func `what has no such part is none`() {
        let bytes = Self.mail("message/delivery-status", "Feedback-Type: abuse\n")
        #expect(FeedbackReport(bytes.span, MIMEStructure(bytes.span)) == nil)
    }

    @Test
    func `a receipt is told from both`() {
        let bytes = Self.mail(
            "message/disposition-notification",
            "Final-Recipient: rfc822; bob@example.net\nOriginal-Message-ID: <1@example.org>\n"
                + "Disposition: automatic-action/MDN-sent-automatically; Deleted\n"
        )
        let structure = MIMEStructure(bytes.span)
        let receipt = DispositionNotification(bytes.span, structure)
        #expect(receipt?.finalRecipient == "bob@example.net")
        #expect(receipt?.originalMessageID == "<1@example.org>")
        #expect(receipt?.disposition == "deleted")
        #expect(FeedbackReport(bytes.span, structure) == nil)
        #expect(DeliveryReport(bytes.span, structure) == nil)
    }
}

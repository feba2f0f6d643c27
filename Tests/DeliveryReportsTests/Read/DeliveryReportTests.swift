import DeliveryReports
import MailFormat
import StatusCodes
import Testing

@Suite
struct DeliveryReportTests {
    private static func report(_ status: String, type: String = "message/delivery-status", head: String = "") -> [UInt8]
    {
        Array(
            """
            From: a@b
            Content-Type: multipart/report; report-type=delivery-status; boundary=x

            --x

            text
            --x
            Content-Type: \(type)
            \(head)
            \(status)
            --x
            Content-Type: message/rfc822

            Subject: original

            body
            --x--
            """.utf8
        )
    }

    private static func read(_ status: String, type: String = "message/delivery-status", head: String = "")
        -> DeliveryReport?
    {
        DeliveryReport(report(status, type: type, head: head).span)
    }

    @Test
    func `the fields of RFC 3464 are read, whoever wrote them`() throws {
        let read = Self.read(
            """
            Reporting-MTA: dns;mx.example.net (really)
            Arrival-Date: Mon, 23 Nov 2026 02:56:04 +0100 (CET)

            Original-Recipient: RFC822 ; Bob@Example.com
            Final-Recipient: rfc822;<bob@example.com>
            ACTION: Failed
            Status: 5.1.1 (bad destination mailbox address)
            Remote-MTA: DNS; mail.example.com
            Diagnostic-Code: SMTP; 550-5.1.1 a
              550 5.1.1 b
              and more

            Final-Recipient: rfc822; carol@example.com
            Action: delayed
            Status: 4.4.1
            Will-Retry-Until: Sat, 28 Nov 2026 01:56:04 +0000
            """
        )
        let report = try #require(read)
        #expect(report.reportingMTA == "mx.example.net (really)")
        #expect(report.arrival == Timestamp(seconds: 1_795_398_964))
        #expect(report.recipients.count == 2)
        let bob = report.recipients[0]
        #expect(bob.originalRecipient == "Bob@Example.com")
        #expect(bob.finalRecipient == "bob@example.com")
        #expect(bob.action == .failed)
        #expect(bob.status == EnhancedStatusCode(.permanentFailure, 1, 1))
        #expect(bob.remoteMTA == "mail.example.com")
        #expect(bob.diagnostic == Diagnostic(type: "smtp", lines: ["550-5.1.1 a", "550 5.1.1 b and more"]))
        #expect(report.recipients[1].action == .delayed)
        #expect(report.recipients[1].willRetryUntil == Timestamp(seconds: 1_795_830_964))
        #expect(report.returned?.contentType.subtype == "rfc822")
        #expect(report.notification?.contentType.type == "text")
    }

    @Test(arguments: [
        ("relayed (to non-DSN-aware mailer)", ReportAction.relayed), ("expanded(to list)", .expanded),
        ("Failed", .failed),
        ("delivered\t(x)", .delivered), ("(failed)", nil), ("failedly", nil),
    ])
    func `an action may have a comment behind it`(_ text: String, _ action: ReportAction?) {
        let read = Self.read("Final-Recipient: rfc822; a@b.example\nAction: \(text)\nStatus: 5.1.1\n")
        #expect(read?.recipients.first?.action == action)
    }

    @Test(arguments: [
        ("rfc822; a@b.example", "a@b.example"), ("rfc822;<a@b.example>", "a@b.example"),
        ("RFC822 ;a@b.example", "a@b.example"),
        ("a@b.example", "a@b.example"), ("<a@b.example>", "a@b.example"), ("rfc822;", ""), ("rfc822; <", "<"),
        ("; a@b.example", "; a@b.example"), ("utf-8; b\\x{FC}b@b.example", "büb@b.example"),
        ("UTF-8;<b\\x{FC}b@b.example>", "büb@b.example"), ("rfc822; a\n @b.example", "a @b.example"),
    ])
    func `an address stands behind its type, however both are written`(_ text: String, _ address: String) {
        let read = Self.read("Reporting-MTA: dns; x\n\nFinal-Recipient: \(text)\nAction: failed\n")
        #expect(read?.recipients.first?.finalRecipient == address)
    }

    @Test
    func `a second Final-Recipient begins a recipient without an empty line before it`() {
        let read = Self.read(
            """
            Reporting-MTA: dns; mx

            Final-Recipient: rfc822; a@b.example
            Action: failed
            Original-Recipient: rfc822; c@d.example
            Final-Recipient: rfc822; e@f.example
            Action: delayed
            Final-Recipient: rfc822; g@h.example
            Action: relayed
            """
        )
        #expect(read?.recipients.map(\.finalRecipient) == ["a@b.example", "e@f.example", "g@h.example"])
        #expect(read?.recipients.map(\.originalRecipient) == [nil, "c@d.example", nil])
        #expect(read?.recipients.map(\.action) == [.failed, .delayed, .relayed])
    }

    @Test(arguments: ["5.1", "5.1.1.1", "3.1.1", "5.1000.1", "x", "5..1", ""])
    func `a malformed status is kept as printed`(_ status: String) {
        let read = Self.read("Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; a@b\nStatus: \(status)\n")
        #expect(read?.recipients.first?.status == nil)
        #expect(read?.recipients.first?.printedStatus == status)
    }

    @Test
    func `a report without its first group, or with one group for all, is read`() {
        let without = Self.read("Final-Recipient: rfc822; a@b\nAction: failed\nStatus: 5.0.0\n")
        #expect(without?.recipients.map(\.finalRecipient) == ["a@b"])
        let joined = Self.read("Reporting-MTA: dns; mx\nFinal-Recipient: rfc822; a@b\nAction: failed\nStatus: 5.0.0\n")
        #expect(joined?.reportingMTA == "mx")
        #expect(joined?.recipients.map(\.finalRecipient) == ["a@b"])
    }

    @Test
    func `lines that are no fields and repeated empty lines are passed over`() {
        let read = Self.read(
            "\n\nReporting-MTA: dns; mx\n\n\n\nnonsense\nFinal-Recipient: rfc822; a@b\nAction: failed\n\n\n"
        )
        #expect(read?.reportingMTA == "mx")
        #expect(read?.recipients.map(\.finalRecipient) == ["a@b"])
    }

    @Test
    func `an encoded status part is decoded`() {
        // Reporting-MTA: dns; mx / empty line / Final-Recipient: utf-8; 用@b / Action: failed
        let read = Self.read(
            "UmVwb3J0aW5nLU1UQTogZG5zOyBteAoKRmluYWwtUmVjaXBpZW50OiB1dGYtODsg55SoQGIKQWN0aW9uOiBmYWlsZWQK\n",
            type: "message/global-delivery-status",
            head: "Content-Transfer-Encoding: base64\n"
        )
        #expect(read?.recipients.map(\.finalRecipient) == ["用@b"])
        #expect(read?.recipients.first?.action == .failed)
    }

    @Test(arguments: ["", "Subject: x\n\nbody", "Content-Type: multipart/report; boundary=x\n\n--x\n\ntext\n--x--\n"])
    func `what has no status part is no report`(_ mail: String) {
        let bytes = Array(mail.utf8)
        #expect(DeliveryReport(bytes.span) == nil)
    }

    @Test
    func `recipients are bounded`() {
        let group = "\nFinal-Recipient: rfc822; a@b\nAction: failed\n"
        let read = Self.read("Reporting-MTA: dns; mx\n" + String(repeating: group, count: 10_050))
        #expect(read?.recipients.count == DeliveryReport.mostRecipients)
    }

    @Test
    func `a report cut anywhere is read without harm`() {
        let whole = ReportGoldenTests.write(ReportScenario.all[4]).bytes
        var counts: Set<Int> = []
        for length in 0...whole.count {
            let cut = Array(whole[..<length])
            if let read = DeliveryReport(cut.span) { counts.insert(read.recipients.count) }
        }
        #expect(counts == [0, 1, 2, 3])
    }
}

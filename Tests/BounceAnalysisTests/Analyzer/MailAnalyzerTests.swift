import BounceAnalysis
import DeliveryReports
import MailFormat
import StatusCodes
import Testing

@Suite
struct MailAnalyzerTests {
    private static func analyze(_ mail: String) -> MailAnalysis {
        let bytes = Array(mail.utf8)
        return MailAnalyzer.analyze(bytes.span)
    }

    private static func fixture(_ name: String) throws -> MailAnalysis {
        let fixture = try #require(Fixture.all.first { $0.name == name + ".eml" })
        return MailAnalyzer.analyze(fixture.bytes.span)
    }

    @Test
    func `the original message is found in a part and in the text`() throws {
        for name in ["standard-report", "qmail", "postfix", "gmail-text", "opensmtpd", "boundary-missing"] {
            let original = try Self.fixture(name).original
            #expect(original.messageID == "letter.1@example.org", "\(name)")
            #expect(original.subject == "The harvest report", "\(name)")
            #expect(original.from == "olivia@example.org", "\(name)")
            #expect(original.date == Timestamp(seconds: 1_767_607_198), "\(name)")
        }
    }

    @Test
    func `reporter and arrival come from the part for programs`() throws {
        let analysis = try Self.fixture("standard-report")
        #expect(analysis.reportingMTA == "mx.example.org")
        #expect(analysis.arrival == Timestamp(seconds: 1_767_607_200))
        let result = try #require(analysis.results.first)
        #expect(result.originalRecipient == "Bob@example.net")
        #expect(result.remoteMTA == "mail.example.net")
        #expect(result.action == .failed && result.isActionPrinted)
        #expect(result.evidence?.source == .dsn)
        #expect(result.evidence?.parties.reversePath == "olivia@example.org")
        #expect(result.diagnostic == "550 5.1.1 <bob@example.net>: user unknown")
    }

    @Test
    func `the address before forwarding is kept beside the one that failed`() throws {
        let exim = try Self.fixture("exim-with-alias")
        #expect(exim.results.first?.originalRecipient == "robert@example.org")
        let postfix = try Self.fixture("postfix")
        #expect(postfix.results.map(\.originalRecipient) == [nil, "eva@example.org"])
    }

    @Test
    func `stage and host are read from what stands around a reply`() throws {
        let postfix = try Self.fixture("postfix")
        #expect(postfix.results.map(\.evidence?.stage) == [.rcpt, .connect])
        #expect(postfix.results.map(\.remoteMTA) == ["mail.example.net", "mx.example.com"])
        #expect(try Self.fixture("exim-with-alias").results.first?.evidence?.stage == .dot)
        #expect(try Self.fixture("sendmail-transcript").results.last?.evidence?.stage == .mail)
    }

    @Test
    func `a wrapped reply of several lines is whole again`() throws {
        let reply = try Self.fixture("postfix").results.first?.evidence?.reply
        #expect(
            reply?.description
                == "550-5.1.1 The account that you tried\n550-5.1.1 to reach is not\n550 5.1.1 known here"
        )
    }

    @Test
    func `what was given up with a transient code keeps the code and is final`() throws {
        let result = try #require(try Self.fixture("report-quotes-reply-in-brackets").results.first)
        #expect(result.finding?.status == EnhancedStatusCode(.persistentTransientFailure, 2, 2))
        #expect(result.finding?.actions.terminal == .expire)
    }

    @Test
    func `a complaint says what it is and about which message`() throws {
        let analysis = try Self.fixture("complaint")
        #expect(analysis.results.first?.feedbackType == "abuse")
        #expect(analysis.results.first?.finding == nil)
        #expect(analysis.original.messageID == "letter.1@example.org")
    }

    @Test
    func `a report about a report speaks of its own recipient`() {
        let inner =
            "Content-Type: multipart/report; boundary=i\n\n--i\nContent-Type: message/delivery-status\n\n"
            + "Reporting-MTA: dns; far\n\nFinal-Recipient: rfc822; inner@example.com\n"
            + "Action: failed\nStatus: 5.1.1\n--i--\n"
        let outer =
            "From: MAILER-DAEMON@a\nContent-Type: multipart/report; boundary=o\n\n--o\n\nno\n--o\n"
            + "Content-Type: message/delivery-status\n\nReporting-MTA: dns; near\n\n"
            + "Final-Recipient: rfc822; outer@example.com\nAction: failed\nStatus: 5.2.1\n--o\n"
            + "Content-Type: message/rfc822\n\n\(inner)\n--o--\n"
        #expect(Self.analyze(outer).results.map(\.recipient) == ["outer@example.com"])
    }

    @Test(arguments: ["", "\n", "From ", "From x\n\n", "\u{FEFF}", "Subject: undeliverable", ":\n:\n\n", "\0\0\0"])
    func `what is hardly a mail is no report`(_ mail: String) {
        #expect(Self.analyze(mail).kind == .notAReport)
        #expect(Self.analyze(mail).results.isEmpty)
    }

    @Test
    func `a letter with a bounced letter in its subject is no report, a system's notice is one`() {
        let words =
            "Subject: Undeliverable mail\n\nMail to <bob@example.net> could not be delivered: 550 5.1.1 unknown\n"
        #expect(Self.analyze("From: a@b\nIn-Reply-To: <x@y>\nList-Id: <l.b>\n" + words).kind == .notAReport)
        #expect(Self.analyze("From: MAILER-DAEMON@b\n" + words).kind == .bounce)
    }
}

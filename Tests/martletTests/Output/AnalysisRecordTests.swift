import BounceAnalysis
import Foundation
@testable import martlet
import StatusCodes
import Testing

@Suite
struct AnalysisRecordTests {
    private static let bounce = """
        From: MAILER-DAEMON@mx.example.org
        To: me@example.org
        Subject: failure notice

        I'm sorry to have to inform you that your message could not be delivered.

        <you@example.net>: host mx.example.net[192.0.2.1] said: 550-5.2.2 The "box"
            550 5.2.2 is full (in reply to RCPT TO command)

        ------ This is a copy of the message, including all the headers. ------

        Message-ID: <letter@example.org>
        From: me@example.org
        To: you@example.net
        Subject: hello
        Date: Mon, 5 Jan 2026 09:59:58 +0000

        """

    private static func analysis(_ mail: String) -> MailAnalysis {
        let bytes = Array(mail.utf8)
        return MailAnalyzer.analyze(bytes.span)
    }

    private static func object(_ line: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }

    private static let place = MailPlace(file: "new/1.eml", number: 3)

    @Test
    func `a mail is one object on one line with its keys in the promised order`() throws {
        let line = AnalysisRecord(analysis: Self.analysis(Self.bounce), place: Self.place).json
        let expected = [
            #"{"file":"new/1.eml","number":3,"kind":"bounce","message_id":"letter@example.org","subject":"hello""#,
            #""results":[{"recipient":"you@example.net","action":"failed","status":"5.2.2","printed_status":"5.2.2""#,
            #""reply":550,"diagnostic":"550-5.2.2 The \"box\"\n550 5.2.2 is full","remote_mta":"mx.example.net""#,
            #""stage":"rcpt","cause":"mailbox-full","fault":"recipient","scope":"recipient""#,
            #""affected":{"kind":"address","value":"you@example.net"},"bounce":"soft","actions":["fail"],"#,
        ]
        #expect(line.hasPrefix(expected.joined(separator: ",")))
        #expect(!line.contains("\n"))
        let results = try #require(try Self.object(line)["results"] as? [[String: Any]])
        #expect(results.first?["title"] as? String != nil)
    }

    @Test
    func `a complaint and an ordinary mail have no finding`() throws {
        let complaint = Self.analysis(
            "Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n\nx\n"
                + "--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: a/1\nVersion: 1\n"
                + "--b\nContent-Type: message/rfc822\n\nTo: you@example.net\nMessage-ID: <1@a>\n\nx\n--b--\n"
        )
        let expected =
            #"{"kind":"feedback","message_id":"1@a","results":[{"recipient":"you@example.net","#
            + #""bounce":"none","feedback_type":"abuse","title":""#
        #expect(AnalysisRecord(analysis: complaint, place: MailPlace()).json.hasPrefix(expected))
        let letter = Self.analysis("From: a@b\nSubject: hello\n\nHow are you?\n")
        #expect(AnalysisRecord(analysis: letter, place: MailPlace()).json == #"{"kind":"not-a-report","results":[]}"#)
    }

    @Test
    func `a mail that was too large says so`() {
        var analysis = Self.analysis("From: a@b\n\nx\n")
        analysis.isCut = true
        #expect(AnalysisRecord(analysis: analysis, place: MailPlace()).json.contains(#""cut":true"#))
        #expect(AnalysisText(analysis: analysis, place: MailPlace()).text.contains("too large"))
    }

    @Test
    func `a person gets the mail, its recipients and what was said`() {
        let text = AnalysisText(analysis: Self.analysis(Self.bounce), place: Self.place).text
        #expect(
            text == """
                new/1.eml, mail 3: bounce, about <letter@example.org>
                  you@example.net  failed, 5.2.2 mailbox-full, soft, fault: recipient, certain
                    550-5.2.2 The "box"
                    550 5.2.2 is full

                """
        )
    }

    @Test
    func `Sisimai's keys and words are used where its users expect them`() throws {
        let analysis = Self.analysis(Self.bounce)
        let result = try #require(analysis.results.first)
        let object = try Self.object(SisimaiRecord(analysis, result, Self.place).json)
        let expected = [
            "recipient": "you@example.net", "addresser": "me@example.org", "deliverystatus": "5.2.2",
            "replycode": "550", "reason": "mailboxfull", "action": "failed", "smtpcommand": "RCPT",
            "rhost": "mx.example.net", "destination": "example.net", "senderdomain": "example.org",
            "diagnosticcode": #"550-5.2.2 The "box" 550 5.2.2 is full"#,
        ]
        for (key, value) in expected { #expect(object[key] as? String == value, "\(key)") }
        #expect(object["hardbounce"] as? Bool == false)
    }

    /// We would try the next host, and say so by a code of class 4; a report tells of a refusal.
    @Test
    func `Sisimai's status has the class of the reply that was printed`() throws {
        let words = "said: 550-5.2.2 The \"box\"\n    550 5.2.2 is full (in reply to RCPT TO command)"
        let analysis = Self.analysis(
            Self.bounce.replacing(words, with: "refused to talk to me: 554 you are on our list")
        )
        let result = try #require(analysis.results.first)
        #expect(result.finding?.status.statusClass == .persistentTransientFailure)
        let object = try Self.object(SisimaiRecord(analysis, result, Self.place).json)
        #expect(object["replycode"] as? String == "554")
        #expect((object["deliverystatus"] as? String)?.hasPrefix("5.") == true)
    }
}

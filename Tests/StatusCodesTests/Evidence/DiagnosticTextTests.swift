import StatusCodes
import Testing

@Suite struct DiagnosticTextTests {
    @Test(arguments: [
        ("550 5.1.1 no such user", "550", "5.1.1", Stage?.none),
        (
            "host mx.example.net[192.0.2.1] said: 550 5.1.1 no such user (in reply to RCPT TO command)", "550", "5.1.1",
            .rcpt
        ),
        ("host mx.example.net said: 554 5.7.1 spam (in reply to end of DATA command)", "554", "5.7.1", .dot),
        ("192.0.2.1 does not like recipient. Remote host said: 550 no. Giving up on 192.0.2.1.", "550", "", .rcpt),
        ("SMTP error from remote mail server after MAIL FROM:<a@b.example> SIZE=1: 451 later", "451", "", .mail),
        ("mx.example.net did not like our RCPT TO:552 5.2.2 full", "552", "5.2.2", .rcpt),
        ("host mx.example.net refused to talk to me: 421 busy", "421", "", .greeting),
        ("The error that the other server returned was: 550 550 5.2.1 disabled (state 14).", "550", "5.2.1", .rcpt),
        ("Remote Server returned '550 5.1.1 RESOLVER; not found'", "550", "5.1.1", nil),
        ("#550 5.7.1 RESOLVER.RST ##", "550", "5.7.1", nil),
        ("550 rejected ... <<< 550 5.1.1 unknown", "550", "5.1.1", nil),
    ])
    func `the quoted reply and the frame's stage are read`(text: String, code: String, status: String, stage: Stage?) {
        let diagnostic = DiagnosticText(parsing: text)
        #expect(diagnostic.reply.code?.description ?? "" == code)
        #expect(diagnostic.reply.status?.description ?? "" == status)
        #expect(diagnostic.stage == stage)
    }

    @Test(arguments: [
        ("Sorry, no mailbox here by that name. (#5.1.1)", "5.1.1"), ("550 sorry, no mailbox here (#5.1.1)", "5.1.1"),
        ("550 #5.1.0 Address rejected", "5.1.0"), ("bob@example.net; Failed; 5.1.1 (bad address)", "5.1.1"),
        ("550 sorry (#4.1.1)", ""), ("connected to 192.0.2.1 with 5.1.1.1", ""),
    ])
    func `a code behind a number sign counts, and one that stands alone where there is no reply`(
        text: String,
        status: String
    ) {
        #expect(DiagnosticText(parsing: text).reply.status?.description ?? "" == status)
    }

    @Test func `a refusal that only follows is not the reply`() {
        let diagnostic = DiagnosticText(parsing: "The account is inactive. 503-5.5.1 RCPT first 503 5.5.1 again")
        #expect(diagnostic.reply.code == nil)
        #expect(diagnostic.reply.status == nil)
        #expect(DiagnosticText(parsing: "550 no such user 554 5.5.1 no valid recipients").reply.code?.rawValue == 550)
    }

    @Test func `a host of the frame gives the provider away, one of the reply does not`() {
        #expect(DiagnosticText(parsing: "host aspmx.l.google.com[192.0.2.1] said: 550 no").provider == .google)
        #expect(DiagnosticText(parsing: "550 see mail.google.com").provider == nil)
    }

    @Test func `what is no reply is kept whole`() {
        let diagnostic = DiagnosticText(parsing: "As the mailbox is full.")
        #expect(diagnostic.reply.code == nil)
        #expect(diagnostic.reply.text == "As the mailbox is full.")
        #expect(DiagnosticText(parsing: "").reply.text.isEmpty)
        #expect(DiagnosticText(parsing: "55").reply.code == nil)
    }
}

import DeliveryReports
import MailFormat
import NIOCore
import Simulator
import StatusCodes
import Synchronization
import Testing

@Suite(patience) struct `Answers by mail` {
    /// A simulator whose answers go to another one, and a message to some recipients.
    private func with(
        _ recipients: [String],
        from sender: String = "me@client.test",
        parameters: String = "",
        _ text: String = "Subject: hello\r\nMessage-ID: <1@client.test>\r\n\r\nhello\r\n",
        _ body: (TakenMails, SimulatorProbe) async throws -> Void
    ) async throws {
        try await withSimulator { sink, answers in
            try await withSimulator(answers: .host(sink.address)) { simulator, _ in
                let probe = try await SimulatorProbe.connect(to: simulator)
                #expect(await probe.reply()?.code == 220)
                #expect(await probe.say("EHLO client.test")?.code == 250)
                await send(probe, recipients, from: sender, parameters, text)
                try await body(answers, probe)
                await probe.close()
            }
        }
    }

    private func send(
        _ probe: SimulatorProbe,
        _ recipients: [String],
        from sender: String = "me@client.test",
        _ parameters: String = "",
        _ text: String = "Subject: hello\r\n\r\nhello\r\n"
    ) async {
        #expect(await probe.say("MAIL FROM:<\(sender)>")?.code == 250)
        for recipient in recipients {
            #expect(await probe.say("RCPT TO:<\(recipient)>\(parameters)")?.codes == "250 2.1.5")
        }
        #expect(await probe.message(text)?.codes == "250 2.0.0")
    }

    @Test(arguments: [
        ("bounce-5.1.1", "5.1.1", "550 5.1.1"), ("bounce-552-5.2.2", "5.2.2", "552 5.2.2"),
        ("bounce-mailbox-full", "4.2.2", "450 4.2.2"), ("bounce-exchange-5.1.10", "5.1.10", "550 5.1.10 RESOLVER.ADR."),
        ("bounce-gmail-5.2.2", "5.2.2", "550 5.2.2"), ("bounce-postfix-5.7.1", "5.7.1", "550 5.7.1"),
        ("bounce-550", "5.0.0", "550 "),
    ])
    func `a bounce is a report to the sender`(word: String, status: String, said: String) async throws {
        try await with(["\(word)@example.net"]) { answers, _ in
            let mail = try await answers.next()
            #expect(mail.sender.isEmpty)
            #expect(mail.recipients == ["me@client.test"])
            #expect(mail.field("to") == "<me@client.test>")
            #expect(mail.field("auto-submitted") == "auto-replied")
            #expect(mail.field("in-reply-to") == "<1@client.test>")
            let report = try #require(mail.report)
            #expect(report.arrival == newYear)
            #expect(report.recipients.count == 1)
            let recipient = try #require(report.recipients.first)
            #expect(recipient.finalRecipient == "\(word)@example.net")
            #expect(recipient.action == .failed)
            #expect(recipient.status.map { "\($0)" } == status)
            #expect(recipient.diagnostic?.type == "smtp")
            #expect(recipient.diagnostic?.lines.first?.hasPrefix(said) == true)
            #expect(report.returned != nil)
            #expect(report.notification != nil)
        }
    }

    @Test(arguments: [
        (BounceStyle.exchange, "Undeliverable: hello", "postmaster@sim.test", "Generating server: sim.test"),
        (
            .gmail, "Delivery Status Notification (Failure)",
            "Mail Delivery Subsystem <mailer-daemon@googlemail.com>", "** Address not found **"
        ),
        (
            .postfix, "Undelivered Mail Returned to Sender", "MAILER-DAEMON@sim.test (Mail Delivery System)",
            "(in reply to RCPT TO command)"
        ),
    ])
    func `each system has its manner`(style: BounceStyle, subject: String, from: String, phrase: String) async throws {
        try await with(["bounce-\(style.rawValue)-5.1.1@example.net"]) { answers, _ in
            let mail = try await answers.next()
            #expect(mail.field("subject") == subject)
            #expect(mail.field("from") == from)
            #expect(mail.text.contains(phrase))
            #expect((mail.field("x-failed-recipients") != nil) == (style == .gmail))
            #expect(mail.text.contains("X-Postfix-Queue-ID") == (style == .postfix))
            #expect(mail.text.contains("\r\nX-MS-Exchange-Message-Is-Ndr:") == (style == .exchange))
        }
    }

    @Test func `a delay notice says until when`() async throws {
        try await with(["delay@example.net"]) { answers, _ in
            let recipient = try #require(try await answers.next().report?.recipients.first)
            #expect(recipient.action == .delayed)
            #expect(recipient.status == EnhancedStatusCode(.persistentTransientFailure, 4, 1))
            #expect(recipient.willRetryUntil == newYear.advanced(by: .seconds(5 * 86_400)))
        }
    }

    @Test func `a complaint has the abuse reporting format`() async throws {
        try await with(["complaint@example.net"]) { answers, _ in
            let mail = try await answers.next()
            #expect(mail.recipients == ["me@client.test"])
            let structure = MIMEStructure(mail.bytes.span)
            let types = structure.parts.map { "\($0.contentType.type)/\($0.contentType.subtype)" }
            #expect(types.contains("message/feedback-report"))
            #expect(types.contains("message/rfc822"))
            #expect(structure.parts.first?.contentType.text("report-type") == "feedback-report")
            #expect(mail.text.contains("Feedback-Type: abuse\r\n"))
            #expect(mail.text.contains("Original-Rcpt-To: <complaint@example.net>\r\n"))
            #expect(mail.text.contains("Source-IP: 127.0.0.1\r\n"))
        }
    }

    @Test func `an automatic reply comes from the recipient and says what it is`() async throws {
        try await with(["auto-reply@example.net"]) { answers, _ in
            let mail = try await answers.next()
            #expect(mail.field("from") == "<auto-reply@example.net>")
            #expect(mail.field("subject") == "Automatic reply: hello")
            #expect(mail.field("auto-submitted") == "auto-replied")
            #expect(mail.report == nil)
        }
    }

    @Test(arguments: ["Auto-Submitted: auto-generated", "List-Id: <list.client.test>"])
    func `a machine is not answered by a machine`(field: String) async throws {
        let text = "\(field)\r\nSubject: hello\r\n\r\nhello\r\n"
        try await with(["auto-reply@example.net", "complaint@example.net"], text) { answers, _ in
            let answer = try await answers.next()
            #expect(answer.text.contains("Feedback-Type: abuse"))
        }
        let manual = "Auto-Submitted: no\r\nSubject: hello\r\n\r\nhello\r\n"
        try await with(["auto-reply@example.net"], manual) { answers, _ in
            let answer = try await answers.next()
            #expect(answer.field("subject") == "Automatic reply: hello")
        }
    }

    @Test func `each recipient that asks is answered, the others are not`() async throws {
        try await with(["bounce-5.1.1@a.test", "ok@b.test", "complaint@c.test", "bounce-5.2.1@d.test"]) { answers, _ in
            var reported: Set<String> = []
            for _ in 1...3 {
                reported.insert(try await answers.next().report?.recipients.first?.finalRecipient ?? "complaint")
            }
            #expect(reported == ["bounce-5.1.1@a.test", "complaint", "bounce-5.2.1@d.test"])
        }
    }

    @Test func `nobody reports to the null reverse-path`() async throws {
        let notes = Mutex<[String]>([])
        try await withSimulator { sink, answers in
            let note: @Sendable (String) -> Void = { text in notes.withLock { $0.append(text) } }
            try await withSimulator(answers: .host(sink.address), noted: note) { simulator, _ in
                let probe = try await SimulatorProbe.connect(to: simulator)
                #expect(await probe.reply()?.code == 220)
                #expect(await probe.say("EHLO client.test")?.code == 250)
                await send(probe, ["bounce-5.1.1@example.net"], from: "")
                // What came first would be the report, had there been one; a refusal of it would be told.
                await send(probe, ["complaint@example.net"])
                let answer = try await answers.next()
                #expect(answer.text.contains("Feedback-Type: abuse"))
                #expect(notes.withLock { $0 } == [])
                await probe.close()
            }
        }
    }

    @Test func `NOTIFY decides about reports`() async throws {
        try await with(["bounce-5.1.1@example.net", "delay@example.net"], parameters: " NOTIFY=DELAY") { answers, _ in
            let report = try await answers.next().report
            #expect(report?.recipients.first?.action == .delayed)
        }
        try await with(["bounce-5.1.1@example.net", "delay@example.net"], parameters: " NOTIFY=FAILURE") { answers, _ in
            let report = try await answers.next().report
            #expect(report?.recipients.first?.action == .failed)
        }
    }

    @Test func `ORCPT comes back`() async throws {
        for style in ["", "exchange-", "postfix-"] {
            let address = "bounce-\(style)5.1.1@example.net"
            try await with([address], parameters: " ORCPT=rfc822;alias@client.test") { answers, _ in
                let recipient = try #require(try await answers.next().report?.recipients.first)
                #expect(recipient.originalRecipient == "alias@client.test")
                #expect(recipient.finalRecipient == address)
            }
        }
    }

    @Test func `of a large message only the header comes back`() async throws {
        let line = String(repeating: "x", count: 78) + "\r\n"
        let text = "Subject: large\r\n\r\n" + String(repeating: line, count: 2000)
        for word in ["bounce-postfix-5.1.1", "bounce-5.1.1", "complaint"] {
            try await with(["\(word)@example.net"], text) { answers, _ in
                let mail = try await answers.next()
                #expect(mail.text.contains("Content-Type: text/rfc822-headers"))
                #expect(mail.bytes.count < 10_000)
            }
        }
    }

    @Test func `answers go to the address that connected, at the port that was set`() async throws {
        try await withSimulator { sink, answers in
            let port = try #require(sink.address.port)
            try await withSimulator(answers: .peer(port: port)) { simulator, _ in
                let probe = try await SimulatorProbe.connect(to: simulator)
                #expect(await probe.reply()?.code == 220)
                #expect(await probe.say("EHLO client.test")?.code == 250)
                await send(probe, ["bounce-5.1.1@example.net"])
                let answer = try await answers.next()
                #expect(answer.recipients == ["me@client.test"])
                await probe.close()
            }
        }
    }

    @Test func `an answer that is refused is told to the operator`() async throws {
        let (stream, continuation) = AsyncStream<String>.makeStream()
        try await withSimulator(opening: StagedReply("greeting-4.3.2", in: .listener)) { sink, _ in
            try await withSimulator(answers: .host(sink.address), noted: { continuation.yield($0) }) { simulator, _ in
                let probe = try await SimulatorProbe.connect(to: simulator)
                #expect(await probe.reply()?.code == 220)
                #expect(await probe.say("EHLO client.test")?.code == 250)
                await send(probe, ["bounce-5.1.1@example.net"])
                var notes = stream.makeAsyncIterator()
                let note = try #require(await notes.next())
                #expect(note.hasPrefix("no answer to me@client.test: "))
                #expect(note.contains("421"))
                await probe.close()
            }
        }
    }
}

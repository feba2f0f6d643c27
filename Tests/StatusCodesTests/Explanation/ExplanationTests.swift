import StatusCodes
import Testing

@Suite struct ExplanationTests {
    @Test func `a code is explained by its own text and the steps of its cause`() throws {
        let explanation = try #require(Explanation(question: "5.1.1"))
        #expect(explanation.kind == .code)
        let entry = try #require(Catalogue.en.entry(of: EnhancedStatusCode(.permanentFailure, 1, 1)))
        #expect(explanation.title == entry.title && explanation.meaning == entry.what)
        #expect(explanation.finding.cause == .userUnknown)
        #expect(explanation.turn == Catalogue.en.turn(of: .recipient))
        #expect(explanation.senderSteps.first?.contains("spelling") == true)
        #expect(explanation.description.hasPrefix("5.1.1 \(entry.title)\n"))
    }

    @Test func `a reply line is explained by its cause`() throws {
        let explanation = try #require(Explanation(question: "  550 5.7.1 blocked using zen.spamhaus.org"))
        #expect(explanation.kind == .reply)
        #expect(explanation.finding.cause == .blockedAddress)
        #expect(explanation.title == Catalogue.en.entry(of: Cause.blockedAddress).title)
        #expect(explanation.replyMeanings.first?.number == 550)
    }

    @Test func `an enumerated status, three digits and a condition are understood`() throws {
        #expect(try #require(Explanation(question: "X.7.26")).finding.status.description == "5.7.26")
        let digits = try #require(Explanation(question: "552"))
        #expect(digits.kind == .code)
        #expect(digits.replyMeanings.count == 4)
        let condition = try #require(Explanation(question: "4.4.2-outcome-unknown"))
        #expect(condition.kind == .condition)
        #expect(!condition.finding.outcomeKnown)
        #expect(condition.title == Catalogue.en.entry(of: Condition.outcomeUnknown).title)
    }

    @Test func `white space around a question does not matter`() throws {
        #expect(try #require(Explanation(question: " 5.1.1\r\n")).kind == .code)
        #expect(try #require(Explanation(question: "4.2.2-over-quota\n")).kind == .condition)
    }

    @Test func `a status beside the text counts where the text has none`() throws {
        let status = EnhancedStatusCode(.permanentFailure, 2, 2)
        #expect(try #require(Explanation(question: "over quota", status: status)).finding.cause == .mailboxFull)
        #expect(try #require(Explanation(question: "550 5.1.1 x", status: status)).finding.cause == .userUnknown)
        #expect(Explanation(question: "nothing to see") == nil)
    }

    @Test func `words alone are explained where they are understood`() throws {
        let explanation = try #require(Explanation(question: "Sorry, the mailbox is over quota"))
        #expect(explanation.finding.cause == .mailboxFull)
        #expect(explanation.stage == .report)
    }

    @Test func `a quoted reply is explained with the stage and the provider that its frame names`() throws {
        let text =
            "host mx.nn.auone-net.jp[192.0.2.1] said: 550 Recipient address rejected. (in reply to RCPT TO command)"
        let explanation = try #require(Explanation(question: text, source: .report))
        #expect(explanation.stage == .rcpt)
        #expect(explanation.finding.rule.name == "au-recipient")
        #expect(explanation.finding.printed?.code?.rawValue == 550)
    }

    @Test func `a stage that nobody named is the recipient's for a person and a report's for a program`() throws {
        let person = try #require(Explanation(question: "550 User unknown"))
        #expect(person.stage == .rcpt && person.finding.cause == .userUnknown)
        let program = try #require(Explanation(question: "550 User unknown", source: .report))
        #expect(program.stage == .report && program.finding.bounce == .soft)
        #expect(try #require(Explanation(question: "5.5.3", source: .report)).stage == .rcpt)
    }

    @Test func `success needs nobody to act`() throws {
        let explanation = try #require(Explanation(question: "2.1.5"))
        #expect(explanation.turn == Catalogue.en.turn(of: Fault.none))
        #expect(explanation.finding.actions.terminal == .relayed)
        #expect(explanation.outlook == Catalogue.en.outlook(of: .success))
    }

    @Test(arguments: ["", "hello", "5.1", "X", "5.1.1000", "99"])
    func `what is no code is not explained`(question: String) {
        #expect(Explanation(question: question) == nil)
    }

    @Test func `a provider changes the explanation`() throws {
        let plain = try #require(Explanation(question: "550 5.7.30 x"))
        let google = try #require(Explanation(question: "550 5.7.30 x", provider: .google))
        #expect(plain.finding.cause == .requiretlsFailed)
        #expect(google.finding.cause == .dkimFailed)
        #expect(google.title != plain.title)
    }

    @Test func `three digits that no standard knows are explained by what their author meant`() throws {
        for number: UInt16 in [571, 101, 111] {
            let explanation = try #require(Explanation(question: "\(number)"))
            #expect(explanation.title == Catalogue.en.entries(ofNumber: number).first?.title)
        }
        #expect(Explanation(question: "112") == nil)
    }

    @Test func `three digits of a standard are explained by their own text`() throws {
        var said: [String: UInt16] = [:]
        for number in Set(ReplyMeaning.all.filter(\.isStandard).map(\.number)) {
            let explanation = try #require(Explanation(question: "\(number)"))
            let entry = try #require(ReplyCode(number).flatMap { Catalogue.en.entry(of: $0) })
            #expect(explanation.title == entry.title && explanation.meaning == entry.what)
            #expect(explanation.description.hasPrefix("\(number) \(entry.title)\n"))
            #expect(said.updateValue(number, forKey: entry.what) == nil)
        }
    }

    @Test(arguments: [
        ("535", Stage.auth, Cause.ownCredentialsRefused), ("534", .auth, .mechanismRefused),
        ("530", .mail, .tlsDemanded), ("220", .greeting, .accepted), ("354", .data, .accepted),
        ("521", .greeting, .neverAccepts), ("211", .command, .accepted),
        ("250", .rcpt, .relayed), ("550", .rcpt, .unexplained),
    ])
    func `three digits are taken to be said when their standard says them`(digits: String, stage: Stage, cause: Cause)
        throws
    {
        let explanation = try #require(Explanation(question: digits))
        #expect(explanation.stage == stage)
        #expect(explanation.finding.cause == cause)
        // With a text they are a reply, whose stage is the recipient's unless it says another.
        #expect(try #require(Explanation(question: "\(digits) x")).stage == .rcpt)
    }

    @Test(arguments: Catalogue.all.map(\.language))
    func `an explanation is written in the language asked for`(language: String) throws {
        let catalogue = Catalogue.best(for: [language])
        let explanation = try #require(Explanation(question: "452 4.2.2 over quota", in: catalogue))
        #expect(explanation.language == language)
        #expect(explanation.title == catalogue.entry(of: Cause.mailboxFull).title)
        #expect(explanation.description.contains(catalogue.senderLabel))
    }

    @Test func `every registered code in its classes is explained`() throws {
        for entry in RegisteredStatus.all {
            for statusClass in StatusClass.allCases where entry.classes.contains(statusClass) {
                let explanation = try #require(
                    Explanation(question: "\(EnhancedStatusCode(statusClass, entry.status))")
                )
                #expect(
                    explanation.meaning == Catalogue.en.entry(of: EnhancedStatusCode(statusClass, entry.status))?.what
                )
                #expect(!explanation.senderSteps.isEmpty && !explanation.operatorSteps.isEmpty)
                #expect(explanation.finding.status.statusClass == statusClass)
            }
        }
    }
}

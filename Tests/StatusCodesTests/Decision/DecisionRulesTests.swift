import StatusCodes
import Testing

/// Rules that an operator loads while the relay runs.
@Suite struct DecisionRulesTests {
    private let header =
        "rule,provider,as_of,next_hop,source,condition,class,status,reply,stage,when,text,cause,conclude,named,scope,"
        + "affected,fault,actions,confidence,alert,basis\n"

    private func rules(_ rows: String) throws -> DecisionRules {
        let file = Array((header + rows).utf8)
        return try DecisionRules(adding: file.span)
    }

    private func decide(_ rules: DecisionRules, _ line: String, _ provider: Provider? = nil) -> Finding {
        rules.decide(Evidence(stage: .rcpt, reply: PrintedReply(parsing: line), provider: provider))
    }

    @Test func `a row of one's own comes before the built-in ones and names itself`() throws {
        let rules = try rules("ours,,,,,,5,X.7.1,,,,,mailbox-full,cause,,,,,,certain,,seen on Monday\n")
        let finding = decide(rules, "550 5.7.1 blocked using a list")
        #expect(finding.cause == .mailboxFull)
        #expect(finding.status.description == "5.2.2")
        #expect(finding.rule.name == "ours")
        #expect(finding.rule.basis == "seen on Monday")
        #expect(finding.rule.description == "ours@\(rules.version)")
        #expect(rules.version != DecisionRules.builtIn.version)
        #expect(decide(.builtIn, "550 5.7.1 blocked using a list").cause == .blockedAddress)
    }

    @Test func `a row with the name of a built-in one stands in its place`() throws {
        let rules = try rules("5.1.1,,,,,,5,X.1.1,,,,,address-refused,,,,,,,guess,,a broken directory\n")
        #expect(decide(rules, "550 5.1.1 x").cause == .addressRefused)
        #expect(rules.rules.count == DecisionRule.all.count)
        // What was tried before it still is.
        #expect(decide(rules, "550 5.1.1 too many messages this hour").cause == .rateLimited)
    }

    @Test func `phrases of one's own are found like the built-in ones`() throws {
        let rules = try rules("form,,,,,,,vague,,,,use_our_form _formular_,policy-refused,cause,,,,,,,,their page\n")
        #expect(decide(rules, "550 Please use <x@y.example> our  FORM").rule.name == "form")
        #expect(decide(rules, "550 Formular!").rule.name == "form")
        #expect(decide(rules, "550 Formulare").rule.name != "form")
        #expect(decide(.builtIn, "550 Formular!").rule.name == "class")
    }

    @Test func `a rule may ask for one of each of two lists`() throws {
        let rules = try rules("both,,,,,,,vague,,,,use_our_form mailbox-full & _please_,policy-refused,,,,,,,,,they\n")
        #expect(decide(rules, "550 Please do not call: use our form").rule.name == "both")
        #expect(decide(rules, "550 Mailbox full, please wait").rule.name == "both")
        #expect(decide(rules, "550 Use our form").rule.name != "both")
        #expect(decide(rules, "550 Please").rule.name != "both")
    }

    @Test(arguments: ["& spam", "spam &", "spam & virus & policy", "&"])
    func `an ampersand that does not stand between two lists is a mistake`(text: String) {
        #expect(throws: DataFileError.self) {
            try rules("both,,,,,,,vague,,,,\(text),policy-refused,,,,,,,,,they\n")
        }
    }

    @Test func `no built-in phrase is taken for one of one's own`() throws {
        let rules = try rules("form,,,,,,,,,,,use_our_form,policy-refused,cause,,,,,,,,their page\n")
        for row in try RegistryFile("phrases").rows {
            let phrase = try #require(row["phrase"])
            #expect(decide(rules, "550 \(phrase)").rule.name != "form", "\(phrase)")
        }
    }

    @Test func `a provider that nobody knew can be named`() throws {
        let rules = try rules("x,example-mail,2026-08,,,,,X.7.9,,,,,spam,cause,,,,,,,,told by phone\n")
        #expect(decide(rules, "550 5.7.9 x", Provider(name: "example-mail")).cause == .spam)
        #expect(decide(rules, "550 5.7.9 x").cause != .spam)
        #expect(decide(rules, "550 5.7.9 x", .google).cause != .spam)
    }

    @Test func `conditions, actions and circumstances are read`() throws {
        let rules = try rules(
            """
            quick,,,smarthost,live,,4,bare,451 452,rcpt dot,tls,system,system-error,4.3.2,,host,mx-host,us,\
            next-host retry:own,certain,yes,"quoted, with a comma"
            own-no-answer,,,,,4.4.1-no-answer,,,,,,,no-answer,,,,,,retry:own,,,ours

            """
        )
        var evidence = Evidence(
            stage: .dot,
            reply: PrintedReply(parsing: "451 local error"),
            nextHop: .smartHost,
            tls: true
        )
        let finding = rules.decide(evidence)
        #expect(finding.rule.name == "quick")
        #expect(finding.status.description == "4.3.2")
        #expect(Array(finding.actions) == [.nextHost, .retry(.own)])
        #expect(finding.scope == .host && finding.fault == .us && finding.alert)
        #expect(finding.rule.basis == "quoted, with a comma")
        evidence.tls = false
        #expect(rules.decide(evidence).rule.name != "quick")
        #expect(Array(rules.decide(Evidence(.noAnswer)).actions) == [.retry(.own)])
        #expect(Array(DecisionTable.decide(Evidence(.noAnswer)).actions) == [.nextHost, .retry(.network)])
    }

    @Test(arguments: [
        ("x,,,,,,,,,,,,no-such-cause,,,,,,,,,b\n", "line 2: cause: there is no no-such-cause"),
        ("x,,,,,,,,,,,,spam,,,,,,,,,\n", "line 2: basis: say what the rule rests on"),
        ("x,google,,,,,,,,,,,spam,,,,,,,,,b\n", "line 2: as_of: a rule about a provider is dated"),
        ("x,,,,,,6,,,,,,spam,,,,,,,,,b\n", "line 2: class: 6 is not 4 or 5"),
        (
            "x,,,,,,,7.1,,,,,spam,,,,,,,,,b\n",
            "line 2: status: X.1.2, two of them, X.1.*, none, bare, vague or other is expected"
        ),
        ("x,,,,,,,,99,,,,spam,,,,,,,,,b\n", "line 2: reply: 99 is no reply code"),
        ("x,,,,,,,,,nowhere,,,spam,,,,,,,,,b\n", "line 2: stage: there is no nowhere"),
        ("x,,,,,,,,,,coded,,spam,,,,,,,,,b\n", "line 2: when: there is no coded"),
        ("x,,,,,,,,,,,nonsense,spam,,,,,,,,,b\n", "line 2: text: there is no nonsense"),
        ("x,,,,,,,,,,,,spam,,,,,,fail fail,,,b\n", "line 2: actions: the last action is terminal and no other"),
        ("x,,,,,,,,,,,,spam,,,,,,retry:never,,,b\n", "line 2: actions: there is no retry:never"),
        ("x,,,,,,,,,,,,spam,2.0.0,,,,,,,,b\n", "line 2: conclude: cause, finer, X.1.2 or a code is expected"),
        ("x,,,,,,,,,,,,spam,,none-such,,,,,,,b\n", "line 2: named: there is no none-such"),
        ("x,,,,,,,,,,,,spam,,,,,,,,maybe,b\n", "line 2: alert: yes or no is expected"),
        ("x,,,,,none-such,,,,,,,spam,,,,,,,,,b\n", "line 2: condition: there is no none-such"),
        ("x y,,,,,,,,,,,,spam,,,,,,,,,b\n", "line 2: rule: a name without spaces is expected"),
        ("x,,,,,,,,,,,,spam,,,,,,,,,b\n\n\nx,,,,,,,,,,,,spam,,,,,,,,,b\n", "line 5: rule: x is there twice"),
        ("success-step,,,,,,,,,,,,spam,,,,,,,,,b\n", "line 2: rule: success-step is not to be replaced"),
        ("x,spam\n", "line 2: 2 fields where the header has 22"),
        ("x,\"open\n", "line 2: a quoted field does not end"),
        ("x,\"a\"b,,,,,,,,,,,spam,,,,,,,,,b\n", "line 2: something stands behind a closing quote"),
    ])
    func `what is wrong is said with its line`(rows: String, message: String) {
        let error = #expect(throws: DataFileError.self) { try rules(rows) }
        #expect(error.map(String.init(describing:)) == message)
    }

    @Test(arguments: [
        ("rule,cause,basis,colour\n", "line 1: there is no column colour"),
        ("rule,cause\n", "line 1: the column basis is missing"),
        ("rule,cause,basis,rule\n", "line 1: a column is named twice"), ("", "line 1: the column rule is missing"),
    ])
    func `the header names the columns`(text: String, message: String) {
        let file = Array(text.utf8)
        let error = #expect(throws: DataFileError.self) { try DecisionRules(adding: file.span) }
        #expect(error.map(String.init(describing:)) == message)
    }

    @Test func `a file is bounded, and is UTF-8`() {
        let long = [UInt8](repeating: 0x61, count: (1 << 20) + 1)
        #expect(throws: DataFileError.self) { try DecisionRules(adding: long.span) }
        let many = Array(("rule,cause,basis\n" + (0...8192).map { "r\($0),spam,b\n" }.joined()).utf8)
        #expect(throws: DataFileError.self) { try DecisionRules(adding: many.span) }
        let latin = Array("rule,cause,basis\nx,spam,".utf8) + [0xE4, 0x0A]
        #expect(throws: DataFileError.self) { try DecisionRules(adding: latin.span) }
    }

    @Test func `columns may be fewer and in another order, lines may end in CRLF`() throws {
        let file = Array("basis,status,rule,cause\r\nwe know,X.7.1,few,spam\r\n".utf8)
        let rules = try DecisionRules(adding: file.span)
        #expect(decide(rules, "550 5.7.1 x").rule.name == "few")
        #expect(decide(rules, "550 5.7.1 x").confidence == .likely)
    }

    /// The rows of the registry, read at run time in the place of themselves, conclude what the compiled ones do.
    @Test func `the built-in rows read at run time are the compiled ones`() throws {
        let rows = try RegistryFile("decisions").rows.filter { $0["when"] != "coded" }
        let columns = header.dropLast().split(separator: ",").map(String.init)
        let text = rows.map { row in
            columns.map { "\"\((row[$0] ?? "").replacing("\"", with: "\"\""))\"" }.joined(separator: ",")
        }.joined(separator: "\n")
        let rules = try rules(text)
        #expect(rules.rules.map(\.name) == DecisionRule.all.map(\.name))
        for entry in RegisteredStatus.all {
            for text in ["x", "user unknown", "listed at spamhaus", "over quota", "greylisted", "relay not permitted"] {
                for digits in [450, 550] {
                    for stage in Stage.allCases {
                        let line = "\(digits) \(digits / 100).\(entry.status.description.dropFirst(2)) \(text)"
                        var evidence = Evidence(stage: stage, reply: PrintedReply(parsing: line))
                        evidence.acceptedRecipients = 1
                        check(rules.decide(evidence), DecisionTable.decide(evidence), "\(line) at \(stage)")
                    }
                }
            }
        }
        for condition in Condition.all {
            check(rules.decide(Evidence(condition)), DecisionTable.decide(Evidence(condition)), condition.id)
        }
    }

    private func check(_ read: Finding, _ compiled: Finding, _ about: String) {
        #expect(read.rule.name == compiled.rule.name, "\(about)")
        var same = read
        same.rule = compiled.rule
        #expect(same == compiled, "\(about)")
    }
}

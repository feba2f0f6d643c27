import Simulator
import StatusCodes
import Testing

/// Each row of each file of `Registry`, as the file has it, through all that Martlet makes of it: parsed, printed,
/// decided, explained in every language, and shown by a simulator over a socket.
@Suite(patience) struct `Every row of every registry file` {
    private static let codes = RegistryRows.rows("enhanced-status-codes")
    private static let conditions = RegistryRows.rows("conditions")
    private static let numbers = RegistryRows.rows("reply-codes")
    private static let parts = RegistryRows.rows("enhanced-status-classes-subjects")
    private static let causes = RegistryRows.rows("causes")

    /// Our own tables beside the registry, which hold no reply that anybody could show: who walks them, and why they
    /// are not simulated.
    private static let tables = [
        "decisions": "a rule judges what is said and is not said itself; DecisionTableTests lets each rule win",
        "phrases": "words within a reply; DecisionTableTests lets each rule win by its phrases",
        "providers": "names of systems; ProviderTests knows each by its hosts and its words",
        "fallbacks": "reasons; FallbackTests counts the cells of each and prints them",
    ]

    /// Rows of `conditions.csv` that no peer shows of itself, by where they arise.
    ///
    /// The simulator has them all the same, in the manner of a host that passes on what it was told.
    private static let notShown = [
        "delivery-agent": "concluded by whoever sends, from what a peer did or from DNS",
        "local-delivery": "concluded by whoever keeps the mailbox, behind any session",
        "dsn-only": "written into reports only",
        "tracking-status": "written into answers to tracking queries only (RFC 3886)",
    ]

    @Test func `No file is left out, and none is empty`() throws {
        let walked = [
            "enhanced-status-codes", "conditions", "reply-codes", "enhanced-status-classes-subjects", "causes",
        ]
        #expect(Set(walked).union(Self.tables.keys) == (try RegistryRows.names()))
        #expect(Self.codes.count == RegisteredStatus.all.count && Self.codes.count == 81)
        #expect(Self.conditions.count == Condition.all.count && Self.conditions.count == 275)
        #expect(Self.numbers.count == ReplyMeaning.all.count && Self.numbers.count == 116)
        #expect(Self.parts.count == StatusClass.allCases.count + RegisteredSubject.all.count)
        #expect(Self.causes.count == Cause.all.count)
        for name in Self.tables.keys { #expect(!RegistryRows.rows(name).isEmpty, "\(name)") }
    }

    // MARK: Enumerated statuses

    @Test(arguments: codes)
    func `An enumerated status in each of its classes`(row: RegistryRows.Row) async throws {
        var digits = row.words("classes", by: ",")
        if digits.isEmpty {
            // The deprecated one has no class of its own: peers print it all the same.
            digits = Catalogue.codes.filter { "\($0.status)" == row["code"] }.map { "\($0.statusClass.rawValue)" }
        }
        #expect(!digits.isEmpty)
        for digit in digits {
            let text = digit + row["code"].dropFirst()
            let code = try #require(EnhancedStatusCode(text))
            #expect("\(code)" == text && "\(code.status)" == row["code"])
            for stage in Stage.allCases {
                let line = "\(digit)50 \(text) x"
                let finding = DecisionTable.decide(Evidence(stage: stage, reply: PrintedReply(parsing: line)))
                #expect(finding.printed?.status == code && finding.printed?.description == line)
                #expect(Self.keepsClass(finding, code.statusClass, at: stage), "\(line) at \(stage)")
            }
            try explain(text) { $0.entry(of: code) }
            try await StageProbe(.rcpt, word: text).expect(Expected(code, at: .rcpt))
        }
    }

    /// Whether the digit's class stands; a refusal at the door is one of us for now (`docs/design/rulings.md` §1).
    private static func keepsClass(_ finding: Finding, _ statusClass: StatusClass, at stage: Stage) -> Bool {
        if finding.status.statusClass == statusClass { return true }
        return statusClass == .permanentFailure && [.connect, .greeting, .starttls].contains(stage)
    }

    // MARK: Conditions

    @Test(arguments: conditions)
    func `A condition at its stage`(row: RegistryRows.Row) async throws {
        let condition = try #require(Condition(id: row["condition_id"]))
        #expect("\(condition.replyCode)" == row["basic_reply"])
        #expect((condition.status.map { "\($0)" } ?? "") == row["code"])
        // Printed as a server does, and read as a client does.
        let printed = PrintedReply(parsing: Self.printed(condition))
        #expect(printed.code == condition.replyCode && printed.status == condition.status)
        #expect(printed.text.hasSuffix(row["text"]))
        let finding = DecisionTable.decide(Evidence(condition))
        #expect(finding.condition == condition && !finding.rule.name.isEmpty)
        try explain(condition.id) { $0.entry(of: condition) }
        #expect(row["where"] == "server-session" || Self.notShown[row["where"]] != nil)
        if let stage = condition.stages.stages.first(where: { !$0.isBehindSessions }) {
            try await StageProbe(stage, word: "\(stage.rawValue)-\(condition.id)").expect(Expected(condition))
        } else {
            // What only its own side concludes is heard at RCPT, or behind the content, as a host passes it on.
            #expect(row["where"] != "server-session")
            let isBehindContent = condition.stages.contains(.conversion) || condition.stages.contains(.local)
            try await StageProbe(isBehindContent ? .dot : .rcpt, word: condition.id).expect(Expected(condition))
        }
    }

    private static func printed(_ condition: Condition) -> String {
        ["\(condition.replyCode)", condition.status.map { "\($0)" }, condition.text].compactMap(\.self)
            .joined(separator: " ")
    }

    // MARK: Reply codes

    /// Digits that no server says.
    private static let pseudoCodes: [UInt16: String] = [
        101: "a program shows it for a server that it cannot reach",
        111: "a program shows it for a connection that was refused",
    ]

    @Test(arguments: numbers)
    func `A meaning of a reply code`(row: RegistryRows.Row) async throws {
        let number = try #require(UInt16(row["code"]))
        let meaning = try #require(ReplyMeaning.all.first { $0.number == number && $0.meaning == row["meaning"] })
        #expect((meaning.status.map { "\($0)" } ?? "") == row["emit_enhanced"])
        guard let code = ReplyCode(number) else {
            // Not simulated: no server says it.
            #expect(Self.pseudoCodes[number]?.isEmpty == false && row["standard"] == "no")
            try explain("\(number)") { $0.entries(ofNumber: number).first }
            return
        }
        #expect("\(code)" == row["code"] && code.meanings.contains(meaning))
        for stage in Stage.allCases {
            let line = "\(number) \(row["meaning"])"
            let printed = PrintedReply(parsing: line)
            #expect(printed.code == code && printed.description == line)
            let finding = DecisionTable.decide(Evidence(stage: stage, reply: printed))
            #expect(Self.keepsClass(finding, code.statusClass ?? .success, at: stage), "\(line) at \(stage)")
        }
        let isOfStandard = code.meanings.contains(where: \.isStandard)
        try explain("\(number)") { isOfStandard ? $0.entry(of: code) : $0.entries(ofNumber: number).first }
        if row["standard"] == "no" { try hasTextOfItsOwn(row, number) }
        // What asks for more is no reply to RCPT.
        let asksForMore = code.severity == .positiveIntermediate
        try await StageProbe(asksForMore ? .command : .rcpt, word: "\(number)").expect(Expected("\(number)"))
    }

    /// Each meaning beside the standard has a text, in the order of the file.
    private func hasTextOfItsOwn(_ row: RegistryRows.Row, _ number: UInt16) throws {
        let same = Self.numbers.filter { $0["code"] == row["code"] && $0["standard"] == "no" }
        let place = try #require(same.firstIndex { $0.line == row.line })
        for catalogue in Catalogue.all {
            let entries = catalogue.entries(ofNumber: number)
            #expect(entries.count == same.count)
            #expect(!entries[place].title.isEmpty && !entries[place].what.isEmpty)
        }
    }

    // MARK: Classes and subjects

    @Test(arguments: parts)
    func `A class or a subject, by a code that nobody registered`(row: RegistryRows.Row) async throws {
        let digit = try #require(UInt8(row["digit"]))
        let isClass = row["kind"] == "class"
        if isClass {
            #expect(StatusClass(rawValue: digit)?.title == row["title"])
        } else {
            let subject = RegisteredSubject.all.first { $0.subject.rawValue == UInt16(digit) }
            #expect(subject?.title == row["title"])
        }
        // The highest detail that can be written: nobody has registered it.
        let text = isClass ? "\(digit).9.999" : "5.\(digit).999"
        let code = try #require(EnhancedStatusCode(text))
        #expect("\(code)" == text && code.status.registration == nil && Catalogue.en.entry(of: code) == nil)
        let reply = PrintedReply(parsing: "\(code.statusClass.rawValue)50 \(text) x")
        let finding = DecisionTable.decide(Evidence(stage: .rcpt, reply: reply))
        #expect(finding.status.statusClass == code.statusClass)
        if !isClass {
            let others = RegisteredSubject.all.map(\.subject.rawValue).filter { $0 != UInt16(digit) }
            let rules = others.map { other in
                let reply = PrintedReply(parsing: "550 5.\(other).999 x")
                return DecisionTable.decide(Evidence(stage: .rcpt, reply: reply)).rule
            }
            #expect(!rules.contains(finding.rule), "\(finding.rule) decides another subject too")
        }
        for catalogue in Catalogue.all {
            let explanation = try #require(Explanation(question: text, in: catalogue))
            #expect(explanation.outlook == catalogue.outlook(of: code.statusClass))
            #expect(explanation.title == catalogue.entry(of: explanation.finding.cause).title)
        }
        try await StageProbe(.rcpt, word: text).expect(Expected(code, at: .rcpt))
    }

    // MARK: Causes

    @Test(arguments: causes)
    func `A cause by its code`(row: RegistryRows.Row) async throws {
        let cause = try #require(Cause(name: row["name"]))
        #expect("\(cause)" == row["name"] && "\(cause.status)" == row["status"])
        #expect(cause.fault.rawValue == row["fault"])
        let rules = RegistryRows.rows("decisions").filter { $0["cause"] == row["name"] }
        #expect(!rules.isEmpty, "no rule concludes it")
        for catalogue in Catalogue.all {
            let entry = catalogue.entry(of: cause)
            #expect(!entry.title.isEmpty && !entry.what.isEmpty)
            #expect(!catalogue.senderSteps(for: cause).isEmpty && !catalogue.operatorSteps(for: cause).isEmpty)
        }
        let namesake = Condition(id: "\(cause.status)-\(cause.name)").flatMap { $0.place == .serverSession ? $0 : nil }
        let expected = namesake.map { Expected($0) } ?? Expected(cause.status, at: .rcpt)
        try await StageProbe(.rcpt, word: cause.name).expect(Expected(expected.codes))
    }

    // MARK: Words

    /// A question is answered by its own text in every language, with steps and with somebody whose turn it is.
    private func explain(_ question: String, _ entry: (Catalogue) -> Catalogue.Entry?) throws {
        for catalogue in Catalogue.all {
            let explanation = try #require(Explanation(question: question, in: catalogue))
            let own = try #require(entry(catalogue), "\(question) has no text in \(catalogue.language)")
            #expect(explanation.title == own.title && explanation.meaning == own.what, "\(question)")
            #expect(!explanation.senderSteps.isEmpty && !explanation.operatorSteps.isEmpty, "\(question)")
            #expect(explanation.turn == catalogue.turn(of: explanation.finding.fault))
        }
    }

    /// The text of a row is nobody else's: no placeholder stands for several.
    @Test(arguments: Catalogue.all.map(\.language))
    func `No two rows share their words`(language: String) throws {
        let catalogue = Catalogue.best(for: [language])
        var said: [Catalogue.Entry: String] = [:]
        func take(_ entry: Catalogue.Entry?, _ row: String) throws {
            let entry = try #require(entry, "\(row)")
            let other = said.updateValue(row, forKey: entry)
            #expect(other == nil, "\(row) says the same as \(other ?? "")")
        }
        for row in Self.codes {
            for digit in row.words("classes", by: ",") {
                let code = EnhancedStatusCode("\(digit)\(row["code"].dropFirst())")
                try take(code.flatMap { catalogue.entry(of: $0) }, "\(digit)\(row["code"].dropFirst())")
            }
        }
        for row in Self.conditions {
            try take(Condition(id: row["condition_id"]).map { catalogue.entry(of: $0) }, row["condition_id"])
        }
        // Three digits have one text for all that a standard means by them, and one for each further meaning.
        for number in Set(Self.numbers.compactMap { UInt16($0["code"]) }).sorted() {
            if let entry = ReplyCode(number).flatMap({ catalogue.entry(of: $0) }) { try take(entry, "\(number)") }
            for entry in catalogue.entries(ofNumber: number) { try take(entry, "\(number) beside the standard") }
        }
        for row in Self.causes { try take(Cause(name: row["name"]).map { catalogue.entry(of: $0) }, row["name"]) }
    }
}

import StatusCodes
import Testing

/// The table as a whole: total, consistent, and quick enough for every delivery.
@Suite struct DecisionTableTests {
    private func decide(_ line: String, at stage: Stage) -> Finding {
        DecisionTable.decide(Evidence(stage: stage, reply: PrintedReply(parsing: line)))
    }

    /// What holds for every finding, whatever the evidence.
    private func check(_ finding: Finding, _ about: String) {
        let isSuccess = finding.fault == .none && finding.cause != .cancelled
        #expect(finding.actions.isEmpty == (finding.cause == .accepted), "\(about)")
        #expect(finding.actions.dropLast().allSatisfy { !$0.isTerminal }, "\(about)")
        #expect(finding.actions.last?.isTerminal ?? true, "\(about)")
        #expect(isSuccess == (finding.bounce == .none) || finding.cause == .cancelled, "\(about)")
        if finding.suppression != .none { #expect(finding.fault == .recipient, "\(about)") }
    }

    @Test func `every registered code, class and stage has a finding that keeps its class`() {
        for entry in RegisteredStatus.all {
            for statusClass in [StatusClass.persistentTransientFailure, .permanentFailure] {
                let code = EnhancedStatusCode(statusClass, entry.status)
                for stage in Stage.allCases {
                    let digits = statusClass == .permanentFailure ? 550 : 450
                    let finding = decide("\(digits) \(code) text", at: stage)
                    check(finding, "\(code) at \(stage)")
                    let isAnotherClass = finding.status.statusClass != statusClass
                    let isOurs = stage == .greeting || stage == .connect || stage == .starttls
                    #expect(!isAnotherClass || isOurs, "\(code) at \(stage)")
                }
            }
        }
    }

    @Test func `no registered code is decided by its class or subject alone`() {
        for entry in RegisteredStatus.all where entry.status != .otherUndefinedStatus {
            for digits in [450, 550] {
                let rule = decide("\(digits) \(digits / 100).\(entry.status.description.dropFirst(2)) text", at: .rcpt)
                    .rule
                #expect(rule.name != "class" && !rule.name.hasSuffix("-other"), "\(entry.status) \(rule)")
            }
        }
    }

    @Test func `unknown codes fall back to their subject and class`() {
        #expect(decide("550 5.1.99 x", at: .rcpt).rule.name == "x.1-other")
        #expect(decide("550 5.7.509 x", at: .rcpt).rule.name == "x.7-other")
        #expect(decide("550 5.7.509 blocked using a list", at: .rcpt).cause == .blockedAddress)
        #expect(decide("451 4.7.651 x", at: .greeting).status.description == "4.7.651")
        #expect(decide("550 5.9.9 x", at: .rcpt).rule.name == "unknown-subject")
        #expect(decide("550 x", at: .rcpt).rule.name == "class")
        #expect(decide("450 4.2.99 x", at: .rcpt).actions.terminal == .retry(.standard))
    }

    @Test func `any reply code at any stage has a finding`() {
        for number: UInt16 in 200...599 {
            for stage in Stage.allCases { check(decide("\(number) text", at: stage), "\(number) at \(stage)") }
        }
    }

    @Test func `every condition has a finding of its own status, named by itself`() {
        for condition in Condition.all {
            let finding = DecisionTable.decide(Evidence(condition))
            check(finding, condition.id)
            #expect(finding.condition == condition)
            if condition.place != .serverSession { #expect(finding.status == condition.status, "\(condition)") }
        }
    }

    @Test func `every condition that a client or the queue finds has a row of its own`() {
        for condition in Condition.all where condition.place != .serverSession {
            let rule = DecisionTable.decide(Evidence(condition)).rule
            #expect(rule.name.hasPrefix("own-"), "\(condition): \(rule)")
        }
    }

    /// A rule that an earlier one always shadows is dead: each must win for some evidence that it asks for.
    @Test func `every rule wins where it says`() throws {
        let phrases = try RegistryFile("phrases").rows
        for row in try RegistryFile("decisions").rows where row["when"] != "coded" {
            let rule = try #require(row["rule"])
            let wins = try anExample(of: row, phrases: phrases) { DecisionTable.decide($0).rule.name == rule }
            #expect(wins, "\(rule) never wins")
        }
    }

    /// Whether one of the examples of a row is as asked; there are thousands, and as a rule the first is.
    private func anExample(
        of row: [String: String],
        phrases: [[String: String]],
        is wanted: (Evidence) -> Bool
    ) throws -> Bool {
        func words(_ column: String) -> [String] { (row[column] ?? "").split(separator: " ").map { String($0) } }
        if let condition = words("condition").first { return wanted(Evidence(try #require(Condition(id: condition)))) }
        let stages = words("stage").compactMap { Stage(rawValue: $0) }
        let texts = texts(words("text").split(separator: "&").map { Array($0) }, phrases)
        let when = words("when")
        for stage in stages.isEmpty ? [.rcpt, .mail, .dot, .command] : stages {
            for line in lines(words("reply"), classes: words("class"), statuses: words("status"), texts: texts) {
                let sender = "me@example.org"
                let recipient = "you@example.net"
                let names = [("names-sender", sender), ("names-recipient", recipient)].filter { when.contains($0.0) }
                let text = names.reduce(line) { "\($0) <\($1.1)>" }
                var evidence = Evidence(stage: stage, reply: PrintedReply(parsing: text))
                evidence.provider = words("provider").first.map { Provider(name: $0) }
                evidence.nextHop = words("next_hop").first.flatMap { Evidence.NextHop(rawValue: $0) } ?? .mx
                evidence.source = words("source").first.flatMap { Evidence.Source(rawValue: $0) } ?? .live
                evidence.acceptedRecipients = when.contains("first") ? 0 : 1
                evidence.tls = when.contains("tls")
                evidence.parameters = when.contains("sent-future-release") ? .futureRelease : []
                evidence.parties.reversePath = sender
                evidence.parties.recipient = recipient
                if wanted(evidence) { return true }
            }
        }
        return false
    }

    /// The phrases of a list of features; of two lists some of each, side by side.
    private func texts(_ lists: [[String]], _ phrases: [[String: String]]) -> [String] {
        let found = lists.map { list in
            phrases.filter { list.contains($0["feature"] ?? "") }.compactMap { $0["phrase"] }
        }
        switch found.count {
        case 0: return ["x"]
        case 1: return found[0]
        default: return found[0].prefix(20).flatMap { one in found[1].prefix(20).map { "\(one). \($0)" } }
        }
    }

    private func lines(_ replies: [String], classes: [String], statuses: [String], texts: [String]) -> [String] {
        let digits = replies.isEmpty ? (classes.isEmpty ? ["5", "4"] : classes).map { "\($0)50" } : replies
        let statuses = statuses.flatMap { $0 == "vague" ? ["none", "X.7.1", "X.0.0"] : [$0] }
        return digits.flatMap { digits in
            (statuses.isEmpty ? ["none"] : statuses).flatMap { status in
                texts.map { "\(digits)\(code(status, digits.prefix(1))) \($0)" }
            }
        }
    }

    private func code(_ pattern: String, _ digit: Substring) -> String {
        switch pattern {
        case "none", "bare": ""
        case "other": " \(digit).9.9"
        default: " \(digit)\(pattern.dropFirst().replacing("*", with: "888"))"
        }
    }

    // MARK: Success

    @Test func `a 2yz to the final dot is relayed, or delivered by LMTP`() {
        let relayed = decide("250 2.0.0 queued as 1", at: .dot)
        #expect(Array(relayed.actions) == [.relayed])
        #expect(relayed.status.description == "2.0.0")
        #expect(relayed.fault == .none)
        let lmtp = DecisionTable.decide(
            Evidence(stage: .dot, reply: PrintedReply(parsing: "250 2.1.5 done"), nextHop: .lmtp)
        )
        #expect(Array(lmtp.actions) == [.delivered])
        #expect(lmtp.status.description == "2.1.5")
        #expect(DecisionTable.success(nextHop: .mx).actions.terminal == .relayed)
    }

    @Test func `a code of another class beside a 2yz is no status`() {
        #expect(decide("250 5.1.1 odd", at: .dot).status.description == "2.0.0")
    }

    @Test func `a 2yz or 3yz before the content is a step and ends nothing`() {
        #expect(decide("250 2.1.5 ok", at: .rcpt).cause == .accepted)
        #expect(decide("354 go", at: .data).actions.isEmpty)
        #expect(decide("354 go", at: .dot).cause == .accepted)
    }

    // MARK: What the field sends

    @Test(arguments: [
        ("450 4.2.0 <bob@example.net>: Recipient address rejected: Greylisted", Stage.rcpt, Cause.greylisted),
        ("450 4.7.1 Greylisted, please try again in 300 seconds", .rcpt, .greylisted),
        ("451 4.7.1 Service unavailable - try again later", .rcpt, .greylisted),
        (
            "550 5.7.1 Service unavailable; client host [192.0.2.1] blocked using zen.spamhaus.org", .rcpt,
            .blockedAddress
        ),
        ("554 5.7.1 <x@y>: Relay access denied", .rcpt, .relayDenied),
        ("550 5.7.25 no PTR", .rcpt, .rdnsFailed), ("421 4.7.28 unusual rate of mail", .dot, .flood),
        ("450 4.2.1 The user is receiving mail too quickly", .rcpt, .mailboxRate),
        ("452 4.2.2 The recipient's inbox is out of storage space", .rcpt, .mailboxFull),
        ("552 5.2.2 over quota", .rcpt, .mailboxFull), ("554 5.1.1 unknown", .rcpt, .userUnknown),
        ("552 5.3.4 Message size exceeds fixed limit", .mail, .messageTooBig),
        ("552 message too large", .dot, .messageTooBig),
        ("550 5.4.1 Recipient address rejected: Access denied", .rcpt, .userUnknown),
        ("421 too many concurrent connections from you", .greeting, .tooManyConnections),
        ("421 4.3.2 shutting down", .greeting, .systemUnavailable),
        ("550 5.7.23 SPF", .mail, .spfFailed), ("550 5.7.1 SPF check failed", .mail, .spfFailed),
        ("503 5.5.0 sender already specified", .mail, .commandRefused),
        ("555 5.5.4 unsupported parameter", .mail, .parameterRefused),
        ("550-5.1.1 The email account that you tried to reach does\r\n550 5.1.1 not exist", .rcpt, .userUnknown),
        ("550-Verification failed\r\n550-no such\r\n550 user here", .rcpt, .userUnknown),
    ])
    func `the field's replies are understood`(line: String, stage: Stage, cause: Cause) {
        #expect(decide(line, at: stage).cause == cause)
    }

    @Test func `a phrase counts only as whole words, in any case, across lines`() {
        #expect(decide("550 USER UNKNOWN", at: .rcpt).cause == .userUnknown)
        #expect(decide("550 superuser unknowns", at: .rcpt).cause == .unexplained)
        #expect(decide("550-5.0.0 mailbox\r\n550 5.0.0 is  full", at: .rcpt).cause == .mailboxFull)
        #expect(decide("550 antispamming", at: .rcpt).cause == .unexplained)
    }

    @Test func `a finding names whom it is about`() {
        var parties = Evidence.Parties()
        parties.recipient = "bob@example.net"
        parties.recipientDomain = "example.net"
        parties.sourceAddress = "192.0.2.1"
        parties.reversePath = "alice@example.org"
        func affected(_ line: String) -> Affected {
            DecisionTable.decide(
                Evidence(stage: .rcpt, reply: PrintedReply(parsing: line), parties: parties)
            ).affected
        }
        #expect(affected("550 5.1.1 x") == Affected(.address, "bob@example.net"))
        #expect(affected("550 5.1.2 x") == Affected(.recipientDomain, "example.net"))
        #expect(affected("550 5.7.25 x") == Affected(.sourceAddress, "192.0.2.1"))
        #expect(affected("550 5.7.23 x") == Affected(.fromDomain, "example.org"))
    }

    @Test func `a rule prints with the table's version`() {
        #expect(decide("550 5.1.1 x", at: .rcpt).rule.description == "5.1.1@\(DecisionTable.version)")
    }

    @Test func `actions keep their order and fit in eight`() {
        let actions = RemedialActions(.otherSource, .slowDown, .retry(.rate))
        #expect(Array(actions) == [.otherSource, .slowDown, .retry(.rate)])
        #expect(actions.description == "other-source slow-down retry(rate)")
        #expect(RemedialActions().isEmpty)
        for curve in RetryCurve.allCases { #expect(RemedialActions(.retry(curve)).first == .retry(curve)) }
        let all: RemedialActions = .init(
            .nextHost,
            .otherFamily,
            .otherSource,
            .reconnect,
            .split,
            .withoutParameter,
            .upgrade,
            .downgrade
        )
        #expect(all.count == 8)
        #expect(Array(all).last == .downgrade)
        for action in [RemedialAction.delivered, .relayed, .slowDown, .hold, .fail, .expire] {
            #expect(RemedialActions(action).terminal == action)
        }
    }

    @Test(arguments: [
        ("aspmx.l.google.com", Provider.google), ("ALT1.ASPMX.L.GOOGLE.COM", .google),
        ("x.mail.protection.outlook.com", .microsoft), ("smtp.secureserver.net", .godaddy),
    ])
    func `a provider is known from its MX host`(host: String, provider: Provider) {
        #expect(Provider(mxHost: host) == provider)
        #expect(Provider(mxHost: host + ".example.org") == nil)
        #expect(Provider(mxHost: "notgoogle.com") == nil)
    }
}

import StatusCodes
import Testing

/// The rulings of the design that the table has to keep, each by name, with its accepted twin.
@Suite struct RulingTests {
    private func decide(
        _ line: String,
        at stage: Stage = .rcpt,
        provider: Provider? = nil,
        nextHop: Evidence.NextHop = .mx,
        accepted: Int = 0,
        parameters: SentParameters = [],
        tls: Bool = false,
        sender: String = "",
        recipient: String = "bob@example.net",
        source: Evidence.Source = .live
    ) -> Finding {
        var parties = Evidence.Parties()
        parties.reversePath = sender
        parties.recipient = recipient
        return DecisionTable.decide(
            Evidence(
                stage: stage,
                reply: PrintedReply(parsing: line),
                nextHop: nextHop,
                source: source,
                provider: provider,
                acceptedRecipients: accepted,
                parameters: parameters,
                tls: tls,
                parties: parties
            )
        )
    }

    // MARK: Which code is the status

    @Test func `digit and class disagree: the digit gives the class, the rest stays as a hint, the print is kept`() {
        let finding = decide("452 5.2.2 over quota")
        #expect(finding.status.description == "4.2.2")
        #expect(finding.cause == .mailboxFull)
        #expect(finding.confidence == .likely)
        #expect(finding.printed?.status?.description == "5.2.2")
        #expect(finding.printed?.code?.rawValue == 452)
        #expect(finding.actions.terminal == .retry(.mailbox))
        #expect(decide("452 4.2.2 over quota").confidence == .certain)
    }

    @Test func `a quoted server's code is never the status`() {
        let finding = decide("550 Remote said: 550 5.2.2 something", at: .dot, accepted: 1)
        #expect(finding.status.description == "5.0.0")
    }

    @Test func `nothing is derived from the digits alone: a bare 550 is not 5.1.1`() {
        let finding = decide("550 Requested action not taken")
        #expect(finding.status.description == "5.0.0")
        #expect(finding.cause == .unexplained)
        #expect(finding.bounce == .soft)
        #expect(finding.suppression == .none)
        #expect(finding.confidence == .guess)
        for code in [500, 501, 502, 503, 504, 521, 541, 550, 552, 553, 554, 571] as [UInt16] {
            #expect(decide("\(code) x").status.description == "5.0.0", "\(code)")
        }
        for code in [420, 421, 441, 450, 451, 452, 471] as [UInt16] {
            #expect(decide("\(code) x").status.description == "4.0.0", "\(code)")
        }
    }

    @Test func `stage and text make a cause likely where no code was printed`() {
        let finding = decide("550 No such user here")
        #expect(finding.status.description == "5.1.1")
        #expect(finding.cause == .userUnknown)
        #expect(finding.confidence == .likely)
        #expect(decide("550 No such user here", at: .helo).cause != .userUnknown)
        #expect(decide("550 5.0.0 Mailbox is full").cause == .mailboxFull)
    }

    @Test func `a user who is unknown only after the content hides a filter: not hard`() {
        let late = decide("550 Unknown user bob@example.net", at: .dot, accepted: 1)
        #expect(late.cause == .recipientFilter)
        #expect(late.bounce == .soft)
        #expect(late.suppression == .none)
        #expect(decide("550 Unknown user bob@example.net", at: .rcpt).bounce == .hard)
        #expect(decide("550 5.1.1 Unknown user", at: .dot, accepted: 1).bounce == .hard)
        #expect(decide("550 Unknown user", at: .dot, nextHop: .lmtp, accepted: 1).cause == .userUnknown)
    }

    @Test func `an address that cannot exist is hard when refused for good`() {
        #expect(decide("501 5.1.3 x").bounce == .hard)
        #expect(decide("451 4.1.3 x").bounce == .soft)
    }

    @Test func `words without digits decide in a report and nowhere else`() {
        let report = decide("As the mailbox is full", at: .report, source: .dsn)
        #expect(report.cause == .mailboxFull)
        #expect(report.status == Cause.mailboxFull.status)
        #expect(decide("As the mailbox is full", at: .report).cause == .peerProtocolError)
        #expect(decide("Something happened", at: .report, source: .dsn).cause == .peerProtocolError)
    }

    @Test func `neither digits nor code is evidence of a malformed peer`() {
        let finding = decide("Hello!")
        #expect(finding.cause == .peerProtocolError)
        #expect(finding.status.description == "4.5.0")
        #expect(finding.rule.name == "malformed-peer")
        #expect(finding.actions.first == .nextHost)
    }

    // MARK: Several recipients

    @Test
    func `after the dot a recipient's code with several recipients has scope message, splits and suppresses nobody`() {
        let finding = decide("550 5.1.1 no such user", at: .dot, accepted: 2)
        #expect(finding.scope == .message)
        #expect(Array(finding.actions) == [.split, .fail])
        #expect(finding.suppression == .none)
        let alone = decide("550 5.1.1 no such user", at: .dot, accepted: 1)
        #expect(alone.scope == .recipient)
        #expect(Array(alone.actions) == [.fail])
        #expect(alone.suppression.length == .permanent)
    }

    @Test func `LMTP answers for each recipient after the dot and is not split`() {
        let finding = decide("550 5.1.1 no such user", at: .dot, nextHop: .lmtp, accepted: 2)
        #expect(finding.scope == .recipient)
        #expect(Array(finding.actions) == [.fail])
    }

    @Test func `after the dot a message's code with several recipients is not split`() {
        let finding = decide("554 5.7.1 spam", at: .dot, accepted: 3)
        #expect(finding.scope == .message)
        #expect(Array(finding.actions) == [.fail])
    }

    @Test(arguments: ["452 4.5.3 too many", "452 Too many", "550 5.5.3 too many", "552 5.5.3 too many", "552 no more"])
    func `at RCPT X.5.3 or a bare 452 or 552 splits after an accepted recipient`(line: String) {
        let finding = decide(line, accepted: 1)
        #expect(finding.actions.first == .split)
        #expect(finding.cause == .tooManyRecipients)
        #expect(finding.suppression == .none)
    }

    @Test(arguments: ["452 4.5.3 too many", "452 Too many", "550 5.5.3 too many", "552 5.5.3 too many", "552 no more"])
    func `a refused first RCPT is a retry`(line: String) {
        let finding = decide(line, accepted: 0)
        #expect(!finding.actions.contains(.split))
        guard case .retry = finding.actions.terminal else {
            Issue.record("\(line): \(finding.actions)")
            return
        }
    }

    @Test(arguments: ["452 4.2.2 full", "452 4.3.1 full", "552 5.2.2 full"], [0, 1, 50])
    func `at RCPT 452 4.2.2, 452 4.3.1 and 552 5.2.2 never split`(line: String, accepted: Int) {
        #expect(!decide(line, accepted: accepted).actions.contains(.split))
    }

    @Test func `a legacy 552 on RCPT is read as 452`() {
        let finding = decide("552 Too many recipients", accepted: 5)
        #expect(Array(finding.actions) == [.split, .retry(.immediate)])
        #expect(finding.condition == .legacy552OnRcpt)
    }

    // MARK: About the sender

    @Test(arguments: ["550 5.1.7 x", "501 5.1.8 x", "451 4.1.8 x", "550 5.7.27 x", "450 4.1.7 x"])
    func `X.1.7, X.1.8 and X.7.27 are about the sender`(line: String) {
        let finding = decide(line)
        #expect(finding.fault == .senderAddress)
        #expect(finding.suppression == .none)
        #expect(finding.bounce == .soft)
    }

    @Test(arguments: ["550 5.1.0 <Alice@Example.org> sender refused here", "550 <alice@example.ORG> is not welcome"])
    func `X.1.0 or a bare 550 that names our reverse-path is about the sender`(line: String) {
        #expect(decide(line, sender: "alice@example.org").fault == .senderAddress)
        #expect(decide("550 <bob@example.net> is not welcome", sender: "alice@example.org").fault != .senderAddress)
    }

    @Test func `mail to oneself does not make a refusal one of the sender`() {
        let finding = decide("550 bob@example.net: user unknown", sender: "bob@example.net")
        #expect(finding.cause == .userUnknown)
    }

    // MARK: Smart host

    @Test(arguments: [
        ("535 5.7.8 bad credentials", Stage.auth), ("530 5.7.0 Authentication required", .mail),
        ("550 5.7.1 Relaying denied", .rcpt), ("554 5.7.1 please authenticate first", .mail),
        ("454 4.7.0 cannot say", .auth),
    ])
    func `a smart host that refuses login or relaying is our own configuration`(line: String, stage: Stage) {
        let finding = decide(line, at: stage, nextHop: .smartHost, tls: true)
        #expect(finding.fault == .us)
        #expect(finding.scope == .destination)
        #expect(finding.actions.terminal == .retry(.own))
        #expect(finding.alert)
        #expect(finding.suppression == .none)
    }

    @Test func `a smart host's 5.7.1 about something else stays what it is`() {
        #expect(decide("550 5.7.1 judged as spam", at: .rcpt, nextHop: .smartHost).cause == .spam)
        #expect(decide("550 5.1.1 no such user", nextHop: .smartHost).cause == .userUnknown)
    }

    @Test func `relaying denied by an MX is not ours`() {
        let finding = decide("550 5.7.1 Relaying denied")
        #expect(finding.cause == .relayDenied)
        #expect(finding.fault == .recipientSystem)
        #expect(Array(finding.actions) == [.nextHost, .fail])
    }

    @Test(arguments: ["550 5.1.2 no such domain", "451 4.4.1 no answer", "556 5.1.10 null MX", "451 4.1.2 DNS"])
    func `what a smart host says of a domain does not stop the route to it`(line: String) {
        #expect(decide(line, nextHop: .smartHost).scope == .recipient)
        #expect(decide(line).scope != .recipient || line.contains("4.1.2"))
    }

    // MARK: Greeting

    @Test func `a 521 greeting never takes mail`() {
        let finding = decide("521 mx.example.net", at: .greeting)
        #expect(finding.cause == .neverAccepts)
        #expect(finding.status.description == "5.3.2")
        #expect(finding.bounce == .hard)
        #expect(Array(finding.actions) == [.nextHost, .fail])
    }

    @Test(arguments: ["554 no SMTP service for you", "554 5.7.1 listed", "550 go away", "571 5.7.1 blocked"])
    func `any other 5yz greeting refuses us: next MX, defer`(line: String) {
        let finding = decide(line, at: .greeting)
        #expect(finding.fault == .ourAddress)
        #expect(finding.status.statusClass == .persistentTransientFailure)
        #expect(finding.actions.first == .nextHost)
        #expect(finding.actions.terminal == .retry(.standard))
        #expect(finding.condition == .greetingRefused)
    }

    @Test func `521 later in a session is judged by its code and stage`() {
        #expect(decide("521 5.7.1 blocked using a list", at: .rcpt).cause == .blockedAddress)
        #expect(decide("521 5.1.1 unknown", at: .rcpt).cause == .userUnknown)
        #expect(decide("521 5.3.2 closing", at: .rcpt).cause != .neverAccepts)
    }

    // MARK: Hard, soft and suppression

    @Test func `hard speaks of the address and not of the retry`() {
        let deferred = decide("450 4.1.1 user unknown")
        #expect(deferred.bounce == .hard)
        #expect(deferred.actions.terminal == .retry(.standard))
        #expect(deferred.suppression == .none)
        #expect(decide("450 4.1.1 being verified").bounce == .soft)
        #expect(decide("550 5.2.1 disabled").bounce == .soft)
        #expect(decide("556 5.1.10 null MX").bounce == .hard)
        #expect(decide("250 2.1.5 ok", at: .dot).bounce == .none)
    }

    @Test func `permanent suppression needs the same hard cause twice a day apart, or our own directory or DNS`() {
        #expect(decide("550 5.1.1 x").suppression == SuppressionTerm(.permanent, needs: .twiceADayApart))
        #expect(decide("550 5.1.1 x", source: .ownPolicy).suppression == SuppressionTerm(.permanent, needs: .once))
        for (source, needs) in [(Evidence.Source.live, SuppressionTerm.Needs.twiceADayApart), (.ownDNS, .once)] {
            let finding = DecisionTable.decide(Evidence(.noSuchDomain, source: source))
            #expect(finding.suppression == SuppressionTerm(.permanent, needs: needs))
        }
        for cause in Cause.all where cause.suppression.length == .permanent { #expect(cause.hardness == .hard) }
    }

    @Test func `a blocklist, a policy or a full system never suppresses the recipient`() {
        for line in [
            "550 5.7.1 listed at a blocklist", "550 5.7.1 no", "552 5.3.1 full", "550 5.7.26 x", "554 5.6.0 x",
        ] {
            #expect(decide(line).suppression == .none, "\(line)")
        }
    }

    // MARK: Providers and parameters

    @Test(arguments: [
        ("550 5.7.27 x", Cause.spfFailed, "5.7.23"), ("421 4.7.27 x", .spfFailed, "4.7.23"),
        ("421 4.7.29 x", .tlsDemanded, "4.7.10"), ("550 5.7.30 x", .dkimFailed, "5.7.20"),
        ("421 4.7.30 x", .dkimFailed, "4.7.20"), ("421 4.7.23 x", .rdnsFailed, "4.7.25"),
    ])
    func `Google reuses registered numbers`(line: String, cause: Cause, status: String) throws {
        let provider = try #require(Provider(mxHost: "gmail-smtp-in.l.google.com"))
        let finding = decide(line, at: .dot, provider: provider)
        #expect(finding.cause == cause)
        #expect(finding.status.description == status)
        #expect(!finding.rule.asOf.isEmpty)
        #expect(finding.printed?.status != finding.status)
        #expect(decide(line, at: .dot).cause != cause)
    }

    @Test func `Microsoft's 550 5.1.10 is an unknown user and its 5.4.1 a refusal at the edge`() throws {
        let provider = try #require(Provider(mxHost: "example-com.mail.protection.outlook.com"))
        let unknown = decide("550 5.1.10 RESOLVER.ADR.RecipientNotFound", provider: provider)
        #expect(unknown.cause == .userUnknown)
        #expect(unknown.scope == .recipient)
        let edge = decide("550 5.4.1 Recipient address rejected: Access denied", provider: provider)
        #expect(edge.cause == .userUnknown)
        #expect(edge.confidence == .likely)
        let other = decide("556 5.1.10 null MX")
        #expect(other.cause == .neverAccepts)
        #expect(other.scope == .destination)
    }

    @Test func `a 550 5.1.1 that speaks of too many messages is about us`() {
        let finding = decide("550 5.1.1 Recipient rejected, too many recipients this hour")
        #expect(finding.cause == .rateLimited)
        #expect(finding.bounce == .soft)
    }

    @Test func `old FUTURERELEASE numbers are told by the parameters sent`() {
        #expect(decide("552 5.7.16 x", at: .mail, parameters: .futureRelease).cause == .heldMailQuota)
        #expect(decide("552 5.7.17 x", at: .mail, parameters: .futureRelease).cause == .heldMailQuota)
        #expect(decide("552 5.7.16 x", at: .mail).cause == .prioritySize)
        #expect(decide("550 5.7.17 x").cause == .ownerChanged)
    }

    @Test func `530 5.7.0 asks for TLS in clear and for a login under TLS`() {
        #expect(decide("530 5.7.0 Must issue a STARTTLS command first", at: .mail).actions.first == .upgrade)
        #expect(decide("530 5.7.0 x", at: .mail, tls: false).cause == .tlsDemanded)
        #expect(decide("530 5.7.0 x", at: .mail, tls: true).cause == .authRequired)
    }

    // MARK: Expiry

    @Test func `expiry fails with the last real code, class 4 kept`() {
        let last = decide("452 4.2.2 mailbox full")
        let expired = last.expired()
        #expect(expired.status.description == "4.2.2")
        #expect(expired.printed == last.printed)
        #expect(Array(expired.actions) == [.expire])
        #expect(expired.cause == .mailboxFull)
        #expect(expired.suppression.length == .days(7))
        #expect(expired.rule.name == "expired-last-code")
        #expect(decide("450 4.1.1 user unknown").expired().bounce == .hard)
    }

    @Test func `4.4.7 stands only where no attempt gave a cause, 5.4.7 only for DELIVERBY`() {
        let expired = DecisionTable.decide(Evidence(.queueExpired))
        #expect(expired.status.description == "4.4.7")
        #expect(Array(expired.actions) == [.expire])
        let returned = DecisionTable.decide(Evidence(.deliverbyReturn))
        #expect(returned.status.description == "5.4.7")
        #expect(returned.actions.terminal == .fail)
    }

    // MARK: Waiting

    @Test(arguments: [
        ("450 4.7.1 Greylisted, try again in 300 seconds", 300), ("451 Please retry in 5 minutes", 300),
        ("421 4.7.0 try again in 2h", 7200), ("450 try again in 00:04:30", 270), ("450 wait 1 second", 60),
        ("450 try again in 999999 hours", 86_400), ("450 4.2.1 x\r\n450 4.2.1 try again in\r\n450 10 mins", 600),
    ])
    func `try again in N seconds is believed between one minute and one day`(line: String, seconds: Int) {
        #expect(decide(line).retryAfter == .seconds(seconds))
    }

    @Test(arguments: [
        "450 4.7.1 Greylisted", "550 5.7.1 try again in 300 seconds", "450 4.7.1 id 300 seconds",
        "450 try again, 192.0.2.1",
        "450 try again in 12345678 seconds", "450 try again later 300x",
    ])
    func `no wait is read where none is stated`(line: String) {
        #expect(decide(line).retryAfter == nil)
    }

    // MARK: The client's rulings

    @Test func `a lost reply to the final dot is an unknown outcome on the same host`() {
        let finding = DecisionTable.decide(Evidence(.outcomeUnknown))
        #expect(!finding.outcomeKnown)
        #expect(!finding.actions.contains(.nextHost))
        #expect(finding.actions.terminal == .retry(.network))
        #expect(DecisionTable.decide(Evidence(.connectionLost)).outcomeKnown)
        #expect(DecisionTable.decide(Evidence(.connectionLost)).actions.first == .nextHost)
    }

    @Test func `no MX left after discarding ourselves is 5.4.6 and ours`() {
        let finding = DecisionTable.decide(Evidence(.loopsToSelf))
        #expect(finding.status.description == "5.4.6")
        #expect(finding.fault == .us)
        #expect(finding.alert)
        #expect(finding.actions.terminal == .fail)
    }

    @Test func `an unreadable content is held and never dropped`() {
        #expect(Array(DecisionTable.decide(Evidence(.contentUnreadable)).actions) == [.hold])
    }

    @Test func `a report about a report is never written`() {
        let finding = DecisionTable.decide(Evidence(.undeliverableReport))
        #expect(finding.cause == .undeliverableReport)
        #expect(Array(finding.actions) == [.fail])
    }
}

import StatusCodes
import Testing

/// Replies whose digits, code and text contradict one another, or whose number means something else at their sender:
/// each with the finding that a postmaster would agree with.
@Suite struct ContradictionTests {
    private func decide(_ line: String, at stage: Stage = .rcpt, _ provider: Provider? = nil) -> Finding {
        DecisionTable.decide(Evidence(stage: stage, reply: PrintedReply(parsing: line), provider: provider))
    }

    @Test(arguments: [
        ("550-5.7.27 the message fails SPF for example.org\r\n550 5.7.27 x - gsmtp", Cause.spfFailed),
        ("421 4.7.27 SPF did not pass", .spfFailed), ("421 4.7.29 not sent over TLS", .tlsDemanded),
        ("550 5.7.30 DKIM did not pass", .dkimFailed), ("421 4.7.30 DKIM did not pass", .dkimFailed),
        ("421 4.7.23 no PTR", .rdnsFailed),
    ])
    func `Google's 7.27 is SPF, 7.29 TLS, 7.30 DKIM and 7.23 PTR`(line: String, cause: Cause) {
        let finding = decide(line, at: .dot, .google)
        #expect(finding.cause == cause)
        #expect(finding.rule.name.hasPrefix("google-"))
        #expect(finding.suppression == .none)
    }

    @Test func `Google's signature in the text is enough to know its numbers`() {
        #expect(decide("550 5.7.30 DKIM did not pass - gsmtp", at: .dot).rule.name == "google-x.7.30-is-dkim")
        #expect(decide("550 5.7.30 TLS must be kept", at: .dot).cause == .requiretlsFailed)
    }

    @Test func `GoDaddy's 550 5.1.1 "too many" is a rate and no unknown user`() {
        let finding = decide(
            "550 5.1.1 <bob@example.net> 192.0.2.1 has sent to too many recipients this hour",
            .rcpt,
            .godaddy
        )
        #expect(finding.cause == .rateLimited)
        #expect(finding.fault == .ourAddress)
        #expect(finding.bounce == .soft)
        #expect(decide("550 5.1.1 no such user", .rcpt, .godaddy).cause == .userUnknown)
    }

    private func decide(_ line: String, _ stage: Stage, _ provider: Provider) -> Finding {
        decide(line, at: stage, provider)
    }

    @Test func `Microsoft's 5.4.1 "access denied" is an address that the directory does not have`() {
        let edge = decide("550 5.4.1 Recipient address rejected: Access denied", at: .rcpt, .microsoft)
        #expect(edge.cause == .userUnknown)
        #expect(edge.confidence == .likely)
        #expect(decide("550 5.4.1 no answer from host").cause == .noAnswer)
    }

    @Test func `Microsoft's 5.1.10 is one unknown user and not a domain that takes no mail`() {
        #expect(decide("550 5.1.10 not found by address lookup", at: .rcpt, .microsoft).scope == .recipient)
        #expect(decide("550 5.1.10 RESOLVER.ADR.RecipientNotFound", at: .rcpt).cause == .userUnknown)
    }

    @Test func `556 5.1.10 is a domain that takes no mail`() {
        let finding = decide("556 5.1.10 Recipient domain has a null MX")
        #expect(finding.cause == .neverAccepts)
        #expect(finding.bounce == .hard)
    }

    @Test func `Google's 5.2.1 is a disabled account, and a rate where the text says so`() {
        #expect(
            decide("550 5.2.1 The email account that you tried to reach is disabled", at: .rcpt, .google).cause
                == .mailboxDisabled
        )
        let rate = decide("550 5.2.1 The user is receiving mail at a rate that prevents more", at: .rcpt, .google)
        #expect(rate.cause == .mailboxRate)
        #expect(rate.fault == .recipientSystem)
    }

    @Test func `550 5.7.1 with a blocklist is about our address`() {
        let finding = decide("550 5.7.1 Service unavailable; client [192.0.2.1] is in a block list")
        #expect(finding.cause == .blockedAddress)
        #expect(finding.fault == .ourAddress)
        #expect(finding.alert)
    }

    @Test func `550 5.1.1 with a blocklist is about our address too`() {
        #expect(decide("550 5.1.1 192.0.2.1 is listed at zen.spamhaus.org").cause == .blockedAddress)
    }

    @Test(arguments: ["452 4.2.2 over quota", "552 5.2.2 over quota"])
    func `452 4.2.2 and 552 5.2.2 are a full mailbox and never split`(line: String) {
        let finding = decide(line)
        #expect(finding.cause == .mailboxFull)
        #expect(finding.bounce == .soft)
        #expect(!finding.actions.contains(.split))
    }

    @Test func `554 5.1.1 is an unknown user, whatever the digits`() {
        #expect(decide("554 5.1.1 no").cause == .userUnknown)
        #expect(decide("554 5.1.1 no").confidence == .certain)
    }

    @Test func `421 4.7.28 is our rate and not the recipient`() {
        let finding = decide("421 4.7.28 unusual rate of unsolicited mail", at: .dot, .google)
        #expect(finding.cause == .flood)
        #expect(finding.actions.first == .slowDown)
        #expect(finding.suppression == .none)
    }

    @Test(arguments: [
        "450 4.2.0 Greylisted", "451 4.7.1 Greylisting in action", "452 4.2.2 Greylisted", "450 graylisted, come back",
    ])
    func `greylisting is greylisting under every number`(line: String) {
        let finding = decide(line)
        #expect(finding.cause == .greylisted)
        #expect(finding.actions.terminal == .retry(.greylisting))
        #expect(finding.status.description == "4.7.1")
    }

    @Test func `X.5.3 is too many recipients at RCPT and a rate after the content`() {
        #expect(decide("452 4.5.3 too many", at: .rcpt).cause == .tooManyRecipients)
        #expect(decide("452 4.5.3 too many", at: .dot).cause == .rateLimited)
    }

    @Test func `4.5.3 for mail to one recipient is not split`() {
        #expect(!decide("452 4.5.3 too many", at: .rcpt).actions.contains(.split))
    }

    @Test(arguments: [
        ("550 5.2.1 user unknown", Cause.userUnknown), ("550 5.3.0 Addressee unknown", .userUnknown),
        ("550 5.7.1 no such user", .userUnknown), ("550 5.5.0 no such user here", .userUnknown),
        ("553 5.3.5 mail loops back to me", .mailLoop), ("452 4.4.5 Insufficient disk space", .systemFull),
        ("554 5.5.4 your address has a bad reputation", .blockedAddress), ("554 5.7.7 spam detected", .spam),
        ("525 5.7.13 user account disabled", .mailboxDisabled), ("550 5.7.9 fails authentication checks", .authFailed),
    ])
    func `the text decides where a number is used for something else`(line: String, cause: Cause) {
        #expect(decide(line).cause == cause)
    }

    @Test func `a code of its own keeps a provider's number`() {
        let finding = decide("550 5.7.509 sending domain does not pass DMARC", at: .dot, .microsoft)
        #expect(finding.cause == .dmarcRefused)
        #expect(finding.status.description == "5.7.509")
    }

    @Test func `an address in the text is not its words`() {
        #expect(decide("550 <spam@virus.example> user unknown").cause == .userUnknown)
        #expect(decide("550 user <bob@example.net> unknown").cause == .userUnknown)
        #expect(decide("550 mailbox bob@example.net is full").cause == .mailboxFull)
    }

    @Test func `a sentence ends a phrase`() {
        #expect(decide("550 This is no mailbox. Full stop").cause == .userUnknown)
        #expect(decide("550 Look at the mailbox. Full of words").cause == .unexplained)
    }
}

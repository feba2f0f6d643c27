import MailFormat
import Relay
import SMTPProtocol
import StatusCodes
import Testing

@Suite struct `Admission rules` {
    private let rules: AdmissionRules

    init() throws {
        var configuration = RelayConfiguration(hostname: "mx.example.net", spool: "/nonexistent")
        configuration.admission.localDomains = ["example.net"]
        configuration.admission.relayDomains = ["example.org", "strict.example.org"]
        configuration.admission.relayRecipients = ["strict.example.org": ["bob@strict.example.org"]]
        configuration.admission.trustedNetworks = [
            try #require(IPNetwork("10.0.0.0/8")), try #require(IPNetwork("2001:db8::/32")),
        ]
        configuration.admission.deniedNetworks = [try #require(IPNetwork("192.0.2.0/24"))]
        configuration.admission.deniedSenders = ["spam@example.com", "@bad.example"]
        configuration.mailboxes = [
            "alice@example.net": "/m/alice", "postmaster": "/m/postmaster",
        ]
        rules = AdmissionRules(configuration)
    }

    @Test func `A stranger may write to a mailbox of ours`() {
        #expect(rules.recipient("Alice@Example.NET", domain: "Example.NET", isTrusted: false) == .accepted)
    }

    @Test func `Nobody may write to a mailbox that does not exist`() {
        let verdict = Verdict.refused(Reply(.noSuchUser))
        #expect(rules.recipient("bob@example.net", domain: "example.net", isTrusted: false) == verdict)
        #expect(rules.recipient("bob@example.net", domain: "example.net", isTrusted: true) == verdict)
    }

    @Test func `Postmaster and abuse of a domain of ours always reach somebody`() {
        for address in ["postmaster@example.net", "abuse@example.net", "POSTMASTER@example.net"] {
            #expect(rules.recipient(address, domain: "example.net", isTrusted: false) == .accepted)
        }
        #expect(rules.recipient("postmaster", domain: "", isTrusted: false) == .accepted)
        #expect(rules.mailbox(of: "postmaster", domain: "") == "/m/postmaster")
    }

    @Test func `A relay domain without a list takes any local part, one with a list only its own`() {
        #expect(rules.recipient("any@example.org", domain: "example.org", isTrusted: false) == .accepted)
        #expect(rules.recipient("bob@strict.example.org", domain: "strict.example.org", isTrusted: false) == .accepted)
        #expect(
            rules.recipient("eve@strict.example.org", domain: "strict.example.org", isTrusted: false)
                == .refused(Reply(.noSuchUser))
        )
    }

    @Test func `A foreign domain is relayed for trusted clients only`() {
        #expect(
            rules.recipient("x@example.com", domain: "example.com", isTrusted: false) == .refused(Reply(.relayDenied))
        )
        #expect(rules.recipient("x@example.com", domain: "example.com", isTrusted: true) == .accepted)
    }

    @Test(arguments: [
        ("10.1.2.3", true), ("11.1.2.3", false), ("2001:db8::1", true), ("2001:db9::1", false),
        ("::ffff:10.1.2.3", true),
    ])
    func `Networks are trusted by their prefix`(text: String, isTrusted: Bool) throws {
        let address = try #require(IPAddress(text))
        #expect(rules.isTrusted(account: nil, address: address) == isTrusted)
    }

    @Test func `An account is trusted wherever it connects from`() {
        #expect(rules.isTrusted(account: "alice", address: nil))
        #expect(!rules.isTrusted(account: nil, address: nil))
    }

    /// What is said at RCPT on role mx.
    private func objection(
        _ recipient: String,
        from sender: String = "ham@example.com",
        client: String = "192.0.3.1"
    ) -> Condition? {
        let domain = recipient.lastIndex(of: "@").map { String(recipient[$0...].dropFirst()) } ?? ""
        return rules.objection(client: IPAddress(client), sender: sender, recipient: recipient, domain: domain)
    }

    @Test func `A denied network is turned away at RCPT by mx and in the greeting by submission, its neighbour is not`()
    {
        #expect(objection("alice@example.net", client: "192.0.2.200") == .clientBlocklisted)
        #expect(objection("alice@example.net") == nil)
        #expect(rules.greetingRefusal(of: IPAddress("192.0.2.200"), role: .submission) == .clientBlocklistedGreeting)
        #expect(rules.greetingRefusal(of: IPAddress("192.0.3.1"), role: .submission) == nil)
        #expect(rules.greetingRefusal(of: IPAddress("192.0.2.200"), role: .mx) == nil)
    }

    @Test func `A denied sender is refused by address or domain, the null sender never`() {
        for sender in ["Spam@example.com", "anyone@bad.example"] {
            #expect(rules.sender(sender, role: .submission) == .refused(Reply(.senderBlocklisted)))
            #expect(rules.sender(sender, role: .mx) == .accepted)
            #expect(objection("alice@example.net", from: sender) == .senderBlocklisted)
        }
        for sender in ["ham@example.com", ""] {
            #expect(rules.sender(sender, role: .submission) == .accepted)
            #expect(objection("alice@example.net", from: sender) == nil)
        }
    }

    @Test(arguments: [
        "postmaster@example.net", "Abuse@Example.NET", "postmaster@example.org", "abuse@strict.example.org",
        "PostMaster",
    ])
    func `Postmaster and abuse of our domains are exempt from the deny lists`(recipient: String) {
        #expect(objection(recipient, client: "192.0.2.200") == nil)
        #expect(objection(recipient, from: "spam@example.com") == nil)
    }

    @Test(arguments: [
        "postmaster@example.com", "abuse@sub.example.net", "postmaster2@example.net", "postmaster.x@example.net",
        "postmaster%example.com@example.net", "\"postmaster@example.net\"@example.com", "webmaster@example.net",
    ])
    func `Nobody else is, and no postmaster of other domains`(recipient: String) {
        #expect(objection(recipient, client: "192.0.2.200") == .clientBlocklisted)
        #expect(objection(recipient, from: "spam@example.com") == .senderBlocklisted)
    }

    @Test func `The exemption is from policy only: who does not exist is refused all the same`() {
        #expect(objection("abuse@strict.example.org", client: "192.0.2.200") == nil)
        #expect(
            rules.recipient("abuse@strict.example.org", domain: "strict.example.org", isTrusted: false)
                == .refused(Reply(.noSuchUser))
        )
    }
}

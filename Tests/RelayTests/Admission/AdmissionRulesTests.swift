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

    @Test func `A denied network is turned away, its neighbour is not`() {
        #expect(rules.isDenied(IPAddress("192.0.2.200")))
        #expect(!rules.isDenied(IPAddress("192.0.3.1")))
    }

    @Test func `A denied sender is refused by address or domain, the null sender never`() {
        #expect(rules.sender("Spam@example.com") == .refused(Reply(.senderBlocklisted)))
        #expect(rules.sender("anyone@bad.example") == .refused(Reply(.senderBlocklisted)))
        #expect(rules.sender("ham@example.com") == .accepted)
        #expect(rules.sender("") == .accepted)
    }
}

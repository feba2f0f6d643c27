import StatusCodes
import Testing

/// Sentences about a name: `example.net does not exist`.
@Suite struct NamedDomainTests {
    private func decide(_ text: String, for domain: String) -> Finding {
        var parties = Evidence.Parties()
        parties.recipientDomain = domain
        return DecisionTable.decide(
            Evidence(stage: .report, reply: PrintedReply(parsing: text), source: .dsn, parties: parties)
        )
    }

    @Test(arguments: [
        "550 nowhere.example does not exist", "550 Sorry: \"nowhere.example\" couldn't be found",
        "550 mail.Nowhere.Example could not be found", "554 <nowhere.example> doesn't exist",
    ])
    func `the recipient's domain, or a host in it, does not exist`(text: String) {
        #expect(decide(text, for: "nowhere.example").cause == .domainUnknown)
    }

    @Test func `a domain above the recipient's is its domain, too`() {
        #expect(decide("550 nowhere.example does not exist", for: "post.nowhere.example").cause == .domainUnknown)
        #expect(decide("550 where.example does not exist", for: "nowhere.example").cause != .domainUnknown)
    }

    @Test func `a local part with a dot is no domain, and what stands at a domain is not the domain`() {
        #expect(decide("550 User bob.berry does not exist", for: "example.net").cause != .domainUnknown)
        #expect(decide("550 The account at example.net does not exist", for: "example.net").cause != .domainUnknown)
        #expect(decide("550 bob@example.net does not exist", for: "example.net").cause != .domainUnknown)
        #expect(decide("550 There is nobody at example.com: does not exist", for: "").cause != .domainUnknown)
    }

    @Test(arguments: [
        ("550 example.com does not exist", true), ("550 example.co.uk doesn't exist", true),
        ("550 example.museum does not exist", false), ("550 192.0.2.1 does not exist", false),
        ("550 release 2.10 does not exist", false),
    ])
    func `a name that is not the recipient's must show that it is a domain's`(text: String, isDomain: Bool) {
        #expect((decide(text, for: "").cause == .domainUnknown) == isDomain)
    }
}

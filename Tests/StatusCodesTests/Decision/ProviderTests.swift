import Foundation
import StatusCodes
import Testing

/// What providers and software mean by their replies: each override by name, with a reply of our own making.
@Suite struct ProviderTests {
    private struct Example: Sendable, CustomTestStringConvertible {
        let rule: String
        let line: String
        let cause: Cause
        var stage = Stage.rcpt
        var testDescription: String { rule }

        init(_ rule: String, _ line: String, _ cause: Cause, _ stage: Stage = .rcpt) {
            self.rule = rule
            self.line = line
            self.cause = cause
            self.stage = stage
        }
    }

    private static let examples: [Example] = [
        Example("google-x.7.27-is-spf", "550 5.7.27 x", .spfFailed, .dot),
        Example("google-x.7.29-is-tls", "421 4.7.29 x", .tlsDemanded, .dot),
        Example("google-x.7.30-is-dkim", "550 5.7.30 x", .dkimFailed, .dot),
        Example("google-x.7.23-is-ptr", "421 4.7.23 x", .rdnsFailed, .dot),
        Example("google-groups", "550 5.7.1 Hilfe: https://groups.google.com/support/", .listPostingRefused),
        Example("google-send-as", "550 The settings of your 'Send mail as' account are wrong", .senderNotAuthorised),
        Example("google-noncompliant", "550 5.7.1 not RFC 5322 compliant, to reduce spam", .messageNoncompliant, .dot),
        Example("google-suspicious", "550 5.7.1 suspicious: very low reputation of the sending domain", .spam, .dot),
        Example("microsoft-5.1.10-is-user", "550 5.1.10 not found", .userUnknown),
        Example("microsoft-5.4.1-is-edge", "550 5.4.1 x", .userUnknown),
        Example("microsoft-5.5.0-is-user", "550 5.5.0 mailbox unavailable (S1)", .userUnknown),
        Example("microsoft-tenant", "550 5.7.705 tenant has exceeded threshold", .rateLimited),
        Example("yahoo-reputation", "421 4.7.0 [TSS04] deferred due to unexpected volume", .poorReputation, .mail),
        Example(
            "icloud-volume",
            "421 4.7.1 Messages to bob@example.net deferred due to excessive volume",
            .mailboxRate
        ),
        Example("gateway-dmarc", "550 DMARC Sender Invalid - envelope rejected", .dmarcRefused, .dot),
        Example("gateway-spf", "550 Reject due to SPF policy", .spfFailed),
        Example("gateway-dkim", "550 Reject due to policy restrictions: DKIM", .dkimFailed, .dot),
        Example("gmx-policy", "550 Reject due to policy restrictions", .blockedAddress),
        Example("gmx-gone", "550 mailbox unavailable", .userUnknown),
        Example("mail-ru-disabled", "550 invalid mailbox, account is disabled", .mailboxDisabled),
        Example("yandex-target", "550 5.7.1 Policy rejection on the target address", .mailboxDisabled),
        Example("qq-frequency", "550 Connection frequency limited", .tooManyConnections, .dot),
        Example("docomo-user", "550 Unknown user bob@example.net", .recipientFilter),
        Example("au-user-named", "550 <bob@example.net>: User unknown", .userUnknown, .report),
        Example("au-user", "550 User unknown", .recipientFilter, .dot),
        Example("au-recipient", "550 Recipient address rejected.", .userUnknown),
        Example("orange-spam", "550 5.2.0 spam", .spam, .dot),
        Example("orange-disabled", "550 5.2.1 invalide. Mailbox disabled", .mailboxDisabled),
        Example("free-address", "421 Too many spams from your IP", .blockedAddress, .mail),
        Example("laposte-refused", "421 4.2.1 Service refused, please try later", .blockedAddress, .mail),
        Example("comcast-codes", "554 5.7.1 BL000001", .blockedAddress, .mail),
        Example("att-521", "553 5.3.0 DNSBL:RBL 521", .blockedAddress, .mail),
        Example("cox-cdrbl", "550 5.1.0 sender rejected. AUP#CDRBL", .blockedAddress, .mail),
        Example("charter-aup", "550 5.1.0 sender rejected. AUP#In-1310", .tooManyConnections, .mail),
        Example("godaddy-x.1.1-rate", "550 5.1.1 too many recipients this hour", .rateLimited),
        Example("zoho-x.7.7-policy", "554 5.7.7 policy violation", .sitePolicy, .dot),
        Example("proofpoint-ipcheck", "554 Blocked - see https://ipcheck.proofpoint.com/", .blockedAddress, .mail),
        Example("mimecast-greylist", "451 Internal resource temporarily unavailable", .greylisted),
        Example("mimecast-envelope", "550 Administrative prohibition - envelope blocked", .senderRefused),
        Example("barracuda-blocked", "550 permanent failure (bob@example.net:blocked)", .blockedAddress, .dot),
        Example("cisco-reputation", "554 sending MTA's poor reputation", .poorReputation, .mail),
        Example("cisco-address", "550 #5.1.0 Address rejected.", .userUnknown),
        Example("trend-micro-ers", "550 5.7.1 blocked using Trend Micro RBL+", .blockedAddress),
        Example("sophos-user", "550 5.7.1 XGEMAIL_0011 refused", .userUnknown),
        Example("cloudflare-upstream", "421 4.3.0 Upstream error, please check", .systemError, .dot),
        Example(
            "amazon-ses-identity",
            "554 Message rejected: Email address is not verified",
            .senderNotAuthorised,
            .dot
        ),
        Example("amazon-ses-throttling", "454 Throttling failure: Maximum sending rate exceeded", .sendingQuota, .dot),
        Example("sendgrid-credits", "451 Authentication failed: Maximum credits exceeded", .sendingQuota, .mail),
        Example("postfix-helo", "450 4.7.1 <x>: Helo command rejected: Host not found", .heloRefused),
        Example("exim-relay", "550 relay not permitted", .relayDenied),
        Example("exchange-restricted", "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup", .listPostingRefused),
        Example("qmail-user", "553 5.7.1 sorry, no mailbox here by that name", .userUnknown),
        Example("sendmail-mx-loop", "553 5.3.5 MX list for x points back to y", .mailLoop),
        Example("stalwart-x.2.2-greylist", "452 4.2.2 Greylisted", .greylisted),
        Example("stalwart-x.1.2-user", "550 5.1.2 Mailbox does not exist", .userUnknown),
        Example("sendmail-relay-lookup", "550 5.7.1 Relaying denied. IP name lookup failed", .relayDenied),
        Example("late-user", "554 This user doesn't have an account", .userUnknown, .dot),
    ]

    @Test(arguments: examples)
    private func `an override of a provider wins for its reply`(example: Example) throws {
        let row = try #require(try RegistryFile("decisions").rows.first { $0["rule"] == example.rule })
        let name = try #require(row["provider"]?.split(separator: " ").first)
        let reply = PrintedReply(parsing: example.line)
        var evidence = Evidence(stage: example.stage, reply: reply, provider: Provider(name: String(name)))
        evidence.parties.recipient = "bob@example.net"
        let finding = DecisionTable.decide(evidence)
        #expect(finding.rule.name == example.rule)
        #expect(finding.cause == example.cause)
        #expect(!finding.rule.asOf.isEmpty)
    }

    @Test func `every override has an example here`() throws {
        let rules = try RegistryFile("decisions").rows.filter { $0["provider"] != "" }.compactMap { $0["rule"] }
        #expect(rules == Self.examples.map(\.rule))
    }

    @Test func `every override is dated and says its evidence`() throws {
        for row in try RegistryFile("decisions").rows where row["provider"] != "" {
            let asOf = try #require(row["as_of"])
            #expect(asOf.utf8.count == 7 && asOf.split(separator: "-").compactMap { Int($0) }.count == 2, "\(asOf)")
            #expect((row["basis"] ?? "").utf8.count > 20)
        }
    }

    /// `docs/operations/providers.md` lists them all: those with rules of their own, and those without.
    @Test func `a provider without an override is listed as such`() throws {
        let folder = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: folder.appending(path: "docs/operations/providers.md"), encoding: .utf8)
        let halves = page.split(separator: "\n## Without rules of their own\n")
        try #require(halves.count == 2)
        func names(_ text: Substring) -> Set<String> {
            Set(
                text.split(separator: "\n").compactMap { $0.hasPrefix("| `") ? $0.split(separator: "`")[1] : nil }.map(
                    String.init
                )
            )
        }
        let overridden = Set(
            try RegistryFile("decisions").rows.flatMap { ($0["provider"] ?? "").split(separator: " ") }.map(String.init)
        )
        #expect(names(halves[0]) == overridden)
        #expect(names(halves[1]) == Set(Provider.all.map(\.name)).subtracting(overridden))
    }

    @Test func `every provider of the file is compiled, and is known from its MX hosts`() throws {
        let rows = try RegistryFile("providers").rows
        #expect(Provider.all.map(\.name) == rows.compactMap { $0["provider"] })
        for row in rows {
            for host in (row["mx"] ?? "").split(separator: " ") {
                #expect(Provider(mxHost: "mx1.\(host)")?.name == row["provider"], "\(host)")
            }
        }
    }

    @Test func `a provider is known from a banner or from the text of a reply`() throws {
        for row in try RegistryFile("providers").rows {
            for text in (row["text"] ?? "").split(separator: ";") {
                #expect(Provider(text: "550 x \(text) y") != nil, "\(text)")
            }
        }
        #expect(Provider(text: "220 mx.google.com ESMTP x - gsmtp") == .google)
        #expect(Provider(text: "554-gmx.net (mxgmx1) Nemesis ESMTP Service not available") == .gmx)
        #expect(Provider(text: "220 mx.example.net ESMTP") == nil)
    }

    @Test func `Outlook.com and Microsoft 365 are told apart by the longer name`() {
        #expect(Provider(mxHost: "outlook-com.olc.protection.outlook.com") == .outlook)
        #expect(Provider(mxHost: "example-net.mail.protection.outlook.com") == .microsoft)
    }

    @Test func `software is told by the text at any provider`() {
        let line = "553 5.7.1 sorry, no mailbox here by that name"
        let evidence = Evidence(stage: .rcpt, reply: PrintedReply(parsing: line), provider: .zoho)
        #expect(DecisionTable.decide(evidence).rule.name == "qmail-user")
        let other = Evidence(stage: .rcpt, reply: PrintedReply(parsing: "550 5.7.30 x - gsmtp"), provider: .zoho)
        #expect(DecisionTable.decide(other).rule.name == "x.7.30")
    }
}

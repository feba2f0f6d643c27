import MailFormat
import Relay
import SMTPProtocol
import StatusCodes
import Testing

@Suite struct `Forwards` {
    private func table(
        _ entries: [String: [String]],
        mailboxes: [String: String] = [:],
        local: Set<String> = ["ours.test"]
    ) throws -> ForwardTable {
        ForwardTable(
            try entries.mapValues { try $0.map { try ForwardTable.Target($0) } },
            mailboxes: Mailboxes(mailboxes),
            localDomains: local
        )
    }

    private func addresses(_ table: ForwardTable, _ address: String) -> [String]? {
        guard case .addresses(let targets)? = table[address] else { return nil }
        return targets.map(\.address).sorted()
    }

    // MARK: Following

    @Test func `Chains are followed to their ends, each end once`() throws {
        let table = try table([
            "team@ours.test": ["a@example.net", "half@ours.test", "A@example.net"],
            "half@ours.test": ["a@Example.NET", "b@example.net"],
        ])
        // The local part of a foreign address is its host's to read, the domain is not.
        #expect(addresses(table, "team@ours.test") == ["A@example.net", "a@example.net", "b@example.net"])
        #expect(addresses(table, "Team@OURS.test") == addresses(table, "team@ours.test"))
        #expect(table["nobody@ours.test"] == nil)
        #expect(table["a@example.net"] == nil)
        #expect(table.largest == 3)
        #expect(table.warnings.isEmpty)
    }

    @Test func `A chain that reaches nobody is a loop, one that also reaches somebody is not`() throws {
        let table = try table([
            "a@ours.test": ["b@ours.test"], "b@ours.test": ["a@ours.test"], "self@ours.test": ["Self@ours.test"],
            "c@ours.test": ["d@ours.test"], "d@ours.test": ["c@ours.test", "x@example.net"],
        ])
        for loop in ["a@ours.test", "b@ours.test", "self@ours.test"] { #expect(table[loop] == .loop) }
        #expect(addresses(table, "c@ours.test") == ["x@example.net"])
        #expect(addresses(table, "d@ours.test") == ["x@example.net"])
        #expect(table.warnings.count == 3)
        #expect(table.warnings.allSatisfy { $0.contains("leads back to itself") })
    }

    @Test func `An address in its own list means its mailbox, or its host where the domain is relayed`() throws {
        let kept = try table(
            ["alice@ours.test": ["alice@ours.test", "copy@example.net"]],
            mailboxes: ["alice@ours.test": "/m/alice"]
        )
        #expect(addresses(kept, "alice@ours.test") == ["alice@ours.test", "copy@example.net"])
        let relayed = try table(["alice@theirs.test": ["alice@theirs.test", "copy@example.net"]], local: [])
        #expect(addresses(relayed, "alice@theirs.test") == ["alice@theirs.test", "copy@example.net"])
        #expect(kept.warnings.isEmpty && relayed.warnings.isEmpty)
    }

    @Test func `The rest of a domain goes by its star, what has a mailbox or a forward does not`() throws {
        let table = try table(
            ["@ours.test": ["all@example.net"], "info@ours.test": ["i@example.net"]],
            mailboxes: ["alice@ours.test": "/m/alice", "postmaster": "/m/postmaster"]
        )
        #expect(addresses(table, "anybody@ours.test") == ["all@example.net"])
        #expect(addresses(table, "info@ours.test") == ["i@example.net"])
        #expect(table["alice@ours.test"] == nil)
        #expect(table["postmaster@ours.test"] == nil)
        #expect(table["abuse@ours.test"] == nil)
        let circle = try self.table(["@ours.test": ["nobody@ours.test"]])
        #expect(circle["x@ours.test"] == .loop)
    }

    @Test func `A forward has a largest size`() throws {
        let most = (0..<ForwardTable.mostAddresses).map { "u\($0)@example.net" }
        let table = try table(["most@ours.test": most, "more@ours.test": most + ["one@example.net"]])
        #expect(addresses(table, "most@ours.test")?.count == ForwardTable.mostAddresses)
        #expect(table["more@ours.test"] == .tooMany)
        #expect(table.warnings.count == 1)
    }

    @Test func `A target without a mailbox here is worth a warning`() throws {
        let table = try table(
            ["info@ours.test": ["bob@ours.test", "alice@ours.test"]],
            mailboxes: ["alice@ours.test": "/m/alice"]
        )
        #expect(table.warnings == ["the forward info@ours.test leads to bob@ours.test, which has no mailbox here"])
    }

    @Test(arguments: [
        "", "alice", "a b@example.net", "<a@example.net>", "用户@example.net", "a@example.net,b@example.net",
    ])
    func `What is no address in ASCII is refused`(text: String) {
        #expect(throws: ForwardTable.Invalid.self) { try ForwardTable.Target(text) }
    }

    // MARK: Envelopes

    private func envelope(_ recipients: [(String, Notify?)], originals: [String] = []) -> Envelope {
        var envelope = Envelope(arena: Array("s@example.org".utf8), reversePath: ByteRange(0, 13), recipients: [])
        func add(_ text: String) -> ByteRange {
            let start = envelope.arena.count
            envelope.arena += Array(text.utf8)
            return ByteRange(start, envelope.arena.count)
        }
        for (index, (address, notify)) in recipients.enumerated() {
            let range = add(address)
            let local = address.utf8.prefix { $0 != UInt8(ascii: "@") }.count
            let original = originals.indices.contains(index) ? add(originals[index]) : .empty
            envelope.recipients.append(
                Envelope.Recipient(
                    address: range,
                    domain: ByteRange(Int(range.start) + local + 1, Int(range.end)),
                    notify: notify,
                    originalRecipient: original
                )
            )
        }
        return envelope
    }

    /// Each recipient as `address notify original`, with a star for one that is expanded.
    private func summary(_ outcome: ForwardTable.Outcome) -> [String] {
        guard case .expanded(let envelope) = outcome else { return ["\(outcome)"] }
        #expect(envelope.text(envelope.reversePath) == "s@example.org")
        return envelope.recipients.map { recipient in
            let address = envelope.text(recipient.address)
            #expect(address.hasSuffix("@" + envelope.text(recipient.domain)))
            let notify = recipient.notify.map { "\($0.rawValue)" } ?? "-"
            let mark = recipient.isExpanded ? "*" : ""
            return "\(mark)\(address) \(notify) \(envelope.text(recipient.originalRecipient))"
        }
    }

    private func sample() throws -> ForwardTable {
        try table([
            "one@ours.test": ["z@example.net"], "team@ours.test": ["a@example.net", "b@example.net"],
            "loop@ours.test": ["loop@ours.test"],
        ])
    }

    @Test func `Nobody who stands for himself is touched`() throws {
        let recipients: [(String, Notify?)] = [
            ("a@example.net", nil), ("a@example.net", .never), ("loop@ours.test", nil),
        ]
        guard case .unchanged = try sample().expand(envelope(recipients)) else {
            Issue.record("changed")
            return
        }
    }

    @Test func `RFC 3461 §5.2.7.2: one to one passes NOTIFY and ORCPT on`() throws {
        let outcome = try sample().expand(
            envelope(
                [("One@ours.test", [.success, .delay]), ("one@ours.test", nil)],
                originals: ["", "rfc822;x@y.test"]
            )
        )
        // The second lead to the same mailbox: one copy, reported as either asked.
        #expect(summary(outcome) == ["z@example.net 7 rfc822;One@ours.test"])
        let given = try sample().expand(envelope([("one@ours.test", .failure)], originals: ["rfc822;x@y.test"]))
        #expect(summary(given) == ["z@example.net 2 rfc822;x@y.test"])
    }

    private static let notifyCases: [(Notify?, [String])] = [
        (nil, ["a@example.net - rfc822;team@ours.test", "b@example.net - rfc822;team@ours.test"]),
        (.never, ["a@example.net 0 rfc822;team@ours.test", "b@example.net 0 rfc822;team@ours.test"]),
        (
            .success,
            [
                "a@example.net 0 rfc822;team@ours.test", "b@example.net 0 rfc822;team@ours.test",
                "*team@ours.test 1 rfc822;team@ours.test",
            ]
        ),
        (
            [.success, .failure],
            [
                "a@example.net 2 rfc822;team@ours.test", "b@example.net 2 rfc822;team@ours.test",
                "*team@ours.test 1 rfc822;team@ours.test",
            ]
        ),
    ]

    @Test(arguments: notifyCases)
    func `RFC 3461 §5.2.7.3: one to several passes all on but SUCCESS, which is answered with expanded`(
        notify: Notify?,
        expected: [String]
    ) throws {
        #expect(summary(try sample().expand(envelope([("team@ours.test", notify)]))) == expected)
    }

    @Test func `Whoever is named twice gets one copy, and a success that was asked for is not forgotten`() throws {
        let outcome = try sample().expand(
            envelope([
                ("one@ours.test", .success), ("z@example.net", .never), ("team@ours.test", nil), ("a@example.net", nil),
            ])
        )
        #expect(
            summary(outcome) == [
                "z@example.net 0 ", "a@example.net - ", "b@example.net - rfc822;team@ours.test",
                "*one@ours.test 1 rfc822;one@ours.test",
            ]
        )
    }

    @Test func `A message has a largest number of recipients, when all is expanded`() throws {
        let members = ForwardTable.mostAddresses
        let groups = ForwardTable.mostRecipients / members
        var entries: [String: [String]] = ["one@ours.test": ["z@example.net"]]
        for group in 0...groups { entries["g\(group)@ours.test"] = (0..<members).map { "u\($0)@g\(group).test" } }
        let table = try table(entries)
        let full = (0..<groups).map { ("g\($0)@ours.test", Notify?.none) }
        #expect(table.hasRoom(for: "g\(groups - 1)@ours.test", in: envelope(Array(full.dropLast()))))
        #expect(!table.hasRoom(for: "one@ours.test", in: envelope(full)))
        #expect(!table.hasRoom(for: "x@example.net", in: envelope(full)))
        guard case .expanded(let large) = table.expand(envelope(full)) else {
            Issue.record("not expanded")
            return
        }
        #expect(large.recipients.count == ForwardTable.mostRecipients)
        guard case .tooManyRecipients = table.expand(envelope(full + [("one@ours.test", nil)])) else {
            Issue.record("too large")
            return
        }
    }

    // MARK: Rules

    @Test func `Rules take what a forward leads to, and refuse what leads nowhere`() throws {
        var configuration = RelayConfiguration(hostname: "mx.ours.test", spool: "/nonexistent")
        configuration.admission.localDomains = ["ours.test"]
        configuration.admission.relayDomains = ["theirs.test"]
        configuration.admission.relayRecipients = ["theirs.test": ["bob@theirs.test"]]
        let most = (0...ForwardTable.mostAddresses).map { "u\($0)@example.net" }
        configuration.forwards = try table([
            "one@ours.test": ["z@example.net"], "loop@ours.test": ["loop@ours.test"], "flood@ours.test": most,
            "info@theirs.test": ["z@example.net"], "x@foreign.test": ["z@example.net"],
        ])
        let rules = AdmissionRules(configuration)
        func verdict(_ address: String) -> Verdict {
            rules.recipient(address, domain: String(address.split(separator: "@")[1]), isTrusted: false)
        }
        #expect(verdict("One@ours.test") == .accepted)
        #expect(verdict("info@theirs.test") == .accepted)
        #expect(verdict("other@theirs.test") == .refused(Reply(.noSuchUser)))
        #expect(verdict("loop@ours.test") == .refused(Reply(.loopsToSelf)))
        #expect(verdict("flood@ours.test") == .refused(Reply(.listBroken)))
        #expect(verdict("x@foreign.test") == .refused(Reply(.relayDenied)))
        #expect(rules.absence(of: "loop@ours.test") == .loopsToSelf)
        #expect(rules.absence(of: "flood@ours.test") == .listBroken)
        #expect(rules.absence(of: "nobody@ours.test") == .noSuchUserLate)
    }
}

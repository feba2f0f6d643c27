import Simulator
import StatusCodes
import Testing

@Suite struct `Fates of local parts` {
    private func refusal(_ word: String) -> String? {
        guard case .reply(let asked) = Fate(localPart: word) else { return nil }
        return "\(asked.stage.rawValue) \(asked.reply.code) \(asked.reply.status.map { "\($0)" } ?? "-")"
    }

    @Test(arguments: [
        ("5.1.1", "rcpt 550 5.1.1"), ("4.2.2", "rcpt 450 4.2.2"), ("5.1.10", "rcpt 556 5.1.10"),
        ("552", "rcpt 552 -"), ("552-5.2.2", "rcpt 552 5.2.2"), ("251", "rcpt 251 -"), ("2.1.5", "rcpt 250 2.1.5"),
        ("mailbox-full", "rcpt 450 4.2.2"), ("Spam", "rcpt 550 5.7.1"), ("5.7.1-SPAM", "dot 550 5.7.1"),
        ("5.1.1-no-such-user", "rcpt 550 5.1.1"), ("data-5.6.0", "data 550 5.6.0"), ("dot-4.3.1", "dot 452 4.3.1"),
        ("rcpt-5.7.1-spam", "rcpt 550 5.7.1"), ("bdat-554", "bdat 554 -"), ("burl-5.6.6", "burl 554 5.6.6"),
        ("dot-greylisted", "dot 450 4.7.1"),
    ])
    func `a word is a reply at a stage`(word: String, reply: String) { #expect(refusal(word) == reply) }

    @Test(arguments: [
        "ok", "alice", "5.1", "5.1.1000", "05.1.1", "6.1.1", "199", "600", "354", "data-", "data-nonsense", "-5.1.1",
        "defer-1", "defer-101-4.7.1", "defer--1-4.7.1", "defer-1-ok", "defer-1-2.1.5", "slow-s", "slow--1s", "slow-2",
        "drop", "drop-data", "bounce-", "bounce-ok", "bounce-2.1.5", "bounce-gmail", "complaints",
        // These belong to other carriers.
        "helo-5.5.2", "mail-5.1.8", "greeting-4.3.2", "quit-4.3.2", "5.1.8-sender-domain-bad", "5.5.2-bad-helo",
        "5.7.8-credentials-invalid", "4.3.2-overloaded",
    ])
    func `what means nothing is taken`(word: String) { #expect(Fate(localPart: word) == .accept) }

    @Test func `a pair that disagrees is said as it stands`() {
        guard case .reply(let asked) = Fate(localPart: "552-4.2.2") else {
            Issue.record("not refused")
            return
        }
        var bytes: [UInt8] = []
        asked.reply.render(into: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self).hasPrefix("552 4.2.2 Mailbox full"))
        // To us it has no status: the digits and the text disagree.
        #expect(asked.reply.status == nil)
    }

    @Test(arguments: [
        ("slow-2s", Fate.slow(.seconds(2))), ("slow-0s", .slow(.zero)), ("slow-86400s", .slow(Fate.longestWait)),
        ("drop-rcpt", .drop(.rcpt)), ("DROP-DOT", .drop(.dot)), ("garbage", .garbage),
        ("complaint", .answer(.complaint)), ("delay", .answer(.delay)), ("auto-reply", .answer(.automaticReply)),
    ])
    func `faults and answers have names`(word: String, fate: Fate) { #expect(Fate(localPart: word) == fate) }

    @Test(arguments: [
        ("bounce-5.1.1", BounceStyle.martlet, "5.1.1"), ("bounce-gmail-5.2.2", .gmail, "5.2.2"),
        ("bounce-exchange-5.1.10", .exchange, "5.1.10"), ("bounce-postfix-552-5.2.2", .postfix, "5.2.2"),
        ("bounce-mailbox-full", .martlet, "4.2.2"), ("bounce-5.7.1-spam", .martlet, "5.7.1"),
    ])
    func `a bounce has a style and a status`(word: String, style: BounceStyle, status: String) {
        guard case .answer(.bounce(style, let reply)) = Fate(localPart: word) else {
            Issue.record("\(word) is no bounce of that style")
            return
        }
        #expect(reply.status.map { "\($0)" } == status)
    }

    @Test func `a postponement has a count and a refusal`() {
        guard case .postpone(3, let reply) = Fate(localPart: "defer-3-4.7.1") else {
            Issue.record("not postponed")
            return
        }
        #expect(reply.status == EnhancedStatusCode(.persistentTransientFailure, 7, 1))
        guard case .postpone(100, _) = Fate(localPart: "defer-100-greylisted") else {
            Issue.record("not postponed")
            return
        }
    }

    @Test func `the local part ends at the last at sign`() {
        #expect(Fate(address: #""slow-2s@x"@example.net"#) == .accept)
        #expect(Fate(address: "slow-2s@example.net") == .slow(.seconds(2)))
        #expect(Fate(address: "slow-2s") == .slow(.seconds(2)))
    }
}

@Suite struct `Words before RCPT` {
    private func read(_ text: String, _ carrier: WordCarrier) -> String? {
        StagedReply(leading: text, in: carrier).map { "\($0.stage.rawValue) \($0.reply.code)" }
    }

    @Test(arguments: [
        ("helo-5.5.2.client.test", "helo 501"), ("helo-5.5.2", "helo 501"), ("helo-5-5-2.client.test", "helo 501"),
        ("helo-550-5-7-1.client.test", "helo 550"), ("helo-550-5.7.1.client.test", "helo 550"),
        ("helo-554.client.test", "helo 554"), ("helo-helo-refused.client.test", "helo 550"),
        ("5.5.2-bad-helo.client.test", "helo 501"), ("auth-5.7.8.client.test", "auth 535"),
        ("5.7.8-credentials-invalid.client.test", "auth 535"), ("starttls-4.7.0.client.test", "starttls 454"),
        ("tls-4.7.5.client.test", "tls 450"), ("quit-4.3.2.client.test", "quit 450"),
        ("command-5.5.1.client.test", "command 503"),
    ])
    func `the name in EHLO asks for what comes before MAIL`(name: String, reply: String) {
        #expect(read(name, .hello) == reply)
    }

    @Test(arguments: [
        "client.test", "554.client.test", "5.7.1.client.test", "[192.0.2.1]", "", ".", "...", "helo.client.test",
        "helo-.client.test", "rcpt-5.1.1.client.test", "mailbox-full.client.test", "greeting-554.client.test",
    ])
    func `an ordinary name asks for nothing`(name: String) { #expect(read(name, .hello) == nil) }

    @Test func `a sender's address asks for MAIL, and only by its prefix or a condition of MAIL`() {
        #expect(read("mail-5.1.8@example.org", .reversePath) == "mail 501")
        #expect(read("5.1.8-sender-domain-bad@example.org", .reversePath) == "mail 501")
        #expect(read("5.1.1@example.org", .reversePath) == nil)
        #expect(read("rcpt-5.1.1@example.org", .reversePath) == nil)
    }

    @Test func `a listener asks for its greeting, or for no connection`() {
        #expect(StagedReply("greeting-4.3.2", in: .listener)?.reply == Reply(.shuttingDown))
        #expect(StagedReply("4.3.2-overloaded", in: .listener)?.reply == Reply(.overloaded))
        #expect(StagedReply("554", in: .listener)?.stage == .greeting)
        #expect(StagedReply("connect-4.4.1", in: .listener)?.stage == .connect)
        #expect(StagedReply("rcpt-5.1.1", in: .listener) == nil)
        #expect(StagedReply("nonsense", in: .listener) == nil)
    }

    @Test func `an argument asks for the command it belongs to`() {
        #expect(read("<5.1.4-vrfy-ambiguous@example.org>", .argument(.vrfy)) == "vrfy 553")
        #expect(read("252", .argument(.vrfy)) == "vrfy 252")
        #expect(read("@458-4.5.0.example.org", .argument(.etrn)) == "etrn 458")
        #expect(read("alice", .argument(.vrfy)) == nil)
        #expect(read("5.1.8-sender-domain-bad", .argument(.vrfy)) == nil)
    }
}

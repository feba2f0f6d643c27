import SMTPProtocol
import Simulator
import StatusCodes
import Testing

@Suite(patience) struct `Sessions of the simulator` {
    @Test func `a message is taken with its envelope`() async throws {
        try await withSession { probe, mails in
            #expect(await probe.recipient("ok")?.codes == "250 2.1.5")
            #expect(await probe.message()?.codes == "250 2.0.0")
            let mail = try await mails.next()
            #expect(mail.sender == "me@client.test")
            #expect(mail.recipients == ["ok@example.net"])
            #expect(mail.text.hasSuffix("Subject: hello\r\n\r\nhello\r\n"))
        }
    }

    @Test func `a refused recipient leaves the transaction to the others`() async throws {
        try await withSession { probe, mails in
            #expect(await probe.recipient("5.1.1")?.codes == "550 5.1.1")
            #expect(await probe.say("RCPT TO:<ok@example.net>")?.codes == "250 2.1.5")
            #expect(await probe.message()?.code == 250)
            let mail = try await mails.next()
            #expect(mail.recipients == ["ok@example.net"])
        }
    }

    @Test func `a session may collect more refusals than a server would bear`() async throws {
        try await withSession { probe, _ in
            #expect(await probe.say("MAIL FROM:<me@client.test>")?.code == 250)
            for number in 1...300 {
                #expect(await probe.say("RCPT TO:<5.1.1@d\(number).test>")?.codes == "550 5.1.1")
            }
            #expect(await probe.say("RCPT TO:<ok@example.net>")?.codes == "250 2.1.5")
        }
    }

    @Test func `of two recipients that ask for a reply at the dot the first counts`() async throws {
        try await withSession { probe, _ in
            #expect(await probe.recipient("dot-4.3.1")?.code == 250)
            #expect(await probe.say("RCPT TO:<dot-5.7.1@example.net>")?.code == 250)
            #expect(await probe.message()?.codes == "452 4.3.1")
            // The next transaction knows nothing of it.
            #expect(await probe.recipient("ok")?.code == 250)
            #expect(await probe.message()?.codes == "250 2.0.0")
        }
    }

    @Test func `a refused DATA leaves the transaction, and RSET ends it`() async throws {
        try await withSession { probe, _ in
            #expect(await probe.recipient("data-4.3.1")?.code == 250)
            #expect(await probe.say("DATA")?.codes == "450 4.3.1")
            #expect(await probe.say("RSET")?.code == 250)
            #expect(await probe.recipient("ok")?.code == 250)
            #expect(await probe.message()?.code == 250)
        }
    }

    @Test func `a refused chunk is passed over`() async throws {
        try await withSession { probe, _ in
            #expect(await probe.recipient("bdat-5.6.0")?.code == 250)
            await probe.send("BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n")
            #expect(await probe.reply()?.codes == "550 5.6.0")
            #expect(await probe.reply()?.codes == "250 2.0.0")
        }
    }

    @Test func `a name in EHLO that is refused may be replaced by another`() async throws {
        try await withSimulator { simulator, _ in
            let probe = try await SimulatorProbe.connect(to: simulator)
            #expect(await probe.reply()?.code == 220)
            #expect(await probe.say("EHLO helo-5.5.2.client.test")?.codes == "501 5.5.2")
            #expect(await probe.say("MAIL FROM:<me@client.test>")?.codes == "503 5.5.1")
            #expect(await probe.say("EHLO client.test")?.code == 250)
            #expect(await probe.recipient("ok")?.code == 250)
            await probe.close()
        }
    }

    @Test func `a name in EHLO that asks for a later stage is greeted`() async throws {
        try await withSession("auth-535-5.7.8.client.test") { probe, _ in
            #expect(await probe.say("AUTH PLAIN AG1lAHB3")?.codes == "535 5.7.8")
            #expect(await probe.recipient("ok")?.code == 250)
        }
        try await withSession { probe, _ in
            #expect(await probe.say("AUTH PLAIN AG1lAHB3")?.codes == "502 5.5.1")
        }
    }

    @Test func `a greeting of 5yz waits for QUIT, one of 4yz closes`() async throws {
        try await withSimulator(opening: StagedReply("greeting-5.7.1", in: .listener)) { simulator, _ in
            let probe = try await SimulatorProbe.connect(to: simulator)
            #expect(await probe.reply()?.codes == "554 5.7.1")
            #expect(await probe.say("EHLO client.test")?.codes == "503 5.5.1")
            #expect(await probe.say("QUIT")?.code == 221)
            #expect(await probe.isClosed())
        }
        try await withSimulator(opening: StagedReply("greeting-4.3.2", in: .listener)) { simulator, _ in
            let probe = try await SimulatorProbe.connect(to: simulator)
            #expect(await probe.reply()?.codes == "421 4.3.2")
            #expect(await probe.isClosed())
        }
    }

    @Test func `a connection that is refused says its reply and ends, or ends in silence`() async throws {
        try await withSimulator(opening: StagedReply("connect-554-5.7.1", in: .listener)) { simulator, _ in
            let probe = try await SimulatorProbe.connect(to: simulator)
            #expect(await probe.reply()?.codes == "554 5.7.1")
            #expect(await probe.isClosed())
        }
        try await withSimulator(opening: StagedReply("connect-no-answer", in: .listener)) { simulator, _ in
            let probe = try await SimulatorProbe.connect(to: simulator)
            #expect(await probe.isClosed())
        }
    }

    @Test func `QUIT is honoured unless its reply was asked for`() async throws {
        try await withSession { probe, _ in #expect(await probe.say("QUIT")?.codes == "221 2.0.0") }
        try await withSession("quit-554.client.test") { probe, _ in
            #expect(await probe.say("QUIT")?.codes == "554")
            #expect(await probe.say("NOOP")?.codes == "250 2.0.0")
        }
    }

    @Test func `VRFY, EXPN and NOOP without a word are what they always are`() async throws {
        try await withSession { probe, _ in
            #expect(await probe.say("VRFY alice")?.codes == "252 2.5.0")
            #expect(await probe.say("VRFY 5.1.4-vrfy-ambiguous")?.codes == "553 5.1.4")
            #expect(await probe.say("EXPN staff")?.codes == "252 2.5.0")
            #expect(await probe.say("NOOP hello")?.codes == "250 2.0.0")
            #expect(await probe.say("NOOP 5.5.1")?.codes == "503 5.5.1")
            #expect(await probe.say("FOO 1")?.codes == "500 5.5.2")
        }
    }
}

@Suite(patience) struct `Postponed recipients` {
    @Test func `refused so many times, then taken, and from then on`() async throws {
        try await withSession { probe, _ in
            #expect(await probe.recipient("defer-2-4.7.1")?.codes == "450 4.7.1")
            #expect(await probe.say("RCPT TO:<defer-2-4.7.1@example.net>")?.codes == "450 4.7.1")
            #expect(await probe.say("RCPT TO:<defer-2-4.7.1@example.net>")?.codes == "250 2.1.5")
            #expect(await probe.say("RCPT TO:<defer-2-4.7.1@example.net>")?.codes == "250 2.1.5")
            #expect(await probe.say("RCPT TO:<defer-0-4.7.1@example.net>")?.codes == "250 2.1.5")
        }
    }

    @Test func `counted for each reverse-path and for each recipient, over sessions`() async throws {
        try await withSimulator { simulator, _ in
            for (sender, domain, codes) in [
                ("a", "one.test", "450 4.2.2"), ("b", "one.test", "450 4.2.2"), ("a", "two.test", "450 4.2.2"),
                ("a", "one.test", "250 2.1.5"), ("b", "one.test", "250 2.1.5"), ("a", "two.test", "250 2.1.5"),
            ] {
                let probe = try await SimulatorProbe.connect(to: simulator)
                #expect(await probe.reply()?.code == 220)
                #expect(await probe.say("EHLO client.test")?.code == 250)
                #expect(await probe.say("MAIL FROM:<\(sender)@client.test>")?.code == 250)
                #expect(await probe.say("RCPT TO:<defer-1-mailbox-full@\(domain)>")?.codes == codes)
                await probe.close()
            }
        }
    }

    @Test func `the oldest counts are forgotten first, and memory is bounded`() {
        let counts = PostponementCounts(mostCounted: 4)
        #expect(counts.count("a", "1") == 0)
        #expect(counts.count("a", "2") == 0)
        #expect(counts.count("a", "3") == 0)
        #expect(counts.count("a", "1") == 1)
        #expect(counts.count("a", "2") == 1)
        for other in 4...9 { #expect(counts.count("a", "\(other)") == 0) }
        #expect(counts.count("a", "1") == 0)
        #expect(counts.remembered <= 4)
    }

    @Test func `more attempts than can be asked for are not told apart`() {
        let counts = PostponementCounts()
        for attempt in 0...200 { #expect(counts.count("a", "b") == min(attempt, Fate.mostPostponements)) }
    }
}

@Suite(patience) struct `Faults of the simulator` {
    @Test func `garbage spoils its own reply and leaves the rest of the flight`() async throws {
        try await withSession { probe, mails in
            await probe.send(
                """
                MAIL FROM:<me@client.test>\r
                RCPT TO:<ok@example.net>\r
                RCPT TO:<garbage@example.net>\r
                RCPT TO:<5.1.1@example.net>\r
                RCPT TO:<garbage@example.org>\r
                DATA\r

                """
            )
            #expect(await probe.reply()?.codes == "250 2.1.0")
            #expect(await probe.reply()?.codes == "250 2.1.5")
            let garbage: [UInt8] = [0xFF, 0x00, 0x7F, 0x3C, 0x68, 0x31, 0x3E]
            #expect(await probe.line() == garbage)
            #expect(await probe.reply()?.codes == "550 5.1.1")
            #expect(await probe.line() == garbage)
            #expect(await probe.reply()?.codes == "354")
            #expect(await probe.say("hello\r\n.")?.codes == "250 2.0.0")
            let mail = try await mails.next()
            #expect(mail.recipients.count == 3)
        }
    }

    @Test func `drop-rcpt ends the connection instead of the reply to RCPT`() async throws {
        try await withSession { probe, _ in
            await probe.send("MAIL FROM:<me@client.test>\r\nRCPT TO:<drop-rcpt@example.net>\r\nRSET\r\n")
            #expect(await probe.reply()?.codes == "250 2.1.0")
            #expect(await probe.isClosed())
        }
    }

    @Test func `drop-dot ends the connection instead of the reply to the dot, whatever else was asked`() async throws {
        try await withSession { probe, _ in
            #expect(await probe.recipient("dot-5.7.1")?.code == 250)
            #expect(await probe.say("RCPT TO:<drop-dot@example.net>")?.code == 250)
            #expect(await probe.message() == nil)
        }
    }

    @Test func `a slow recipient is taken after its wait, and the commands behind it wait too`() async throws {
        try await withSession { probe, _ in
            #expect(await probe.say("MAIL FROM:<me@client.test>")?.code == 250)
            let clock = ContinuousClock()
            let start = clock.now
            await probe.send("RCPT TO:<slow-1s@example.net>\r\nNOOP\r\n")
            #expect(await probe.reply()?.codes == "250 2.1.5")
            #expect(clock.now - start >= .seconds(1))
            #expect(await probe.reply()?.codes == "250 2.0.0")
        }
    }

    @Test func `no wait that can be asked for is cut short by the session`() {
        #expect(Fate(localPart: "slow-600s") == .slow(Fate.longestWait))
        #expect(SimulatorService.limits.verdictTimeout > Fate.longestWait)
        #expect(SimulatorService.limits.refusedRecipients > SimulatorService.limits.recipients)
    }
}

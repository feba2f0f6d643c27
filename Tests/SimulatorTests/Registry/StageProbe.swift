import Simulator
import StatusCodes
import Testing

/// Asks a simulator for a word at a stage, by what carries the word there, and compares what is heard.
struct StageProbe {
    private let stage: Stage
    private let word: String

    init(_ stage: Stage, word: String) {
        self.stage = stage
        self.word = word
    }

    func expect(_ expected: Expected) async throws {
        switch stage {
        case .connect: try await connect(expected)
        case .greeting: try await greeting(expected)
        case .helo, .starttls, .tls, .auth, .quit: try await hello(expected)
        case .mail, .rcpt, .data, .bdat, .dot, .burl: try await transaction(expected)
        case .vrfy, .expn, .etrn, .atrn: try await argument("\(stage.rawValue.uppercased())", expected)
        case .command: try await argument("NOOP", expected)
        case .dnsMX, .dnsAddress, .tlsPolicy, .routing, .conversion, .local, .queue, .report, .tracking:
            Issue.record("no session has the stage \(stage.rawValue)")
        }
    }

    private func compare(_ reply: HeardReply?, _ expected: Expected) {
        #expect(reply?.codes == expected.codes, "\(word) at \(stage.rawValue): \(reply?.description ?? "closed")")
    }

    private func connect(_ expected: Expected) async throws {
        let opening = try #require(StagedReply(word, in: .listener))
        try await withSimulator(opening: opening) { simulator, _ in
            let probe = try await SimulatorProbe.connect(to: simulator)
            if !expected.isOfNetwork { compare(await probe.reply(), expected) }
            #expect(await probe.isClosed())
        }
    }

    private func greeting(_ expected: Expected) async throws {
        let opening = try #require(StagedReply(word, in: .listener))
        try await withSimulator(opening: opening) { simulator, _ in
            let probe = try await SimulatorProbe.connect(to: simulator)
            compare(await probe.reply(), expected)
            await probe.close()
        }
    }

    private func hello(_ expected: Expected) async throws {
        try await withSimulator { simulator, _ in
            let probe = try await SimulatorProbe.connect(to: simulator)
            #expect(await probe.reply()?.code == 220)
            // HELO and LHLO have rows of their own.
            let verb = word.hasSuffix("lhlo-250") ? "LHLO" : word.hasSuffix("helo-250") ? "HELO" : "EHLO"
            let greeted = await probe.say("\(verb) \(word).client.test")
            switch stage {
            case .starttls, .tls:
                #expect(greeted?.lines.contains("250-STARTTLS") == true)
                let reply = await probe.say("STARTTLS")
                compare(reply, stage == .tls ? Expected("220 2.0.0") : expected)
                // What is promised here never comes: the handshake fails.
                if reply?.code == 220 { #expect(await probe.isClosed()) }
            case .auth:
                #expect(greeted?.lines.contains("250-AUTH PLAIN LOGIN") == true)
                compare(await probe.say("AUTH PLAIN"), expected)
            case .quit: compare(await probe.say("QUIT"), expected)
            default: compare(greeted, expected)
            }
            await probe.close()
        }
    }

    private func argument(_ verb: String, _ expected: Expected) async throws {
        try await withSession { probe, _ in
            compare(await probe.say("\(verb) \(word)"), expected)
        }
    }

    private func transaction(_ expected: Expected) async throws {
        try await withSession { probe, mails in
            let sender = stage == .mail ? word : "me"
            let mail = await probe.say("MAIL FROM:<\(sender)@client.test>")
            if stage == .mail { return compare(mail, expected) }
            let recipient = await probe.say("RCPT TO:<\(word)@example.net>")
            if stage == .rcpt { return compare(recipient, expected) }
            #expect(recipient?.codes == "250 2.1.5")
            switch stage {
            case .data: compare(await probe.say("DATA"), expected)
            case .bdat:
                await probe.send("BDAT 5\r\nhello")
                compare(await probe.reply(), expected)
            case .burl: compare(await probe.say("BURL imap://content.test/x LAST"), expected)
            default:
                compare(await probe.message(), expected)
                // A message that is said to be taken is taken.
                guard expected.codes.hasPrefix("2") else { return }
                let mail = try await mails.next()
                #expect(mail.recipients.count == 1)
            }
        }
    }
}

import Foundation
import StatusCodes
import Testing

/// Replies as servers of many makes and languages word them, each with the cause and the bounce kind that a postmaster
/// would give it.
///
/// All are our own wording (`Fixtures/Wordings.txt`), and the verdict was written before the table was asked: a rule
/// that is too wide for them shows here.
@Suite struct WordingTests {
    struct Wording: Sendable, CustomTestStringConvertible {
        let cause: String
        let bounce: String
        /// When it was said; nil where a report does not tell.
        let stage: Stage?
        let reply: String

        var testDescription: String { reply }

        /// A line of the file: cause, `hard` or `soft`, stage or `-`, and the reply.
        init?(_ line: Substring) {
            let fields = line.split(separator: " ", maxSplits: 3)
            guard fields.count == 4, fields[2] == "-" || Stage(rawValue: String(fields[2])) != nil else { return nil }
            cause = String(fields[0])
            bounce = String(fields[1])
            stage = Stage(rawValue: String(fields[2]))
            reply = String(fields[3])
        }
    }

    private static let lines: [Substring] = {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let text =
            (try? String(contentsOf: folder.appendingPathComponent("Fixtures/Wordings.txt"), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }
    }()

    private static let wordings = lines.compactMap { Wording($0) }

    @Test(arguments: wordings)
    func `a reply has the cause and the kind that its words say`(wording: Wording) throws {
        let explanation = try #require(Explanation(question: wording.reply, stage: wording.stage, source: .report))
        #expect(explanation.finding.cause.name == wording.cause, "\(explanation.finding.rule)")
        #expect(explanation.finding.bounce.rawValue == wording.bounce, "\(explanation.finding.rule)")
    }

    @Test func `every line of the file is read, and most causes of a refusal have one`() {
        #expect(Self.wordings.count == Self.lines.count)
        #expect(Self.wordings.count >= 300)
        #expect(Set(Self.wordings.map(\.cause)).count >= 55)
        for wording in Self.wordings { #expect(Cause(name: wording.cause) != nil, "\(wording.cause)") }
    }

    private func cause(_ reply: String, at stage: Stage = .rcpt) -> Cause {
        DecisionTable.decide(Evidence(stage: stage, reply: PrintedReply(parsing: reply))).cause
    }

    @Test func `words that stand apart tell together what neither tells alone`() {
        #expect(cause("550 The account of bob was, as we see, terminated") == .mailboxDisabled)
        #expect(cause("550 The session was terminated") != .mailboxDisabled)
        #expect(cause("550 The account of bob is here") == .unexplained)
        #expect(cause("450 The account of bob was, as we see, terminated") == .mailboxPaused)
        #expect(cause("550 That domain, as DNS says, does not exist") == .domainUnknown)
        #expect(cause("550 Sender: that domain, as DNS says, does not exist") == .senderDomainBad)
    }

    @Test func `what does not exist is the recipient at RCPT, the sender at MAIL, and nothing certain later`() {
        #expect(cause("550 <x@example.org> does not exist", at: .rcpt) == .userUnknown)
        #expect(cause("550 <x@example.org> does not exist", at: .mail) == .senderDomainBad)
        #expect(cause("550 <x@example.org> does not exist", at: .dot) == .unexplained)
        #expect(cause("555 The parameter does not exist", at: .rcpt) == .parameterRefused)
    }

    @Test func `a filter that fails is no verdict on what it filters`() {
        #expect(cause("451 Virus scanner unavailable", at: .dot) == .systemError)
        #expect(cause("451 Virus found", at: .dot) == .virus)
        #expect(cause("550 Virus scanner found something: virus", at: .dot) == .virus)
        #expect(cause("451 DNSBL lookup failed") == .systemError)
    }

    @Test func `a host that takes no mail from us, or for a domain, takes mail`() {
        #expect(cause("550 This host does not accept mail") == .neverAccepts)
        #expect(cause("550 This host does not accept mail from your network") == .blockedAddress)
        #expect(cause("550 This host does not accept mail for example.net") == .relayDenied)
    }

    @Test(arguments: ["Пользователь не найден", "ПОЛЬЗОВАТЕЛЬ НЕ НАЙДЕН", "пользователь не найден"])
    func `capitals of other alphabets are folded`(text: String) {
        #expect(cause("550 \(text)") == .userUnknown)
        #expect(cause("550 \(text)х") != .userUnknown)
    }

    @Test func `capitals of Latin-1 are folded, and a sign of multiplication is none`() {
        #expect(cause("550 BOÎTE INCONNUE") == .userUnknown)
        #expect(cause("550 Empfänger unbekannt") == cause("550 EMPFÄNGER UNBEKANNT"))
        #expect(cause("550 EMPF×NGER UNBEKANNT", at: .dot) == .unexplained)
    }
}

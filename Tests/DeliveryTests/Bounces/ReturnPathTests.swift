import Delivery
import MailFormat
import SMTPProtocol
import SMTPTesting
import Testing

/// Return-paths that name what they were made for (`docs/design/rulings.md` §5).
@Suite struct `Return-paths` {
    private static let now = Timestamp(seconds: 1_800_000_000)
    private static let day: Int64 = 86_400
    private static let recipient = RecipientID(message: MessageID(rawValue: 1 << 40 | 7), index: 999_999)

    private static func signer(_ keys: String..., domain: String = "Bounces.example.NET") -> ReturnPathSigner {
        ReturnPathSigner(domain: domain, keys: keys.map { Array($0.utf8) }, primitives: TestPrimitives())
    }

    private static func path(_ signer: ReturnPathSigner) throws -> String {
        try #require(signer.returnPath(of: recipient, at: now))
    }

    private static func verdict(
        _ signer: ReturnPathSigner,
        _ address: String,
        days: Int64 = 0
    ) -> ReturnPathSigner.Verdict? {
        signer.verdict(on: address, at: Timestamp(seconds: now.seconds + days * day))
    }

    private static func isValid(_ verdict: ReturnPathSigner.Verdict?) -> Bool {
        if case .valid(let token)? = verdict { token.recipient == recipient } else { false }
    }

    @Test func `a return-path is a valid address that names its recipient and fits a local part`() throws {
        let signer = Self.signer("a key of many octets")
        let path = try Self.path(signer)
        let mailbox = try AddressGrammar(.ascii).wholeMailbox(path.utf8.span)
        #expect(mailbox.localPart.count == 49 && path.hasPrefix("b-") && path.hasSuffix("@bounces.example.net"))
        #expect(Self.isValid(Self.verdict(signer, path)))
        #expect(Self.isValid(Self.verdict(signer, path.uppercased())))
    }

    @Test(arguments: [(0, true), (30, true), (31, false), (400, false)])
    func `it is good for thirty days, and then still known as ours`(days: Int64, isGood: Bool) throws {
        let signer = Self.signer("a key of many octets")
        let verdict = Self.verdict(signer, try Self.path(signer), days: days)
        if isGood {
            #expect(Self.isValid(verdict))
        } else if case .expired(let token)? = verdict {
            #expect(token.recipient == Self.recipient)
        } else {
            Issue.record("\(String(describing: verdict))")
        }
    }

    @Test func `a change of any character makes it a forgery`() throws {
        let signer = Self.signer("a key of many octets")
        let path = try Self.path(signer)
        let local = Array(path.prefix(49))
        // The last character of a signature of 128 bits has three bits of its own; the others are padding.
        for place in 2..<49 {
            var changed = local
            changed[place] = changed[place] == "0" ? "1" : "0"
            #expect(Self.verdict(signer, String(changed) + "@bounces.example.net") == .forged, "\(place)")
        }
    }

    @Test(arguments: ["b-", "b-0", "b-01m5x2k8q4r7t0000m1q9", "b-\(String(repeating: "0", count: 47))"])
    func `what only looks like one is a forgery`(local: String) {
        #expect(Self.verdict(Self.signer("a key of many octets"), "\(local)@bounces.example.net") == .forged)
    }

    @Test func `anything else is none, and other domains are not ours`() {
        let signer = Self.signer("a key of many octets")
        #expect(Self.verdict(signer, "postmaster@bounces.example.net") == .other)
        #expect(Self.verdict(signer, "b-0@example.net") == nil)
        #expect(Self.verdict(signer, "postmaster") == nil)
    }

    @Test func `another key does not make it, an old one still checks it`() throws {
        let old = Self.signer("the key of last year")
        let path = try Self.path(old)
        #expect(Self.verdict(Self.signer("the key of this year"), path) == .forged)
        let both = Self.signer("the key of this year", "the key of last year")
        #expect(Self.isValid(Self.verdict(both, path)))
        let renewed = try Self.path(both)
        #expect(renewed != path)
        #expect(Self.verdict(old, renewed) == .forged)
    }

    @Test func `it is found anywhere in a report, and a forged or old one is passed over`() throws {
        let signer = Self.signer("a key of many octets")
        let path = try Self.path(signer)
        let forged = path.replacing("b-0", with: "b-1")
        func found(_ text: String, days: Int64 = 0) -> ReturnPathToken? {
            let later = Timestamp(seconds: Self.now.seconds + days * Self.day)
            return signer.token(in: Array(text.utf8).span, at: later)
        }
        #expect(found("x <\(forged)> Original-Mail-From: <\(path.uppercased())>\r\n")?.recipient == Self.recipient)
        #expect(found(path)?.recipient == Self.recipient)
        #expect(found(path, days: 31) == nil)
        #expect(found("\(forged) \(path.dropLast()) \(path.dropFirst())") == nil)
        #expect(found(String(repeating: "@bounces.example.net ", count: 1000) + path) == nil)
    }

    @Test func `a recipient that a token cannot name has none`() {
        let signer = Self.signer("a key of many octets")
        let beyond = RecipientID(message: Self.recipient.message, index: 1 << 20)
        #expect(signer.returnPath(of: beyond, at: Self.now) == nil)
    }
}

import BounceAnalysis
import MailFormat
import Testing

/// Mail that is made to hurt whoever reads it: it must end soon, take little memory, and say what was cut.
@Suite
struct HostileMailTests {
    private static func analyze(_ mail: [UInt8]) -> MailAnalysis { MailAnalyzer.analyze(mail.span) }
    private static func analyze(_ mail: String) -> MailAnalysis { analyze(Array(mail.utf8)) }

    private static func status(_ count: Int) -> String {
        (0..<count).map { "\nFinal-Recipient: rfc822; user\($0)@example.net\nAction: failed\nStatus: 5.1.1\n" }.joined()
    }

    private static func report(_ groups: String) -> String {
        "From: MAILER-DAEMON@b\nContent-Type: multipart/report; boundary=b\n\n--b\n\nno\n--b\n"
            + "Content-Type: message/delivery-status\n\nReporting-MTA: dns; a\n\(groups)\n--b--\n"
    }

    @Test
    func `a line of a hundred megabytes streams by, and the result says that it was cut`() {
        var analyzer = MailAnalyzer()
        analyzer.consume(
            Array("From: MAILER-DAEMON@a\nSubject: failure notice\n\n<bob@example.net>:\n550 5.1.1 no\n\n".utf8).span
        )
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
        for _ in 0..<100 { analyzer.consume(piece.span) }
        let analysis = analyzer.finish()
        #expect(analysis.isCut)
        #expect(analysis.results.map(\.recipient) == ["bob@example.net"])
    }

    @Test(arguments: [
        "From", "To", "Subject", "Return-Path", "Auto-Submitted", "Precedence", "List-Id", "List-Unsubscribe",
        "X-Failed-Recipients", "X-List-Administrivia", "X-Autoreply", "Content-Type", "Content-Transfer-Encoding",
    ])
    func `a mail may end within any of its fields`(_ name: String) {
        let field = "\(name): [x] Re: =?utf-8?q?a?= <bob@example.net>; a=\"b\""
        let mail = Array("From: MAILER-DAEMON@a\nIn-Reply-To: <x>\nSubject: failure notice\n\(field)".utf8)
        let alone = Array("In-Reply-To: <x>\n\(field)".utf8)
        for bytes in [mail, alone] {
            for length in 0...bytes.count {
                let analysis = Self.analyze(Array(bytes[..<length]))
                #expect(analysis.results.count <= 1)
            }
        }
    }

    @Test
    func `a hundred thousand parts are cut at a thousand`() {
        let parts = String(repeating: "--b\n\nx\n", count: 100_000)
        let analysis = Self.analyze("From: a@b\nContent-Type: multipart/mixed; boundary=b\n\n\(parts)--b--\n")
        #expect(analysis.isCut)
        #expect(analysis.kind == .notAReport)
    }

    @Test
    func `messages in messages are followed only so deep`() {
        let nest = String(repeating: "Content-Type: message/rfc822\n\n", count: 10_000)
        #expect(Self.analyze("From: MAILER-DAEMON@a\n" + nest + "Subject: deep\n\n").isCut)
        let multiparts = (0..<5_000).map { "Content-Type: multipart/mixed; boundary=b\($0)\n\n--b\($0)\n" }.joined()
        #expect(Self.analyze("From: a@b\n" + multiparts).isCut)
    }

    @Test
    func `base64 without end is decoded only as far as text is read`() {
        let bomb =
            "From: a@b\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n"
            + String(repeating: String(repeating: "QUFB", count: 19) + "\n", count: 20_000)
        #expect(Self.analyze(bomb).kind == .notAReport)
        #expect(Self.analyze(bomb).isCut)
    }

    @Test
    func `ten thousand recipients are told, more are not`() {
        let analysis = Self.analyze(Self.report(Self.status(10_500)))
        #expect(analysis.results.count == 10_000)
        #expect(analysis.isCut)
        #expect(!Self.analyze(Self.report(Self.status(100))).isCut)
    }

    @Test
    func `thousands of recipients and replies in a text take no quadratic time`() {
        let lines = (0..<2_000).map { "<user\($0)@example.net>: 550 5.1.1 no\n\n" }.joined()
        let clock = ContinuousClock()
        var analysis: MailAnalysis?
        let time = clock.measure {
            analysis = Self.analyze("From: MAILER-DAEMON@a\nSubject: failure notice\n\n" + lines)
        }
        #expect((analysis?.results.count ?? 0) == 2_000)
        #expect(time < .seconds(20), "a debug build takes a few seconds; quadratic work takes minutes")
    }

    @Test
    func `thousands of recipients on one line take no quadratic time`() {
        let line = (0..<5_000).map { "recipient: <user\($0)@example.net> " }.joined()
        let clock = ContinuousClock()
        var analysis: MailAnalysis?
        let time = clock.measure {
            analysis = Self.analyze("From: MAILER-DAEMON@a\nSubject: failure notice\n\nUndelivered: \(line)\n")
        }
        #expect((analysis?.results.count ?? 0) == 5_000)
        #expect(time < .seconds(20), "a debug build takes a few seconds; quadratic work takes minutes")
    }

    @Test(arguments: [
        "@", "<@", "a@", "<", ">", "[", "550 ", "\"@", "...", "--", "=", "&#", "<!--", "5.1.1", "\u{1B}$B",
        "450;", "a@b,", "\u{FF1A}", "1. x <a@b>\n",
    ])
    func `a hundred kilobytes of one token ends soon`(_ token: String) {
        let text = String(repeating: token, count: (100 << 10) / token.utf8.count)
        for type in ["text/plain", "text/html", "multipart/mixed; boundary=x"] {
            let analysis = Self.analyze("From: MAILER-DAEMON@a\nContent-Type: \(type)\n\n\(text)\n")
            #expect(analysis.results.count <= 10_000)
        }
    }
}

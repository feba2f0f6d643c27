import Delivery
import Foundation
import MailFormat
import SMTPProtocol
import StatusCodes
import StoreSQLite
import Testing

/// `martlet analyze --intake`: reports that reached another place come to the service.
@Suite(.timeLimit(.minutes(2))) struct `Intake of reports by a command` {
    private static let report = """
        From: mailer-daemon@mx.example.net
        Subject: Undelivered Mail
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type=delivery-status; boundary=x

        --x
        Content-Type: message/delivery-status

        Reporting-MTA: dns; mx.example.net

        Final-Recipient: rfc822; anna@example.net
        Action: failed
        Status: 5.1.1

        --x--

        """

    private func scene() throws -> CommandScene {
        let scene = try CommandScene()
        let before = try String(contentsOfFile: scene.configuration, encoding: .utf8)
        try scene.write("bounces.key", "a key of many octets\n")
        try scene.write(
            "martlet.yaml",
            before + "bounces: {domain: Bounces.test, key_file: \"\(scene.folder)/bounces.key\"}\n"
        )
        return scene
    }

    @Test func `A mail on standard input is in the queue for the feedback address, once however often it comes`()
        async throws
    {
        let scene = try scene()
        try await scene.withRelay { relay in
            for _ in 0..<2 {
                let outcome = try await scene.run("analyze", "--intake", "-", input: Self.report)
                #expect(outcome.status == 0 && outcome.lines == ["1 handed over, 0 passed over."], "\(outcome.errors)")
            }
            let queued = try relay.store.page(after: nil, limit: 9)
            let message = try #require(queued.first)
            #expect(queued.count == 1 && message.envelope.reversePath.isEmpty)
            #expect(message.envelope.text(message.envelope.recipients[0].address) == "feedback@bounces.test")
            let expected = Self.report.replacing("\n", with: "\r\n")
            #expect(message.byteCount == expected.utf8.count)
        }
    }

    @Test func `Of an mbox only reports are handed over`() async throws {
        let scene = try scene()
        let ordinary = "From: a@example.org\nSubject: Hello\n\nHow are you?\n"
        let start = "From x@example.net Thu Jan  1 00:00:00 2026\n"
        try scene.write("mbox", "\(start)\(ordinary)\n\(start)\(Self.report)\n\(start)\(ordinary)")
        try await scene.withRelay { relay in
            let outcome = try await scene.run("analyze", "--intake", "\(scene.folder)/mbox")
            #expect(outcome.status == 0 && outcome.lines == ["1 handed over, 2 passed over."], "\(outcome.errors)")
            #expect(try relay.store.page(after: nil, limit: 9).count == 1)
        }
    }

    @Test func `Without bounces.domain there is nothing to find`() async throws {
        let scene = try CommandScene()
        let outcome = try await scene.run("analyze", "--intake", "-", input: Self.report)
        #expect(outcome.status == 78)
        #expect(outcome.errors.contains("bounces.domain is not set"))
    }
}

import Delivery
import Foundation
import MailFormat
import Relay
import ResolverTesting
import SMTPTesting
import SMTPTransport
import StatusCodes
import StoreSQLite
import Testing

/// Reports that another program has put into a mailbox of this machine find the message that they are about.
@Suite(.timeLimit(.minutes(2))) struct `Mailboxes in a whole relay` {
    private static let addresses = BounceAddresses(
        signer: ReturnPathSigner(
            domain: "bounces.test",
            keys: [Array("a key of many octets".utf8)],
            primitives: CryptoPrimitives()
        ),
        feedback: "fbl"
    )

    /// A bounce as a mailbox has it, about a message with a return-path.
    private static func report(_ returnPath: String) -> String {
        """
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
        Diagnostic-Code: smtp; 550 5.1.1 no such user

        --x
        Content-Type: message/rfc822

        Return-Path: <\(returnPath)>
        From: boss@example.org
        Subject: x

        body
        --x--

        """
    }

    private static func makeMaildir(_ path: String) throws {
        for name in ["new", "cur", "tmp"] {
            try FileManager.default.createDirectory(atPath: "\(path)/\(name)", withIntermediateDirectories: true)
        }
    }

    @Test(arguments: [ReportMailbox.Kind.maildir, .mbox])
    func `a bounce in a mailbox corrects the outcome and counts once, though it comes again after a crash`(
        kind: ReportMailbox.Kind
    ) async throws {
        let folder = try TemporaryFolder("mailboxes")
        let box = "\(folder.path)/box"
        try await withTestRelay { plan in
            plan.listens = true
            plan.bounces = Self.addresses
            plan.reportMailboxes = [
                ReportMailbox(name: "box", path: box, kind: kind, interval: ReportMailbox.leastInterval)
            ]
        } _: { relay, taken, _ in
            _ = await relay.submit(from: "boss@example.org", to: ["anna@example.net"], id: relay.nextID)
            let path = try #require(try await taken.wait(for: 1).first?.sender)
            let isOut = try await eventually { try relay.store.page(after: nil, limit: 1).isEmpty }
            #expect(isOut)
            let file = kind == .maildir ? "\(box)/new/1.a" : box
            if kind == .maildir { try Self.makeMaildir(box) }
            let start = kind == .maildir ? "" : "From x@example.net Thu Jan  1 00:00:00 2026\n"
            // The second time stands for a process that was killed before it could take it out of the mailbox.
            for _ in 0..<2 {
                try "\(start)\(Self.report(path))".write(toFile: file, atomically: false, encoding: .utf8)
                var polling = relay.service.mailboxPolling()
                let count = await polling.sweep()
                #expect(count == 1)
                let isRead = try await eventually { try relay.store.page(after: nil, limit: 1).isEmpty }
                #expect(isRead)
                if kind == .maildir { try FileManager.default.removeItem(atPath: "\(box)/cur/1.a:2,S") }
            }
            let events = try relay.store.events(after: 0, limit: 100)
            #expect(events.map(\.kind) == [.recipientBounced])
            #expect(events.first?.subject == "anna@example.net")
            let subject = try #require(SuppressionSubject("anna@example.net"))
            #expect(try relay.store.suppression(of: subject)?.sightings.map(\.source) == [.dsn])
            // The sender of the message gets the bounce once.
            #expect(try await taken.wait(for: 2).map(\.recipients) == [["anna@example.net"], ["boss@example.org"]])
            #expect(try relay.store.check().isEmpty)
        }
    }

    @Test func `the service takes what lies there at its start, and after kill -9 nothing is in the queue twice`()
        async throws
    {
        let folder = try TemporaryFolder("mailboxes")
        let box = "\(folder.path)/box"
        try Self.makeMaildir(box)
        try folder.write("bounces.key", "a key of many octets\n")
        var plan = MartletProcess.Plan(folder: folder.path, store: "\(folder.path)/queue")
        plan.more = """
            drop: "\(folder.path)/drop"
            bounces:
              domain: bounces.test
              key_file: "\(folder.path)/bounces.key"
              mailboxes: {box: {path: "\(box)"}}
            """
        // It names no message of this service, and hence stays in the queue for a person.
        let report = Self.report("b-nobody@bounces.test")
        try report.write(toFile: "\(box)/new/1.a", atomically: false, encoding: .utf8)
        let seen = "\(box)/cur/1.a:2,S"
        let first = try await MartletProcess(plan)
        try await waited { FileManager.default.fileExists(atPath: seen) ? () : nil }
        let queue = try first.queue()
        #expect(queue.count == 1)
        first.signal(SIGKILL)
        _ = try await first.ended()
        try FileManager.default.moveItem(atPath: seen, toPath: "\(box)/new/1.a")
        let second = try await MartletProcess(plan)
        try await waited { FileManager.default.fileExists(atPath: seen) ? () : nil }
        #expect(try second.queue() == queue)
        #expect(try await second.stop() == 0)
    }
}

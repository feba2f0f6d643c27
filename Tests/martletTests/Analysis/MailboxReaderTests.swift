import BounceAnalysis
import Foundation
@testable import martlet
import StatusCodes
import Testing

@Suite
struct MailboxReaderTests {
    private static let bounce =
        "From: MAILER-DAEMON@a\nSubject: failure notice\n\nHi.\n<%@>:\n550 5.1.1 no such user\n\n"

    /// Writes files below a folder of their own, which vanishes behind the test.
    private static func folder<Value>(
        _ files: [String: String],
        _ body: (URL) throws -> Value
    ) throws -> Value {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in files {
            let file = folder.appendingPathComponent(name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(text.utf8).write(to: file)
        }
        return try body(folder)
    }

    private static func mailbox(_ recipients: [String]) -> String {
        recipients.map {
            "From MAILER-DAEMON Mon Jan  5 10:00:05 2026\n" + bounce.replacing("%@", with: $0) + "\n"
        }.joined()
    }

    @Test
    func `the mails of a mailbox are numbered, and each is read alone`() throws {
        // More than two chunks: some mails lie in two of them.
        let recipients = (1...1200).map { "user\($0)@example.net" }
        try Self.folder(["box": Self.mailbox(recipients)]) { folder in
            let path = folder.appendingPathComponent("box").path
            let file = try #require(try MailSources(paths: [path]).files.first)
            #expect(try MailFile.isMailbox(file))
            var reader = try MailboxReader(file)
            var found: [String?] = []
            var pieces = 0
            while let mail = try reader.next() {
                #expect(mail.place.number == found.count + 1)
                #expect(mail.place.file == path)
                found += mail.content.analysis(.builtIn).results.map(\.recipient)
                if case .pieces = mail.content { pieces += 1 }
            }
            #expect(found == recipients)
            #expect((2...4).contains(pieces))
        }
    }

    @Test
    func `work is handed out in portions, and nothing twice`() throws {
        let recipients = (1...150).map { "user\($0)@example.net" }
        let files = ["a.mbox": Self.mailbox(recipients), "b.eml": Self.bounce, "c.eml": Self.bounce]
        try Self.folder(files) { folder in
            var feed = AnalysisFeed(try MailSources(paths: [folder.path]))
            var sizes: [Int] = []
            while let work = feed.next() { sizes.append(work.items.count) }
            #expect(sizes.reduce(0, +) == 152)
            #expect(sizes.allSatisfy { $0 <= 64 })
            #expect(feed.failures == 0)
        }
    }

    @Test
    func `a Maildir is read without what is still being received`() throws {
        let files = [
            "new/1.eml": Self.bounce, "cur/2:2,S": Self.bounce, "tmp/3.eml": Self.bounce, ".Bounces/new/4": Self.bounce,
            ".Bounces/cur/5": Self.bounce, ".Bounces/tmp/6": Self.bounce,
        ]
        try Self.folder(files) { folder in
            let names = try MailSources(paths: [folder.path]).files.compactMap(\.name)
            #expect(names == [".Bounces/cur/5", ".Bounces/new/4", "cur/2:2,S", "new/1.eml"])
        }
    }

    @Test
    func `a file in a folder that is no mail is passed over, one that was named is not`() throws {
        try Self.folder(["notes.txt": "no mail\n", "mail": Self.bounce]) { folder in
            let found = try MailSources(paths: [folder.path]).files
            #expect(try found.compactMap { try MailFile.analysis(of: $0) }.map(\.kind) == [.bounce])
            let path = folder.appendingPathComponent("notes.txt").path
            let named = try #require(try MailSources(paths: [path]).files.first)
            #expect(try MailFile.analysis(of: named)?.kind == .notAReport)
        }
    }

    @Test
    func `what is not there is said`() {
        #expect(throws: (any Error).self) { try MailSources(paths: ["/nonexistent/mail"]) }
    }
}

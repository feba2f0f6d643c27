import Foundation
import MailFormat
@testable import Relay
import SMTPProtocol
import StatusCodes
import Synchronization
import Testing

@Suite struct `Polling of a Maildir` {
    @Test func `A report is handed over for the feedback address, and only then moved, as seen`() async throws {
        try await MailboxScene.with(.maildir) { scene in
            try scene.put("/new/1.a", MailboxScene.report())
            #expect(await scene.sweep() == 1)
            let taken = try #require(scene.queue.taken.first)
            #expect(taken.envelope.reversePath.isEmpty)
            #expect(taken.envelope.recipients.map { taken.envelope.text($0.address) } == ["fbl@bounces.test"])
            #expect(taken.text == MailboxScene.report().replacing("\n", with: "\r\n"))
            #expect(scene.queue.wasThereAtSubmission("1.a") == true)
            #expect(try scene.names("new").isEmpty)
            #expect(try scene.names("cur") == ["1.a:2,S"])
            #expect(try scene.text("/cur/1.a:2,S") == MailboxScene.report())
            #expect(await scene.sweep() == 0)
            #expect(try scene.events() == ["mailbox.taken"])
        }
    }

    @Test func `What people and their programs write stays as it is, and is read once`() async throws {
        try await MailboxScene.with(.maildir) { scene in
            try scene.put("/new/1.a", MailboxScene.ordinary)
            try scene.put("/new/2.b", MailboxScene.outOfOffice)
            try scene.put("/cur/3.c:2,", MailboxScene.ordinary)
            #expect(await scene.sweep() == 0)
            #expect(try scene.names("new") == ["1.a", "2.b"])
            #expect(try scene.names("cur") == ["3.c:2,"])
            #expect(try scene.events().isEmpty)
            // Nobody looks at it again, under whatever flags, until the service starts anew.
            try FileManager.default.removeItem(atPath: "\(scene.path)/new/1.a")
            try scene.put("/cur/1.a:2,F", MailboxScene.report())
            #expect(await scene.sweep() == 0)
            scene.restart()
            #expect(await scene.sweep() == 1)
            #expect(try scene.names("cur") == ["1.a:2,FS", "3.c:2,"])
        }
    }

    @Test func `What a mail program has moved is taken while nobody has read or deleted it`() async throws {
        try await MailboxScene.with(.maildir) { scene in
            try scene.put("/cur/1.a:2,", MailboxScene.report("a@example.net"))
            try scene.put("/cur/2.b:2,F", MailboxScene.report("b@example.net"))
            try scene.put("/cur/3.c:2,S", MailboxScene.report("c@example.net"))
            try scene.put("/cur/4.d:2,T", MailboxScene.report("d@example.net"))
            try scene.put("/tmp/5.e", MailboxScene.report("e@example.net"))
            #expect(await scene.sweep() == 2)
            #expect(try scene.names("cur") == ["1.a:2,S", "2.b:2,FS", "3.c:2,S", "4.d:2,T"])
            #expect(try scene.names("tmp") == ["5.e"])
        }
    }

    @Test func `After a crash between commit and move the report comes again under the same key`() async throws {
        try await MailboxScene.with(.maildir) { scene in
            try scene.put("/new/1.a", MailboxScene.report())
            #expect(await scene.sweep() == 1)
            try FileManager.default.moveItem(atPath: "\(scene.path)/cur/1.a:2,S", toPath: "\(scene.path)/new/1.a")
            scene.restart()
            #expect(await scene.sweep() == 1)
            #expect(scene.keys.count == 2 && Set(scene.keys).count == 1)
            #expect(try scene.names("cur") == ["1.a:2,S"])
        }
    }

    @Test func `A report whose place in cur is taken by another file is handed over once, and nothing is replaced`()
        async throws
    {
        try await MailboxScene.with(.maildir) { scene in
            try scene.put("/new/1.a", MailboxScene.report())
            try scene.put("/cur/1.a:2,S", "another")
            #expect(await scene.sweep() == 1)
            #expect(await scene.sweep() == 0)
            #expect(try scene.names("new") == ["1.a"])
            #expect(try scene.text("/cur/1.a:2,S") == "another")
            #expect(scene.log.contains("is there already"))
        }
    }

    @Test func `A pipe, a link and a folder are said once and left; the report beside them is taken`() async throws {
        try await MailboxScene.with(.maildir) { scene in
            try scene.put("/tmp/report", MailboxScene.report())
            #expect(unsafe mkfifo("\(scene.path)/new/1.pipe", 0o600) == 0)
            #expect(unsafe symlink("\(scene.path)/tmp/report", "\(scene.path)/new/2.link") == 0)
            #expect(unsafe mkdir("\(scene.path)/new/3.folder", 0o700) == 0)
            try scene.put("/new/4.d", MailboxScene.report())
            #expect(await scene.sweep() == 1)
            #expect(await scene.sweep() == 0)
            #expect(try scene.names("new") == ["1.pipe", "2.link", "3.folder"])
            #expect(try scene.events() == ["mailbox.taken", "mailbox.trouble"])
            #expect(scene.log.contains("new/1.pipe is no plain file"))
            for name in try scene.names("new") {
                try FileManager.default.removeItem(atPath: "\(scene.path)/new/\(name)")
            }
            #expect(await scene.sweep() == 0)
            #expect(try scene.events().last == "mailbox.recovered")
        }
    }

    @Test func `A mail that is larger than any report stays unread, and that is said once`() async throws {
        try await MailboxScene.with(.maildir) { scene in
            try scene.put("/new/1.a", MailboxScene.report())
            #expect(unsafe truncate("\(scene.path)/new/1.a", off_t(HandedInReport.mostOctets + 1)) == 0)
            #expect(await scene.sweep() == 0)
            #expect(await scene.sweep() == 0)
            #expect(try scene.names("new") == ["1.a"])
            #expect(try scene.events() == ["mailbox.left"])
        }
    }

    @Test func `While the disk is full everything stays, said once, and is taken later`() async throws {
        try await MailboxScene.with(.maildir) { scene in
            try scene.put("/new/1.a", MailboxScene.report("a@example.net"))
            try scene.put("/new/2.b", MailboxScene.report("b@example.net"))
            scene.queue.reply = Reply(.diskFull)
            #expect(await scene.sweep() == 0)
            #expect(await scene.sweep() == 0)
            #expect(try scene.names("new") == ["1.a", "2.b"])
            #expect(try scene.events() == ["mailbox.trouble"])
            scene.queue.reply = Reply(.queued)
            #expect(await scene.sweep() == 2)
            #expect(try scene.names("new").isEmpty)
            #expect(try scene.events().last == "mailbox.recovered")
        }
    }

    @Test func `What is refused for good stays for a person, said once`() async throws {
        try await MailboxScene.with(.maildir) { scene in
            try scene.put("/new/1.a", MailboxScene.report())
            scene.queue.reply = Reply(.idempotencyConflict)
            #expect(await scene.sweep() == 0)
            #expect(await scene.sweep() == 0)
            #expect(try scene.names("new") == ["1.a"])
            #expect(try scene.events() == ["mailbox.left"])
        }
    }

    @Test func `While too much waits for a person nothing is taken`() async throws {
        try await MailboxScene.with(.maildir) { scene in
            try scene.put("/new/1.a", MailboxScene.report())
            var polling = scene.freshPolling(shelf: BounceShelf(limit: 0))
            let taken = await polling.sweep()
            #expect(taken == 0 && scene.queue.taken.isEmpty)
            #expect(try scene.names("new") == ["1.a"])
            #expect(try scene.events() == ["mailbox.trouble"])
        }
    }

    @Test func `A Maildir that is not there is said once, and taken from when it is`() async throws {
        try await MailboxScene.with(.maildir) { scene in
            try FileManager.default.moveItem(atPath: scene.path, toPath: "\(scene.path)-away")
            #expect(await scene.sweep() == 0)
            #expect(await scene.sweep() == 0)
            #expect(try scene.events() == ["mailbox.trouble"])
            try FileManager.default.moveItem(atPath: "\(scene.path)-away", toPath: scene.path)
            try scene.put("/new/1.a", MailboxScene.report())
            #expect(await scene.sweep() == 1)
            #expect(try scene.events().contains("mailbox.recovered"))
        }
    }

    @Test(.enabled(if: geteuid() != 0, "root may write everywhere"))
    func `Nothing is taken from a Maildir in which nothing can be moved`() async throws {
        try await MailboxScene.with(.maildir) { scene in
            try scene.put("/new/1.a", MailboxScene.report())
            #expect(unsafe chmod("\(scene.path)/cur", 0o500) == 0)
            #expect(await scene.sweep() == 0)
            #expect(scene.queue.taken.isEmpty)
            #expect(try scene.events() == ["mailbox.trouble"])
        }
    }

    @Test func `A reload changes what is looked at`() async throws {
        try await MailboxScene.with(.maildir) { scene in
            let plan = scene.plan.plan.withLock { plan in
                defer { plan = nil }
                return plan
            }
            try scene.put("/new/1.a", MailboxScene.report())
            #expect(await scene.sweep() == 0)
            scene.plan.plan.withLock { $0 = plan }
            #expect(await scene.sweep() == 1)
        }
    }

    @Test func `It begins with what is there, and runs until it is cancelled`() async throws {
        try await MailboxScene.with(.maildir) { scene in
            try scene.put("/new/1.a", MailboxScene.report())
            let polling = scene.freshPolling()
            let running = Task {
                var polling = polling
                await polling.run()
            }
            await scene.queue.waitForOne()
            running.cancel()
            await running.value
            #expect(try scene.names("cur") == ["1.a:2,S"])
        }
    }
}

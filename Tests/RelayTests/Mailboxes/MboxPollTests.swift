import Foundation
@testable import Relay
import StatusCodes
import Testing

@Suite struct `Polling of an mbox` {
    @Test func `Reports are handed over under both locks, and then the mailbox is empty, and the same file`()
        async throws
    {
        try await MailboxScene.with(.mbox) { scene in
            let inode = try scene.inode()
            try scene.append(MailboxScene.mbox(MailboxScene.report("a@x.net"), MailboxScene.report("b@x.net")))
            #expect(await scene.sweep() == 2)
            let report = MailboxScene.report("a@x.net") + "\n"
            #expect(scene.queue.taken.first?.text == report.replacing("\n", with: "\r\n"))
            #expect(scene.queue.taken.allSatisfy { $0.files.contains("box.lock") })
            #expect(try scene.text().isEmpty)
            #expect(try scene.inode() == inode)
            #expect(!FileManager.default.fileExists(atPath: "\(scene.path).lock"))
            #expect(try scene.events() == ["mailbox.taken", "mailbox.taken"])
            #expect(await scene.sweep() == 0)
        }
    }

    @Test func `What is no report stays with what lies before it; what lies behind it is cut, and nothing comes twice`()
        async throws
    {
        try await MailboxScene.with(.mbox) { scene in
            let kept = MailboxScene.mbox(MailboxScene.report("a@x.net"), MailboxScene.ordinary)
            try scene.append(kept + MailboxScene.mbox(MailboxScene.report("b@x.net")))
            #expect(await scene.sweep() == 2)
            #expect(try scene.text() == kept)
            #expect(await scene.sweep() == 0)
            try scene.append(MailboxScene.mbox(MailboxScene.report("c@x.net")))
            #expect(await scene.sweep() == 1)
            #expect(try scene.text() == kept)
            #expect(scene.queue.taken.count == 3)
        }
    }

    @Test func `When a person has taken his mail out the rest goes too, under the keys that it had`() async throws {
        try await MailboxScene.with(.mbox) { scene in
            let report = MailboxScene.mbox(MailboxScene.report())
            try scene.append(report + MailboxScene.mbox(MailboxScene.ordinary))
            #expect(await scene.sweep() == 1)
            try scene.put("", report)
            #expect(await scene.sweep() == 1)
            #expect(Set(scene.keys).count == 1)
            #expect(try scene.text().isEmpty)
        }
    }

    @Test func `A mail that took the place of a report is never cut off`() async throws {
        try await MailboxScene.with(.mbox) { scene in
            let first = MailboxScene.report("a@x.net")
            try scene.append(MailboxScene.mbox(first, MailboxScene.report("b@x.net")))
            // The second one is put off, so that nothing is cut yet.
            scene.queue.refuse(after: 1, with: Reply(.diskFull))
            #expect(await scene.sweep() == 1)
            let filler = String(repeating: "x", count: first.utf8.count - MailboxScene.ordinary.utf8.count - 1)
            let other = MailboxScene.mbox(MailboxScene.ordinary + filler + "\n", MailboxScene.report("b@x.net"))
            try #require(other.utf8.count == (try scene.text().utf8.count))
            try scene.put("", other)
            scene.queue.reply = Reply(.queued)
            #expect(await scene.sweep() == 1)
            #expect(try scene.text() == MailboxScene.mbox(MailboxScene.ordinary + filler + "\n"))
        }
    }

    @Test func `After a crash between commit and cut the reports come again under the same keys`() async throws {
        try await MailboxScene.with(.mbox) { scene in
            let text = MailboxScene.mbox(MailboxScene.report("a@x.net"), MailboxScene.report("b@x.net"))
            try scene.append(text)
            #expect(await scene.sweep() == 2)
            try scene.append(text)
            scene.restart()
            #expect(await scene.sweep() == 2)
            #expect(scene.keys.count == 4 && Set(scene.keys).count == 2)
            #expect(try scene.text().isEmpty)
        }
    }

    @Test func `More reports than are read at a time are all taken`() async throws {
        try await MailboxScene.with(.mbox) { scene in
            for number in 0..<150 { try scene.append(MailboxScene.mbox(MailboxScene.report("\(number)@x.net"))) }
            #expect(await scene.sweep() == 150)
            #expect(Set(scene.keys).count == 150)
            #expect(try scene.text().isEmpty)
        }
    }

    // MARK: Locks

    @Test func `One that another program has locked by the kernel is left alone until it is free`() async throws {
        try await MailboxScene.with(.mbox) { scene in
            let text = MailboxScene.mbox(MailboxScene.report())
            try scene.append(text)
            do {
                let other = try MboxFile(path: scene.path)
                // Only the lock of the kernel is left of it.
                try FileManager.default.removeItem(atPath: "\(scene.path).lock")
                #expect(await scene.sweep() == 0)
                #expect(other.look.size == text.utf8.count)
                other.unlock()
            }
            #expect(try scene.text() == text)
            #expect(try scene.events().isEmpty)
            #expect(await scene.sweep() == 1)
        }
    }

    @Test func `One with a lock file of another program is left alone, and after ten looks that is said`() async throws
    {
        try await MailboxScene.with(.mbox) { scene in
            try scene.append(MailboxScene.mbox(MailboxScene.report()))
            try scene.put(".lock", "1\n")
            for _ in 1..<MailboxPolling.mostLocked { #expect(await scene.sweep() == 0) }
            #expect(try scene.events().isEmpty)
            for _ in 0..<2 { #expect(await scene.sweep() == 0) }
            #expect(try scene.events() == ["mailbox.trouble"])
            #expect(try scene.text(".lock") == "1\n")
            try FileManager.default.removeItem(atPath: "\(scene.path).lock")
            #expect(await scene.sweep() == 1)
            #expect(try scene.events() == ["mailbox.trouble", "mailbox.taken", "mailbox.recovered"])
        }
    }

    @Test func `A lock file that a killed Martlet left behind is taken over`() async throws {
        try await MailboxScene.with(.mbox) { scene in
            try scene.append(MailboxScene.mbox(MailboxScene.report()))
            try scene.put(".lock", "1 martlet\n")
            try scene.put(".lock-martlet", "")
            #expect(await scene.sweep() == 1)
            let left = try FileManager.default.contentsOfDirectory(
                atPath: URL(fileURLWithPath: scene.path).deletingLastPathComponent().path
            )
            #expect(left == ["box"])
        }
    }

    // MARK: Trouble

    @Test func `While the disk is full everything stays, said once, and is taken later`() async throws {
        try await MailboxScene.with(.mbox) { scene in
            let text = MailboxScene.mbox(MailboxScene.report())
            try scene.append(text)
            scene.queue.reply = Reply(.diskFull)
            #expect(await scene.sweep() == 0)
            #expect(await scene.sweep() == 0)
            #expect(try scene.text() == text)
            #expect(try scene.events() == ["mailbox.trouble"])
            scene.queue.reply = Reply(.queued)
            #expect(await scene.sweep() == 1)
            #expect(try scene.text().isEmpty)
        }
    }

    @Test func `What is no mbox is said once and left as it is`() async throws {
        try await MailboxScene.with(.mbox) { scene in
            let text = MailboxScene.report()
            try scene.append(text)
            #expect(await scene.sweep() == 0)
            #expect(await scene.sweep() == 0)
            #expect(try scene.text() == text)
            #expect(try scene.events() == ["mailbox.trouble"])
            #expect(scene.log.contains("is no mbox: at 0 no mail begins"))
        }
    }

    @Test(arguments: ["pipe", "link", "second name", "folder"])
    func `A pipe, a link, a file with a second name and a folder are no mbox`(kind: String) async throws {
        try await MailboxScene.with(.mbox) { scene in
            let text = MailboxScene.mbox(MailboxScene.report())
            try scene.put("-elsewhere", text)
            try FileManager.default.removeItem(atPath: scene.path)
            let elsewhere = "\(scene.path)-elsewhere"
            switch kind {
            case "pipe": #expect(unsafe mkfifo(scene.path, 0o600) == 0)
            case "link": #expect(unsafe symlink(elsewhere, scene.path) == 0)
            case "second name": #expect(unsafe link(elsewhere, scene.path) == 0)
            default: #expect(unsafe mkdir(scene.path, 0o700) == 0)
            }
            #expect(await scene.sweep() == 0)
            #expect(scene.queue.taken.isEmpty)
            #expect(try scene.text("-elsewhere") == text)
            #expect(try scene.events() == ["mailbox.trouble"])
        }
    }

    @Test func `One that is not there yet is no trouble`() async throws {
        try await MailboxScene.with(.mbox) { scene in
            try FileManager.default.removeItem(atPath: scene.path)
            #expect(await scene.sweep() == 0)
            #expect(try scene.events().isEmpty)
        }
    }

    @Test func `One into which a program writes without a lock is not cut`() async throws {
        try await MailboxScene.with(.mbox) { scene in
            try scene.append(MailboxScene.mbox(MailboxScene.report("a@x.net")))
            do {
                let file = try MboxFile(path: scene.path)
                try scene.append(MailboxScene.mbox(MailboxScene.report("b@x.net")))
                #expect(throws: MailboxFailure.self) { try file.cut(at: 0) }
                file.unlock()
            }
            #expect(await scene.sweep() == 2)
            #expect(try scene.text().isEmpty)
        }
    }
}

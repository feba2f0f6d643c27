import Foundation
import ResolverTesting
import SMTPTesting
import Testing

/// Full and failing disks as they are: the executable on file systems that the kernel fills and breaks
/// (`docs/design/rulings.md` §4).
@Suite(
    .timeLimit(.minutes(5)),
    .enabled(if: Mount.isPermitted, "needs the right to mount file systems: root, outside of most containers")
)
struct `Disk states` {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder("disk") }

    private func serve(on mount: Mount) async throws -> MartletProcess {
        try await MartletProcess(MartletProcess.Plan(folder: folder.path, store: "\(mount.path)/queue"))
    }

    /// The id in a 250.
    private func id(_ reply: String) -> String? {
        reply.hasPrefix("250 2.0.0 ") ? reply.split(separator: " ").last.map(String.init) : nil
    }

    /// Sends until a message is refused; the ids of those that were taken, and the refusal.
    private func fill(_ port: Int, byteCount: Int) async throws -> (taken: [String], refusal: String) {
        let client = try await SocketClient(port: port)
        try await client.begin()
        var taken: [String] = []
        while true {
            let reply = await client.submit(to: "b@example.net", byteCount: byteCount)
            guard let id = id(reply) else { return (taken, reply) }
            taken.append(id)
        }
    }

    @Test func `a full disk refuses with 452 4.3.1, loses nothing, and takes mail again when there is space`()
        async throws
    {
        // Beside the two times 32 MiB that the store keeps free there are 16 MiB for mail.
        let mount = try Mount(tmpfs: 80)
        let first = try await serve(on: mount)
        var taken: Set<String> = []
        // Content in rows and content in files.
        for byteCount in [60_000, 60_000, 200_000, 200_000] {
            let (mine, refusal) = try await fill(first.port, byteCount: byteCount)
            #expect(refusal.hasPrefix("452 4.3.1 "), "\(refusal)")
            taken.formUnion(mine)
        }
        #expect(taken.count > 100)
        let ballast = try mount.fill()
        let (none, refusal) = try await fill(first.port, byteCount: 100)
        #expect(none.isEmpty)
        #expect(refusal.hasPrefix("452 4.3.1 "), "\(refusal)")
        // Attempts go on, and what becomes of them is stored in the space that was kept back.
        _ = try first.run("queue", "retry", "--all")
        #expect(try first.run("queue", "check") == "The queue is sound.\n")
        #expect(try first.queue() == taken)
        #expect(first.printed.contains("store.full"))

        try FileManager.default.removeItem(atPath: ballast)
        try mount.remount("size=300m")
        let client = try await SocketClient(port: first.port)
        try await client.begin()
        let reply = await client.submit(to: "b@example.net")
        taken.insert(try #require(id(reply), "\(reply)"))
        #expect(try first.run("queue", "check") == "The queue is sound.\n")
        #expect(try await first.stop() == 0)

        let second = try await serve(on: mount)
        #expect(try second.queue() == taken)
        #expect(try second.run("queue", "check") == "The queue is sound.\n")
        #expect(try await second.stop() == 0)
    }

    @Test func `a start on a full disk refuses with 452 4.3.1, and takes mail when there is space`() async throws {
        let mount = try Mount(tmpfs: 80)
        let first = try await serve(on: mount)
        let (taken, refusal) = try await fill(first.port, byteCount: 200_000)
        #expect(refusal.hasPrefix("452 4.3.1 "), "\(refusal)")
        #expect(try await first.stop() == 0)
        let ballast = try mount.fill()

        let second = try await serve(on: mount)
        let (none, again) = try await fill(second.port, byteCount: 100)
        #expect(none.isEmpty)
        #expect(again.hasPrefix("452 4.3.1 "), "\(again)")
        #expect(try second.queue() == Set(taken))
        #expect(second.printed.contains("store.full"))
        try FileManager.default.removeItem(atPath: ballast)
        try mount.remount("size=300m")
        let client = try await SocketClient(port: second.port)
        try await client.begin()
        let reply = await client.submit(to: "b@example.net")
        let last = try #require(id(reply), "\(reply)")
        #expect(try second.queue() == Set(taken + [last]))
        #expect(try second.run("queue", "check") == "The queue is sound.\n")
        #expect(try await second.stop() == 0)
    }

    @Test func `a full disk without a queue ends the process with 74 and says why`() async throws {
        let mount = try Mount(tmpfs: 1)
        let ballast = try mount.fill()
        let ended = await #expect(throws: MartletProcess.Ended.self) { try await serve(on: mount) }
        #expect(ended?.status == 74)
        let lines = (ended?.output ?? "").split(separator: "\n")
        #expect(lines.count == 1)
        #expect(lines.first?.hasPrefix("martlet: the ") == true)
        let words = lines.first?.lowercased() ?? ""
        #expect(words.contains("full") || words.contains("no space"), "\(lines)")
        try FileManager.default.removeItem(atPath: ballast)
    }

    @Test(arguments: [false, true])
    func `a file system that is read-only at start ends the process with 74 and says why`(isNew: Bool) async throws {
        let mount = try Mount(tmpfs: 100)
        if !isNew { #expect(try await serve(on: mount).stop() == 0) }
        try mount.remount("ro")
        let ended = await #expect(throws: MartletProcess.Ended.self) { try await serve(on: mount) }
        #expect(ended?.status == 74)
        let lines = (ended?.output ?? "").split(separator: "\n")
        #expect(lines.count == 1)
        #expect(lines.first?.hasPrefix("martlet: the ") == true)
        // Of the two calls that find it out, one says "Read-only file system" and one "The volume is read only".
        let words = lines.first?.lowercased().replacing("-", with: " ") ?? ""
        #expect(words.contains("read only"), "\(lines)")

        try mount.remount("rw")
        let service = try await serve(on: mount)
        let client = try await SocketClient(port: service.port)
        try await client.begin()
        #expect(id(await client.submit(to: "b@example.net")) != nil)
        #expect(try await service.stop() == 0)
    }

    @Test(.enabled(if: Mount.canFail, "needs loop devices, mkfs.ext4 and a writable /sys/fs/ext4"))
    func `a file system that becomes read-only answers 451 4.3.0, ends the process with 74, and keeps what it had`()
        async throws
    {
        let mount = try Mount(ext4: 160)
        let first = try await serve(on: mount)
        let client = try await SocketClient(port: first.port)
        try await client.begin()
        let kept = try #require(id(await client.submit(to: "b@example.net")))
        // Nothing else is written any more that could find the error before the next message does.
        try await waited { try first.attempts(of: kept) > 0 ? () : nil }
        try await client.beginContent(to: ["c@example.net"])
        try mount.fail()
        await client.send("Subject: x\r\n\r\nhi\r\n.\r\n")
        let reply = await client.reply()
        #expect(reply.hasPrefix("451 4.3.0 "), "\(reply)")
        #expect(try await first.ended() == 74)
        #expect(first.printed.contains("martlet: the store failed ("))

        try mount.mountAnew()
        let second = try await serve(on: mount)
        #expect(try second.queue() == [kept])
        #expect(try second.run("queue", "check") == "The queue is sound.\n")
        #expect(try await second.stop() == 0)
    }
}

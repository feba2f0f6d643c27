import Foundation
import Testing

/// `bounces.mailboxes` of the configuration.
@Suite(.timeLimit(.minutes(2))) struct `Mailboxes of a configuration` {
    /// A folder with a configuration whose queue does not lie where its mailboxes do.
    private func scene(_ mailboxes: String, bounces: String = "domain: bounces.test, ") throws -> CommandScene {
        let scene = try CommandScene()
        try scene.write("bounces.key", "a key of many octets\n")
        try scene.write(
            "martlet.yaml",
            """
            hostname: host.example
            store: "sqlite:\(scene.folder)/queue"
            spool: "\(scene.folder)/spool"
            accounts: "\(scene.folder)/accounts"
            control: "\(scene.folder)/control"
            drop: "\(scene.folder)/drop"
            bounces: {\(bounces)key_file: "\(scene.folder)/bounces.key", mailboxes: {\(mailboxes)}}

            """.replacing("FOLDER", with: scene.folder)
        )
        return scene
    }

    @Test(arguments: [
        ("a: {kind: mbox}", "bounces.mailboxes.a.path must be given, and begin with /"),
        ("a: {path: mail/a}", "bounces.mailboxes.a.path must be given, and begin with /"),
        ("a: {path: FOLDER/queue}", "/queue is a folder of the queue, not a mailbox"),
        ("a: {path: FOLDER/x/../spool/a}", "/spool/a is a folder of the queue, not a mailbox"),
        ("a: {path: FOLDER/drop}", "/drop is a folder of the queue, not a mailbox"),
        ("a: {path: FOLDER/m}, b: {path: FOLDER/m/, kind: mbox}", "is the mailbox of bounces.mailboxes.a too"),
        ("a: {path: FOLDER/m, interval: 4s}", "bounces.mailboxes.a.interval must not be less than 5s"),
        ("a: {path: FOLDER/m, kind: mh}", "bounces.mailboxes.a.kind takes maildir, mbox, not mh"),
    ])
    func `What cannot be right is 78, named with what to do`(mailboxes: String, sentence: String) async throws {
        let scene = try scene(mailboxes)
        for words in [["config", "check"], ["serve"]] {
            let outcome = try await Executable.run(words + ["--config", scene.configuration])
            #expect(outcome.status == 78)
            #expect(outcome.errors.contains(sentence), "\(outcome.errors)")
        }
    }

    @Test func `Without return-paths there is nothing to find in them`() async throws {
        let scene = try scene("a: {path: FOLDER/m}", bounces: "")
        let outcome = try await scene.run("config", "check")
        #expect(outcome.status == 78)
        #expect(outcome.errors.contains("bounces.mailboxes needs bounces.domain"), "\(outcome.errors)")
    }

    @Test func `What cannot be taken from now is a warning, and none when it can`() async throws {
        let scene = try scene(
            "a: {path: FOLDER/a}, b: {path: FOLDER/b/box, kind: mbox}, c: {path: FOLDER/c, kind: mbox}"
        )
        let warned = try await scene.run("config", "check")
        #expect(warned.status == 0)
        let warnings = warned.lines.filter { $0.hasPrefix("Warning: nothing can be taken from bounces.mailboxes.") }
        #expect(warnings.count == 2, "\(warned.output)")
        #expect(warnings.first?.contains("bounces.mailboxes.a by who runs this: open \(scene.folder)/a/new") == true)
        for folder in ["a/new", "a/cur", "b"] {
            try FileManager.default.createDirectory(
                atPath: "\(scene.folder)/\(folder)",
                withIntermediateDirectories: true
            )
        }
        let sound = try await scene.run("config", "check")
        #expect(sound.status == 0 && !sound.output.contains("Warning"), "\(sound.output)")
        let shown = try await scene.run("config", "show")
        #expect(shown.lines.contains("bounces.mailboxes.a.path: \(scene.folder)/a"), "\(shown.output)")
    }
}

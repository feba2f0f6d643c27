import Delivery
import Foundation
import MailFormat
import StoreSQLite
import Testing

@Suite struct `Exit statuses` {
    /// A mistake, and what comes of it.
    struct Mistake: Sendable, CustomTestStringConvertible {
        let words: String
        let status: Int32
        /// What the one line on standard error says, and tells to do.
        let sentence: String
        var testDescription: String { words }

        init(_ words: String, _ status: Int32, _ sentence: String) {
            self.words = words
            self.status = status
            self.sentence = sentence
        }
    }

    private func check(_ mistake: Mistake, _ arguments: [String], input: String = "") async throws {
        let outcome = try await Executable.run(arguments, input: input)
        #expect(outcome.status == mistake.status, "\(outcome.errors)")
        #expect(outcome.output.isEmpty)
        let lines = outcome.errors.split(separator: "\n")
        #expect(lines.count == 1 && outcome.errors.hasPrefix("martlet: "), "\(outcome.errors)")
        #expect(outcome.errors.contains(mistake.sentence), "\(outcome.errors)")
    }

    @Test(arguments: [
        Mistake("queue show 0123456789abc", 1, "it was delivered, returned or deleted; see the log"),
        Mistake("queue why 0123456789abc", 1, "see the log"),
        Mistake("queue show 42", 65, "42 is no queue id; ids have 13 letters and digits, see: martlet queue list"),
        Mistake("queue list 42", 65, "see: martlet queue list"),
        Mistake("queue retry --all", 69, "start it with: martlet serve"),
        Mistake("queue hold 0123456789abc --reason x", 69, "start it with: martlet serve"),
        Mistake("queue check", 69, "start it with: martlet serve"),
        Mistake("queue delete", 64, "ids, a selector such as --destination, or --all"),
        Mistake("events --since yesterday", 64, "such as 2h; not yesterday"),
        Mistake("user show nobody", 1, "nobody"),
        Mistake("user remove nobody", 1, "nobody"),
        Mistake("user update nobody --disable", 1, "nobody"),
        Mistake("user update nobody", 64, "say what to change"),
        Mistake("sendmail -t", 65, "no recipients"),
        Mistake("sendmail", 64, "name them, or use -t"),
        Mistake("sendmail a@", 65, "a@ is no mail address"),
        Mistake("sendmail -Nsometimes a@example.net", 65, "NOTIFY is never, or some of"),
        Mistake("sendmail -bd", 64, "started with: martlet serve"),
        Mistake("sendmail a@example.net", 69, "the service gives it"),
        Mistake("sendmail -q", 69, "start it with: martlet serve"),
    ])
    func `of a mistake are those of sysexits, with one line that says what to do`(_ mistake: Mistake) async throws {
        let scene = try CommandScene()
        _ = try SQLiteStore(path: scene.folder)
        // No drop directory, only a folder where one should be.
        try FileManager.default.createDirectory(atPath: scene.drop, withIntermediateDirectories: false)
        let words = mistake.words.split(separator: " ").map(String.init)
        try await check(mistake, words + ["--config", scene.configuration])
    }

    @Test(arguments: [
        Mistake("frob", 64, "see: martlet --help"),
        Mistake("queue list --fromat json", 64, "Did you mean '--format'?; see: martlet queue list --help"),
        Mistake("queue show", 64, "see: martlet queue show --help"),
        Mistake("user add x --password secret", 64, "see: martlet user add --help"),
        Mistake("explain nonsense", 65, "try 5.1.1, 552, a whole reply line"),
        Mistake("config check --config /nowhere/martlet.yaml", 78, "does it exist, and may you read it?"),
        Mistake("queue list --control /nowhere/control", 69, "start it with: martlet serve"),
        Mistake("events --control /nowhere/control", 69, "start it with: martlet serve"),
        Mistake("sendmail --control /nowhere/control a@example.net", 69, "start it with: martlet serve"),
        Mistake("simulate --listen nowhere", 64, "--listen takes HOST:PORT"),
    ])
    func `need no service to be told`(_ mistake: Mistake) async throws {
        try await check(mistake, mistake.words.split(separator: " ").map(String.init))
    }

    @Test(arguments: [
        ("deliverry:\n  expiry: 3d\n", ":1: unknown key deliverry; did you mean delivery?"),
        ("log:\n  format: yaml\n", ":2: log.format takes json, text, not yaml"),
        ("store: mysql:x\n", "store takes sqlite:FOLDER, not mysql:x"),
        ("a: [\n", "is no YAML"),
    ])
    func `A wrong configuration is 78, named by its line, with a suggestion`(text: String, sentence: String)
        async throws
    {
        let scene = try CommandScene()
        try scene.write("martlet.yaml", text)
        for words in [["config", "check"], ["serve"]] {
            let outcome = try await Executable.run(words + ["--config", scene.configuration])
            #expect(outcome.status == 78)
            #expect(outcome.errors.contains(sentence), "\(outcome.errors)")
            #expect(
                outcome.errors.split(separator: "\n").allSatisfy {
                    $0.hasPrefix("martlet: ") || sentence == "is no YAML"
                }
            )
        }
    }

    @Test func `What went well is 0 and says nothing on standard error`() async throws {
        let scene = try CommandScene()
        for words in [["config", "check"], ["config", "show"], ["user", "list"], ["sendmail", "-bi"]] {
            let outcome = try await Executable.run(words + ["--config", scene.configuration])
            #expect(outcome.status == 0 && outcome.errors.isEmpty && !outcome.output.isEmpty, "\(words)")
        }
        for words in [["--help"], ["sendmail", "--help"], ["help", "queue"], ["explain", "5.1.1"]] {
            let outcome = try await Executable.run(words)
            #expect(outcome.status == 0 && outcome.errors.isEmpty && !outcome.output.isEmpty, "\(words)")
        }
    }

    @Test func `A listing that nobody reads any more ends like any other program, without a word`() async throws {
        let scene = try CommandScene()
        try scene.writeEvents()
        try await scene.withRelay { _ in
            let outcome = try await Executable.runUnheard(["events", "--control", scene.control])
            #expect(outcome.status == -SIGPIPE && outcome.errors.isEmpty, "\(outcome.errors)")
        }
    }

    @Test(arguments: [["config", "show"], ["selftest", "replies"], ["user", "list"], ["queue", "list"], ["events"]])
    func `Every listing has a form for scripts: one JSON object a line`(words: [String]) async throws {
        let scene = try CommandScene()
        try scene.writeEvents()
        let store = try SQLiteStore(path: scene.folder)
        var batch = StoreWrite()
        batch.submissions = [CommandScene.submission(MessageID(rawValue: 9 << 21), at: Timestamp(seconds: 1))]
        _ = try store.write(batch)
        _ = try await scene.run("user", "add", "alice", "--password-file", "-", input: "secret\n")
        let needsScene = words != ["selftest", "replies"]
        let options = ["--format", "json"] + (needsScene ? ["--config", scene.configuration] : [])
        let outcome = try await Executable.run(words + options)
        #expect(outcome.status == 0)
        #expect(!outcome.lines.isEmpty)
        for line in outcome.lines {
            #expect((try? JSONSerialization.jsonObject(with: Data(line.utf8))) is [String: Any], "\(line)")
        }
        // A dictionary would give another order each time.
        let again = try await Executable.run(words + options)
        #expect(again.output == outcome.output)
    }
}

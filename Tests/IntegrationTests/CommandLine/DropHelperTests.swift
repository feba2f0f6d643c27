import Foundation
import MailDrop
import Testing

/// `martlet-drop`, the one program that may be installed setgid.
@Suite struct `Drop helper` {
    private static let path = "\(Executable.folder)/martlet-drop"
    private let scene: CommandScene

    init() throws {
        scene = try CommandScene()
        try DropDirectory(path: scene.drop).prepare()
    }

    /// What lies in the folder for the service; a build with coverage writes its counters where it runs, too.
    private func files() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: scene.drop).filter {
            $0 != "aside" && !$0.hasSuffix(".profraw")
        }
    }

    @Test func `It puts standard input into the folder, and says nothing`() async throws {
        let outcome = try await Executable.run([scene.drop], input: "a message", path: Self.path)
        #expect(outcome.status == 0 && outcome.output.isEmpty && outcome.errors.isEmpty)
        let name = try #require(try files().first)
        #expect(try DropDirectory(path: scene.drop).read(name).bytes == Array("a message".utf8))
    }

    @Test func `A folder that is no drop directory is refused, and stays empty`() async throws {
        let other = "\(scene.folder)/other"
        try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: false)
        for folder in [other, "\(scene.folder)/nowhere"] {
            let outcome = try await Executable.run([folder], input: "a message", path: Self.path)
            #expect(outcome.status == 75 && outcome.errors.hasPrefix("martlet-drop: "))
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: other).isEmpty)
    }

    @Test func `Wrong use and empty input are refused`() async throws {
        #expect(try await Executable.run([], path: Self.path).status == 64)
        #expect(try await Executable.run([scene.drop, "more"], input: "x", path: Self.path).status == 64)
        #expect(try await Executable.run([scene.drop], input: "", path: Self.path).status == 65)
        #expect(try files().isEmpty)
    }

    /// Somebody who owns nothing here; and a group that nobody is in.
    private static let (stranger, group) = ("64001", gid_t(64_002))

    /// Another user and another group can be played, and a program can be setgid where the tests put their files.
    private static var canPlay: Bool {
        // ST_NOSUID of statvfs(3).
        let noSetgid: UInt = 2
        var system = statvfs()
        // The structure outlives the call.
        let isKnown = unsafe statvfs(NSTemporaryDirectory(), &system) == 0
        return geteuid() == 0 && isKnown && system.f_flag & noSetgid == 0
            && FileManager.default.isExecutableFile(atPath: "/usr/bin/setpriv")
    }

    @Test(.enabled(if: canPlay, "needs root, setpriv, and a file system that knows setgid"))
    func `A stranger leaves mail through the setgid helper, and can neither see, read nor remove what lies there`()
        async throws
    {
        let place = "\(scene.folder)/bin"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
        // By another process: a program that this one writes is busy while any child of a neighbouring test has its file open.
        let programs = ["martlet", "martlet-drop"].map { "\(Executable.folder)/\($0)" }
        #expect(try await Executable.run(programs + [place], path: "/bin/cp").status == 0)
        let helper = "\(place)/martlet-drop"
        for path in [scene.drop, helper] { #expect(unsafe chown(path, 0, Self.group) == 0) }
        #expect(unsafe chmod(scene.drop, 0o1730) == 0)
        #expect(unsafe chmod(helper, 0o2755) == 0)
        #expect(unsafe chmod(scene.folder, 0o755) == 0)
        let sent = try await asStranger([
            "\(place)/martlet", "sendmail", "you@example.net", "--config", scene.configuration,
        ])
        #expect(sent.status == 0 && sent.errors.isEmpty, "\(sent.errors)")
        let name = try #require(try files().first)
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(scene.drop)/\(name)")
        #expect((attributes[.groupOwnerAccountID] as? NSNumber)?.uint32Value == Self.group)
        #expect((attributes[.ownerAccountID] as? NSNumber)?.stringValue == Self.stranger)
        #expect(try DropDirectory(path: scene.drop).read(name).user == UInt32(Self.stranger))
        for words in [["ls", scene.drop], ["rm", "-f", "\(scene.drop)/\(name)"], ["touch", "\(scene.drop)/x"]] {
            #expect(try await asStranger(words).status != 0, "\(words)")
        }
        #expect(try files() == [name])
    }

    private func asStranger(_ words: [String]) async throws -> Executable.Outcome {
        try await Executable.run(
            ["--reuid", Self.stranger, "--regid", Self.stranger, "--clear-groups", "--"] + words,
            input: "hello\n",
            path: "/usr/bin/setpriv",
            // A build with coverage writes its counters where it runs, which a stranger cannot.
            environment: ["LLVM_PROFILE_FILE": "/dev/null"]
        )
    }
}

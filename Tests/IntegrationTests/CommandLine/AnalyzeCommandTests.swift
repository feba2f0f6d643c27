import Foundation
import Testing

/// What `martlet analyze` finds in folders.
@Suite struct `The analyze command` {
    @Test func `Folders are looked into to the bound, and what lies deeper is said to be left out`() async throws {
        let scene = try CommandScene()
        let root = "\(scene.folder)/mails"
        let deepest = root + String(repeating: "/d", count: 64)
        try FileManager.default.createDirectory(atPath: deepest, withIntermediateDirectories: true)
        let mail = "From: a@example.net\nSubject: failure notice\n\nHi.\n<%@>:\n550 5.1.1 no such user\n"
        let last = root + String(repeating: "/d", count: 63)
        for (folder, name) in [(root, "top"), (last, "last"), (deepest, "beyond")] {
            let text = mail.replacing("%@", with: "\(name)@example.net")
            try text.write(toFile: "\(folder)/\(name).eml", atomically: true, encoding: .utf8)
        }
        let outcome = try await Executable.run(["analyze", root, "--format", "json"])
        #expect(outcome.lines.count == 2)
        for name in ["top", "last"] { #expect(outcome.output.contains("\(name)@example.net")) }
        #expect(outcome.errors == "martlet: more than 64 folders lie in each other: \(deepest) is left out\n")
    }
}

import Foundation

/// The fixtures of a folder.
package struct DialogueLibrary: Sendable {
    /// The dialogues by name.
    package let dialogues: [Dialogue]
    private let folder: URL

    /// Reads every `.txt` below a folder beside the caller's file, sorted by name.
    package init(_ path: String, beside file: String = #filePath) throws {
        let base = URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent(path)
        self.folder = base
        let names = try FileManager.default.contentsOfDirectory(atPath: base.path).filter { $0.hasSuffix(".txt") }
        self.dialogues = try names.sorted().map { name in
            let text = try String(contentsOf: base.appendingPathComponent(name), encoding: .utf8)
            return try Dialogue(name: String(name.dropLast(4)), text: text)
        }
    }

    /// Writes what was said beside the fixture, as `name.actual`, for a diff.
    package func keep(_ failure: DialogueFailure) throws {
        let file = folder.appendingPathComponent(failure.dialogue + ".actual")
        try Data((failure.actual + "\n").utf8).write(to: file)
    }
}

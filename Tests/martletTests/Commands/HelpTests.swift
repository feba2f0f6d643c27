import ArgumentParser
import Foundation
@testable import martlet
import Testing

/// What `--help` says, command by command: a change of it is seen in a diff.
@Suite struct `Help` {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Snapshots")

    /// A command with the words that lead to it.
    struct Command: Sendable, CustomTestStringConvertible {
        let words: [String]
        let type: any ParsableCommand.Type
        var testDescription: String { words.joined(separator: " ") }
        var file: String { words.joined(separator: "-") + ".txt" }
    }

    static let commands = all(Martlet.self, [])

    private static func all(_ type: any ParsableCommand.Type, _ parents: [String]) -> [Command] {
        let words = parents + [type.configuration.commandName ?? "\(type)".lowercased()]
        return [Command(words: words, type: type)] + type.configuration.subcommands.flatMap { all($0, words) }
    }

    @Test(arguments: commands)
    func `is what the snapshot says`(_ command: Command) throws {
        let help = Martlet.helpMessage(for: command.type, columns: 100)
        let url = Self.folder.appending(path: command.file)
        let actual = Self.folder.appending(path: command.file + ".actual")
        if (try? String(contentsOf: url, encoding: .utf8)) == help {
            try? FileManager.default.removeItem(at: actual)
        } else {
            try help.write(to: actual, atomically: true, encoding: .utf8)
            Issue.record("what it says lies beside the snapshot, as \(actual.lastPathComponent)")
        }
    }

    @Test func `every snapshot belongs to a command, and every command says what it does`() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).filter {
            $0.hasSuffix(".txt")
        }
        #expect(Set(files) == Set(Self.commands.map(\.file)))
        for command in Self.commands { #expect(!command.type.configuration.abstract.isEmpty, "\(command.words)") }
    }

    @Test func `every command stands in the manual`() throws {
        let top = Self.folder.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let manual = top.appending(path: "docs/operations/commands.md")
        let text = try String(contentsOf: manual, encoding: .utf8)
        for command in Self.commands where command.words.count > 1 {
            let words = command.words.dropFirst().joined(separator: " ")
            let isPart = command.words.count > 2
            #expect(text.contains(isPart ? words : "\n## \(words)\n"), "\(words)")
        }
    }
}

import ArgumentParser
import Foundation

/// `martlet reference`: the reference of status codes as HTML, for `make docs` and for reading offline.
struct ReferenceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reference",
        abstract: "Write the reference of status codes into a folder: HTML, a page a code. Offline.",
        discussion: """
            Files of the same names are overwritten, others stay. The dialogues are those of the source tree, \
            Tests/SMTPProtocolTests/Fixtures/Dialogues; without them the pages have no examples.
            """,
        shouldDisplay: false
    )
    @Argument(help: "The folder; it is made when it is not there.") var folder: String
    @Option(help: "A folder with dialogues to take examples from.") var dialogues: String?

    func run() async throws {
        let site = ReferenceSite(dialogues: try dialogues.map(Self.shelf))
        do {
            let count = try site.write(into: URL(fileURLWithPath: folder, isDirectory: true))
            Standard.output("\(count) files in \(folder); begin with \(PageFrame.indexName)")
        } catch let error as CocoaError {
            let place = error.filePath ?? folder
            throw CommandFailure(
                .inputOutput,
                "\(place) cannot be written; name a folder in which you may make files"
            ).exit()
        }
    }

    private static func shelf(_ folder: String) throws -> DialogueShelf {
        do {
            return try DialogueShelf(folder: URL(fileURLWithPath: folder, isDirectory: true))
        } catch let error as CocoaError {
            let place = error.filePath ?? folder
            throw CommandFailure(
                .inputOutput,
                "\(place) cannot be read; --dialogues wants a folder of UTF-8 text files"
            ).exit()
        }
    }
}

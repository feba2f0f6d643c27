import Foundation
import StatusCodes

/// Explains a bounce, or the replies of a mail server, to a person.
///
///     explain-a-bounce bounce.eml
///     explain-a-bounce --language de bounce.eml
///     echo "452 4.2.2 Mailbox full" | explain-a-bounce -
@main
struct ExplainABounce {
    static func main() {
        var arguments = Array(CommandLine.arguments.dropFirst())
        var catalogue = Catalogue.en
        if arguments.count == 3, arguments[0] == "--language" {
            catalogue = Catalogue.best(for: [arguments[1]])
            arguments.removeFirst(2)
        }
        guard arguments.count == 1, let name = arguments.first, !name.hasPrefix("--") else {
            let languages = Catalogue.all.map(\.language).joined(separator: "|")
            end(64, "usage: explain-a-bounce [--language \(languages)] FILE|-")
        }
        guard let input = read(name) else { end(66, "\(name) cannot be read") }
        guard let paragraphs = BounceWords(input, catalogue)?.paragraphs ?? ReplyWords(input, catalogue)?.paragraphs
        else {
            end(65, "\(name) is no report about mail, and no replies of a mail server")
        }
        print(paragraphs.joined(separator: "\n\n"))
    }

    private static func read(_ name: String) -> [UInt8]? {
        if name == "-" { return Array(FileHandle.standardInput.readDataToEndOfFile()) }
        return FileManager.default.contents(atPath: name).map(Array.init)
    }

    private static func end(_ status: Int32, _ text: String) -> Never {
        FileHandle.standardError.write(Data("\(text)\n".utf8))
        exit(status)
    }
}

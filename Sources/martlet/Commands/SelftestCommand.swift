import ArgumentParser
import StatusCodes

/// `martlet selftest replies`: every reply that the server can send.
struct SelftestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "selftest",
        abstract: "Print what the relay is made of.",
        subcommands: [Replies.self]
    )

    struct Replies: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "replies",
            abstract: "Every reply the server can send, with the id of its condition."
        )
        @Option(help: "text or json (one object a line).") var format: OutputFormat = .text

        func run() async throws {
            for entry in ReplyCatalogue.entries {
                switch format {
                case .text: Standard.output("\(entry.condition.id)\t\(entry.line)")
                case .json:
                    var object = OrderedObject()
                    object.add("condition", entry.condition.id)
                    object.add("reply", Int(entry.condition.replyCode.rawValue))
                    if let status = entry.condition.status { object.add("status", status.description) }
                    object.add("text", entry.condition.text)
                    Standard.output(object.text)
                }
            }
        }
    }
}

import ArgumentParser
import Foundation

/// The one executable.
///
/// Called as `sendmail`, `mailq` or `newaliases` it behaves as these.
@main
struct Martlet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "martlet",
        abstract:
            "A mail relay that says exactly what happened to every message, whose fault it was and what to do next.",
        discussion: """
            First steps:
              martlet demo                         a tour in a temporary folder
              martlet config default > martlet.yaml
              martlet serve --config martlet.yaml
              martlet explain "550 5.1.1 no such user"
            """,
        subcommands: [
            ServeCommand.self, DemoCommand.self, SimulateCommand.self, QueueCommand.self,
            SuppressionCommand.self, EventsCommand.self, UserCommand.self, ConfigCommand.self, SendmailCommand.self,
            ExplainCommand.self, AnalyzeCommand.self,
            SelftestCommand.self, ReferenceCommand.self,
        ]
    )

    static func main() async {
        do {
            let command = try parseAsRoot(arguments(CommandLine.arguments))
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                var command = command
                try command.run()
            }
        } catch {
            CommandEnd.leave(error)
        }
    }

    /// The arguments by the name we were called with.
    static func arguments(_ all: [String]) -> [String] {
        let name = all.first.map { URL(fileURLWithPath: $0).lastPathComponent } ?? "martlet"
        let rest = Array(all.dropFirst())
        switch name {
        case "sendmail": return ["sendmail"] + rest
        case "mailq": return ["sendmail", "-bp"] + rest
        case "newaliases": return ["sendmail", "-bi"] + rest
        default: return rest
        }
    }
}

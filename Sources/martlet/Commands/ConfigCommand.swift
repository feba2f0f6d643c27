import ArgumentParser
import Configuration
import Foundation
import Relay

/// `martlet config …`: look at and check the configuration.
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Print, check and show the configuration.",
        subcommands: [Default.self, Check.self, Show.self]
    )

    struct Default: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "default",
            abstract: "Print a commented file with every key at its default."
        )
        func run() async throws { Standard.put(Array(DefaultFile.text.utf8)) }
    }

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract: "Say everything that is wrong with the configuration, and what to do."
        )
        @Option(name: .long, help: "The configuration file (default: \(ConfigurationPlaces.text)).")
        var config: String?

        func run() async throws {
            let settings = Settings(try ConfigurationPlaces.load(config))
            let relay = try ConfigurationFailure.translate {
                let relay = try settings.relay()
                _ = try settings.planner(relay)
                _ = try settings.listeners(RelayClock())
                _ = try settings.storeFolder()
                return relay
            }
            for mailbox in relay.reportMailboxes {
                guard let obstacle = mailbox.obstacle else { continue }
                Standard.output(
                    "Warning: nothing can be taken from bounces.mailboxes.\(mailbox.name) by who runs this: \(obstacle)."
                )
            }
            for warning in relay.forwards.warnings { Standard.output("Warning: \(warning).") }
            let restart = settings.document.givenRestartKeys
            if !restart.isEmpty {
                let keys = restart.joined(separator: ", ")
                Standard.output(
                    "SIGHUP makes a running service take changes over; these need a restart: \(keys)."
                )
            }
            Standard.output("The configuration is sound.")
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Print what is in force: every key with its value, given or default."
        )
        @Option(name: .long, help: "The configuration file (default: \(ConfigurationPlaces.text)).")
        var config: String?

        @Option(help: "text or json (one object a line).") var format: OutputFormat = .text

        func run() async throws {
            let document = try ConfigurationPlaces.load(config)
            switch format {
            case .text: document.lines.forEach(Standard.output)
            case .json:
                for entry in document.entries {
                    var object = OrderedObject()
                    object.add("key", entry.key)
                    object.add("value", entry.value)
                    object.add("default", entry.isDefault)
                    Standard.output(object.text)
                }
            }
        }
    }
}

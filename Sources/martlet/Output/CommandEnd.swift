import ArgumentParser
import Configuration
import Delivery
import Foundation

/// How the program ends when a command throws: one line on standard error, and an exit status of sysexits.
enum CommandEnd {
    /// Says what went wrong and ends the program.
    static func leave(_ error: any Error) -> Never {
        // Help and versions are asked for; an exit code says that everything has been said.
        guard !(error is ExitCode), Martlet.exitCode(for: error) != .success else { Martlet.exit(withError: error) }
        exit(failure(error).exit().rawValue)
    }

    /// The sentence and the status of an error.
    static func failure(_ error: any Error) -> CommandFailure {
        switch error {
        case let failure as CommandFailure: failure
        case let problem as Settings.Problem: CommandFailure(.configuration, problem.description)
        case let error as StoreError: CommandFailure(.inputOutput, "the store: \(error.detail)")
        case let error as CocoaError: CommandFailure(.inputOutput, error.localizedDescription)
        case _ where Martlet.exitCode(for: error) == .validationFailure: CommandFailure(.usage, mistake(error))
        default: CommandFailure(.internalError, "internal error, please report it: \(error)")
        }
    }

    /// What is wrong with a command line, and whose help says more.
    private static func mistake(_ error: any Error) -> String {
        let lines = Martlet.message(for: error).split(whereSeparator: \.isNewline)
        let sentence = lines.joined(separator: "; ")
        // `  See 'martlet queue show --help' for more information.`
        let hint = Martlet.fullMessage(for: error).split(whereSeparator: \.isNewline).last { $0.hasPrefix("  See '") }
        let help = hint?.split(separator: "'").dropFirst().first ?? "martlet --help"
        return "\(sentence); see: \(help)"
    }
}

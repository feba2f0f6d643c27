import ArgumentParser
import Foundation

/// How a command ends when it does not end well: a sentence on standard error and an exit status of sysexits.
struct CommandFailure: Error, CustomStringConvertible {
    /// The numbers of `docs/design/interfaces.md` §2.
    enum Status: Int32 {
        /// A negative answer: not found, would bounce.
        case negative = 1
        case usage = 64
        case badData = 65
        case unavailable = 69
        case internalError = 70
        case inputOutput = 74
        case tryAgain = 75
        case configuration = 78
    }

    let status: Int32
    let description: String

    init(_ status: Status, _ description: String) {
        self.status = status.rawValue
        self.description = description
    }

    init(exit status: Int32, _ description: String) {
        self.status = status
        self.description = description
    }

    /// Says it and gives what ends the command.
    func exit() -> ExitCode {
        Standard.error(description)
        return ExitCode(status)
    }
}

/// `--format text|json` of every listing command.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
}

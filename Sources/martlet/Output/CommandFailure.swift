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

/// The standard streams.
enum Standard {
    /// One line to standard output.
    static func output(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
    /// Text to standard output, as it is.
    static func write(_ text: String) {
        if !text.isEmpty { FileHandle.standardOutput.write(Data(text.utf8)) }
    }
    /// One line to standard error, with our name before it.
    static func error(_ line: String) { FileHandle.standardError.write(Data(("martlet: " + line + "\n").utf8)) }
    /// Whether a person is reading standard output.
    static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
}

/// `--format text|json` of every listing command.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
}

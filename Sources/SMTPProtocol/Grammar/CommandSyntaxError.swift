package import MailFormat
package import StatusCodes

/// Why a command line is none.
package struct CommandSyntaxError: Error, Hashable, Sendable {
    /// The situation that the reply reports.
    package let code: Condition
    /// The part of the line that is wrong, for the reply's text; empty where the condition says enough.
    package let part: ByteRange

    /// Makes an error.
    package init(_ code: Condition, _ part: ByteRange = .empty) {
        self.code = code
        self.part = part
    }

    /// Errors of one code are equal.
    package static func == (left: Self, right: Self) -> Bool { left.code == right.code }

    /// Hashes the code.
    package func hash(into hasher: inout Hasher) { hasher.combine(code) }
}

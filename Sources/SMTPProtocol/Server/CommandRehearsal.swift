public import StatusCodes

/// Answers commands in a session's place: how a simulator says what a session of ours would never say.
///
/// MAIL, RCPT, DATA and BDAT are not asked about: their answers are verdicts of the host, and content that follows them
/// must be framed whatever is said. Called by the session's driver, one call a command.
public protocol CommandRehearsal: AnyObject, Sendable {
    /// What is said to a command in the session's place; nil lets the session answer.
    func answer(to command: RehearsedCommand) -> RehearsedAnswer?
    /// Lines of the reply to EHLO beside the session's own.
    func capabilities() -> [String]
}

/// A command line as a rehearsal sees it.
public struct RehearsedCommand: Hashable, Sendable {
    /// The first word in capitals, at most `longestVerb` letters of it.
    public var verb: String
    /// What follows it.
    public var argument: String

    /// No command of SMTP or its extensions is longer (STARTTLS, XFORWARD).
    static let longestVerb = 8

    /// Makes a command.
    public init(verb: String, argument: String) {
        self.verb = verb
        self.argument = argument
    }
}

/// What a rehearsal says.
public enum RehearsedAnswer: Hashable, Sendable {
    /// This, and the session goes on as if the command had not come.
    case reply(Reply)
    /// This, and the connection ends.
    case replyAndClose(Reply)
}

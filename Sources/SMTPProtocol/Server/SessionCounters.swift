import StatusCodes

/// What a session has done so far, held against its limits.
struct SessionCounters: Hashable, Sendable {
    /// Command lines read, good and bad.
    private(set) var commands = 0
    /// Commands refused for good.
    private(set) var errors = 0
    /// Messages that got their 250.
    private(set) var accepted = 0
    /// Commands since the latest one that did mail work.
    private var idleCommands = 0
    /// Errors, and recipients refused, since the latest accepted message.
    private var recentErrors = 0
    private var refusedRecipients = 0

    /// Counts a command; a condition when it is one too many.
    mutating func count(_ verb: Verb, _ limits: ServerLimits) -> Condition? {
        commands += 1
        guard commands <= limits.commands else { return .sessionLimit }
        switch verb {
        case .mail, .rcpt, .data, .bdat, .auth, .startTLS: idleCommands = 0
        case .helo, .ehlo, .lhlo, .rset, .vrfy, .expn, .help, .noop, .quit, .notImplemented, .unknown: idleCommands += 1
        }
        return idleCommands > limits.idleCommands && verb != .quit ? .tooManyErrors : nil
    }

    /// Counts a refusal; true when it is one too many.
    mutating func countRefusal(ofRecipient: Bool, _ limits: ServerLimits) -> Bool {
        errors += 1
        if ofRecipient {
            refusedRecipients += 1
        } else {
            recentErrors += 1
        }
        return recentErrors > limits.errors || refusedRecipients > limits.refusedRecipients
    }

    /// Counts an accepted message, which pays for earlier mistakes.
    mutating func countAccepted() {
        accepted += 1
        recentErrors = 0
        refusedRecipients = 0
        idleCommands = 0
    }
}

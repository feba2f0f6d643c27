import StatusCodes

/// Which command may come when (RFC 5321 §4.1.4, §4.3.2, RFC 3030 §2, RFC 3207 §4, RFC 4954 §4), as a table.
enum CommandOrder {
    /// The refusal of a command that comes at the wrong moment; nil when it is the right one, as far as the state alone
    /// can say.
    static func refusal(of verb: Verb, in state: ServerStateName) -> Condition? {
        switch state {
        case .unwelcome: verb == .quit ? nil : .badSequence
        case .fresh: whenFresh(verb)
        case .ready: whenReady(verb)
        case .transaction: inTransaction(verb)
        case .betweenChunks: betweenChunks(verb)
        // In these no line is read as a command; a caller that does it anyway is told so.
        case .unopened, .authenticating, .checkingCredentials, .securing, .judgingSender, .judgingRecipient,
            .reservingData, .reservingChunk, .receivingData, .receivingChunk, .committing, .closed:
            .badSequence
        }
    }

    private static func whenFresh(_ verb: Verb) -> Condition? {
        switch verb {
        case .helo, .ehlo, .lhlo, .rset, .vrfy, .expn, .help, .noop, .quit, .notImplemented, .unknown: nil
        case .mail, .rcpt, .data, .startTLS, .auth: .badSequence
        case .bdat: .bdatMisuse
        }
    }

    private static func whenReady(_ verb: Verb) -> Condition? {
        switch verb {
        case .helo, .ehlo, .lhlo, .mail, .rset, .vrfy, .expn, .help, .noop, .quit, .startTLS, .auth, .notImplemented,
            .unknown:
            nil
        case .rcpt, .data: .badSequence
        // RFC 3030 §2: BDAT after LAST, or without a transaction.
        case .bdat: .bdatMisuse
        }
    }

    private static func inTransaction(_ verb: Verb) -> Condition? {
        switch verb {
        case .helo, .ehlo, .lhlo, .rcpt, .data, .bdat, .rset, .vrfy, .expn, .help, .noop, .quit, .notImplemented,
            .unknown:
            nil
        // RFC 5321 §4.1.4: nested MAIL. RFC 4954 §4: AUTH "is not permitted during a mail transaction".
        case .mail, .auth: .badSequence
        case .startTLS: .tlsAlreadyActive
        }
    }

    private static func betweenChunks(_ verb: Verb) -> Condition? {
        switch verb {
        case .helo, .ehlo, .lhlo, .bdat, .rset, .vrfy, .expn, .help, .noop, .quit, .notImplemented, .unknown: nil
        // RFC 3030 §2: the chunks of one message follow one another.
        case .mail, .rcpt, .data: .bdatMisuse
        case .auth: .badSequence
        case .startTLS: .tlsAlreadyActive
        }
    }
}

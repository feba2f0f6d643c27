/// The states of a server session without what they carry; for tests, logs and time-outs.
public enum ServerStateName: String, Hashable, Sendable, CaseIterable {
    /// Before our greeting.
    case unopened
    /// Greeted with 554 or 521: the client may only leave (RFC 5321 §3.1, RFC 7504 §3).
    case unwelcome
    /// Greeted; no HELO or EHLO yet.
    case fresh
    /// Between transactions.
    case ready
    /// The client's next line belongs to AUTH.
    case authenticating
    /// The directory is asked.
    case checkingCredentials
    /// 220 to STARTTLS was said; the handshake runs.
    case securing
    /// MAIL waits for its verdict.
    case judgingSender
    /// MAIL was accepted.
    case transaction
    /// RCPT waits for its verdict.
    case judgingRecipient
    /// DATA waits for room.
    case reservingData
    /// BDAT waits for room.
    case reservingChunk
    /// Content comes until CRLF.CRLF.
    case receivingData
    /// Content comes by count.
    case receivingChunk
    /// A chunk was taken, the last one is still to come.
    case betweenChunks
    /// The message waits for its commit.
    case committing
    /// Nothing more is read or said.
    case closed
}

/// The session's machine (RFC 5321 §3): what has been said, and what may come next.
///
/// It has one stored property: a transition consumes the state, and the compiler refuses one that forgets the new.
struct ServerMachine: ~Copyable {
    enum State: ~Copyable {
        case unopened
        case unwelcome(UnwelcomeReason)
        case fresh
        case ready(Greeted)
        case authenticating(Exchange)
        case checkingCredentials(Exchange)
        case securing(Greeted)
        case judgingSender(MailTransaction)
        case transaction(MailTransaction)
        case judgingRecipient(RecipientInQuestion)
        case reservingData(MailTransaction)
        case reservingChunk(AnnouncedChunk)
        case receivingData(IncomingContent)
        case receivingChunk(IncomingChunk)
        case betweenChunks(IncomingContent)
        case committing(CompleteMessage)
        case closed
    }

    /// What a transition yields.
    struct Step: ~Copyable {
        let next: State
        let action: ServerAction

        init(_ next: consuming State, _ action: ServerAction) {
            self.next = next
            self.action = action
        }
    }

    /// Consumed and replaced by every transition; written by nobody else.
    var state: State

    init() { self.state = .unopened }

    init(_ state: consuming State) { self.state = state }

    /// The state's name.
    var name: ServerStateName {
        switch state {
        case .unopened: .unopened
        case .unwelcome: .unwelcome
        case .fresh: .fresh
        case .ready: .ready
        case .authenticating: .authenticating
        case .checkingCredentials: .checkingCredentials
        case .securing: .securing
        case .judgingSender: .judgingSender
        case .transaction: .transaction
        case .judgingRecipient: .judgingRecipient
        case .reservingData: .reservingData
        case .reservingChunk: .reservingChunk
        case .receivingData: .receivingData
        case .receivingChunk: .receivingChunk
        case .betweenChunks: .betweenChunks
        case .committing: .committing
        case .closed: .closed
        }
    }
}

/// What HELO or EHLO settled.
struct Greeted: Hashable, Sendable {
    /// EHLO: extensions are in force (RFC 5321 §4.1.1.1).
    var isExtended: Bool
}

/// How a session was turned away in its greeting.
enum UnwelcomeReason: Hashable, Sendable {
    /// 554: refused; commands but QUIT get 503 (RFC 5321 §3.1).
    case refused
    /// 521: never takes mail; commands but QUIT get 521 again (RFC 7504 §3).
    case neverAccepts
}

/// An AUTH exchange under way.
struct Exchange: Sendable {
    /// What HELO or EHLO settled.
    let greeted: Greeted
    /// The mechanism's own machine.
    var machine: any ServerMechanism
    /// Challenges sent so far.
    var rounds = 0
}

/// A BDAT under way.
struct Chunk: Hashable, Sendable {
    /// Octets announced.
    var size: Int
    /// Octets still to come.
    var remaining: Int
    /// LAST was said.
    var isLast: Bool

    init(_ command: ChunkCommand) {
        self.size = command.size
        self.remaining = command.size
        self.isLast = command.isLast
    }
}

// The payloads of states with more than one part. Each is a type of its own, since a case with several parts that
// cannot be copied does not compile (Swift 6.3).

/// A RCPT that waits for its verdict.
struct RecipientInQuestion: ~Copyable {
    var transaction: MailTransaction
    let candidate: Candidate
}

/// A first BDAT that waits for room.
struct AnnouncedChunk: ~Copyable {
    var transaction: MailTransaction
    let chunk: Chunk
}

/// Content on its way.
struct IncomingContent: ~Copyable {
    var transaction: MailTransaction
    var reception: Reception
}

/// Content on its way, within a chunk.
struct IncomingChunk: ~Copyable {
    var content: IncomingContent
    var chunk: Chunk
}

/// A message whose last octet has come.
struct CompleteMessage: ~Copyable {
    var transaction: MailTransaction
    let facts: ContentFacts
}

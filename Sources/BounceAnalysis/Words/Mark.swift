/// What a phrase in a notice tells, apart from its words.
enum Mark: UInt8, Sendable {
    /// Delivery failed.
    case failure
    /// Delivery has not worked yet, and goes on.
    case delay
    /// Delivery worked.
    case success
    /// A person or a program answers by itself: out of office, acknowledgements.
    case absence
    /// Somebody must prove to be a person first.
    case challenge
    /// The address behind it is a recipient that failed.
    case recipient
    /// The address behind it is the one that the recipient before it was reached by.
    case alias
    /// The address behind it is no recipient: a sender, somebody to ask.
    case stranger
    /// The original message, or its header, follows.
    case original
    /// A log of the session follows.
    case transcript
    /// The reason follows.
    case reason
    /// The reply of another host follows.
    case reply
    /// Time ran out.
    case expired
    /// No connection, or a lost one.
    case connection
    /// A program or file on the reporter's own system failed.
    case program
    /// Said about the opening of a connection.
    case atConnect
    /// Said about EHLO.
    case atHelo
    /// Said about MAIL.
    case atMail
    /// Said about RCPT.
    case atRcpt
    /// Said about DATA.
    case atData
    /// Said about the content.
    case atDot
}

/// A set of marks.
struct Marks: OptionSet, Sendable {
    let rawValue: UInt32

    init(rawValue: UInt32) { self.rawValue = rawValue }

    init(_ mark: Mark) { rawValue = 1 << UInt32(mark.rawValue) }

    /// Whether a mark is among them.
    func contains(_ mark: Mark) -> Bool { rawValue >> UInt32(mark.rawValue) & 1 == 1 }

    mutating func insert(_ mark: Mark) { self = Marks(rawValue: rawValue | 1 << UInt32(mark.rawValue)) }
}

/// A phrase that was found.
struct PhraseHit: Sendable {
    let mark: Mark
    let start: Int32
    let end: Int32
}

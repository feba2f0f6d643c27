public import MailFormat
public import StatusCodes

/// What one event makes the driver of a server session do.
public enum ServerAction: Sendable {
    /// Go on reading.
    case read
    /// Say this and go on.
    case reply(Reply)
    /// Say this, forget the content collected so far, and go on.
    case replyAndDropContent(Reply)
    /// Say this, flush, close.
    case replyAndClose(Reply)
    /// Close without a word.
    case close
    /// Say this, flush, begin the TLS handshake; anything that the client sent in clear meanwhile ends the session.
    case startTLS(Reply)
    /// Ask for a verdict on `envelope` and `declaredSize`; `judged` takes it.
    case judgeSender
    /// Ask for a verdict on `recipient`; `judged` takes it.
    case judgeRecipient
    /// Ask the directory; `authenticationAnswered` takes the answer.
    case authenticate(AuthenticationQuestion)
    /// Reserve room for content of `declaredSize` octets; `contentReserved` takes the answer.
    case reserveContent
    /// These octets of the input are content: keep them.
    case content(ByteRange)
    /// The content collected so far will not be wanted; its rest is read and dropped.
    case dropContent
    /// The message is complete: make it durable; `committed` takes the reply.
    case commit
}

/// One step of a session over its input.
public struct ServerStep: Sendable {
    /// How many octets of the input are done with.
    public var used: Int
    /// What to do.
    public var action: ServerAction

    init(_ used: Int, _ action: ServerAction) {
        self.used = used
        self.action = action
    }
}

package import Delivery
package import NIOCore
package import StatusCodes

/// Takes the content of one large message while it arrives, and makes it durable.
///
/// Called on the session's event loop; it must not block. At most one answer is outstanding: the session reads no more
/// from its peer until it has come, which is the back-pressure.
package protocol ContentSink: AnyObject, Sendable {
    /// The next bytes.
    ///
    /// An answer at once lets them flow on; nil means it comes later.
    func append(_ bytes: ByteBuffer, later: LaterAnswer<SinkProgress>) -> SinkProgress?
    /// There are no more: make them durable and say where they are.
    ///
    /// Called once, after the last `append` answered.
    func finish(later: LaterAnswer<SinkOutcome>)
    /// The message is not wanted after all; forget its bytes.
    ///
    /// May be called at any time before `finish` has answered.
    func abort()
}

/// How a sink took some bytes.
package enum SinkProgress: Sendable {
    /// It wants more.
    case ready
    /// It cannot keep them; the message is refused with this reply, the rest of it read and dropped.
    case failed(Reply)
}

/// What became of a sink's content.
package enum SinkOutcome: Sendable {
    /// It is durable, and here.
    case stored(any MessageContent)
    /// It is not; the message is refused with this reply.
    case failed(Reply)
}

package import NIOCore
package import SMTPProtocol
package import StatusCodes

/// Where an answer that comes later must go.
///
/// A value: keeping and passing it allocates nothing.
package struct LaterAnswer<Value: SessionAnswer>: Sendable {
    /// The loop that owns the session.
    package let eventLoop: any EventLoop
    private let receiver: Receiver

    private enum Receiver: Sendable {
        case session(NIOLoopBound<ServerHandler>, ticket: UInt64)
        case function(@Sendable (Value) -> Void)
    }

    /// The answer to the question that a session asked under a ticket.
    init(_ session: NIOLoopBound<ServerHandler>, ticket: UInt64) {
        self.eventLoop = session.eventLoop
        self.receiver = .session(session, ticket: ticket)
    }

    /// An answer that goes to a function, always called on the loop: for tests of hosts and sinks.
    package init(eventLoop: any EventLoop, _ function: @escaping @Sendable (Value) -> Void) {
        self.eventLoop = eventLoop
        self.receiver = .function(function)
    }

    /// Gives the answer, from any thread.
    package func fulfil(_ value: Value) {
        if eventLoop.inEventLoop {
            fulfilOnLoop(value)
        } else {
            eventLoop.execute { fulfilOnLoop(value) }
        }
    }

    /// Gives the answer; the caller is already on `eventLoop`, where it may answer many sessions in one `execute`.
    package func fulfilOnLoop(_ value: Value) {
        switch receiver {
        case .session(let session, let ticket): value.deliver(to: session.value, ticket: ticket)
        case .function(let function):
            eventLoop.preconditionInEventLoop()
            function(value)
        }
    }
}

/// A kind of answer that a session can wait for.
package protocol SessionAnswer: Sendable {
    /// Hands the answer to the session, on its loop.
    func deliver(to session: ServerHandler, ticket: UInt64)
}

extension Verdict: SessionAnswer {
    /// Hands the verdict to the session that asked.
    package func deliver(to session: ServerHandler, ticket: UInt64) { session.answered(self, ticket: ticket) }
}

extension AuthenticationAnswer: SessionAnswer {
    /// Hands the directory's answer to the session that asked.
    package func deliver(to session: ServerHandler, ticket: UInt64) { session.answered(self, ticket: ticket) }
}

extension Reply: SessionAnswer {
    /// Hands the reply to the final dot to the session that submitted.
    package func deliver(to session: ServerHandler, ticket: UInt64) { session.answered(self, ticket: ticket) }
}

extension SinkProgress: SessionAnswer {
    /// Hands the sink's progress to the session that feeds it.
    package func deliver(to session: ServerHandler, ticket: UInt64) { session.answered(self, ticket: ticket) }
}

extension SinkOutcome: SessionAnswer {
    /// Hands the sink's outcome to the session that fed it.
    package func deliver(to session: ServerHandler, ticket: UInt64) { session.answered(self, ticket: ticket) }
}

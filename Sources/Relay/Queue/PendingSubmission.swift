package import Delivery
package import SMTPTransport
package import StatusCodes

/// A message on its way into the queue, with whoever waits for its 250.
package struct PendingSubmission: Sendable {
    /// What is to be stored; the queue thread sets its state.
    package var submission: Submission
    /// Bytes of the content budget to give back once it is answered.
    package var reservedBytes: Int
    /// What the client called itself, for the log.
    package var helo: String
    /// Who waits.
    package var answer: Answer

    /// Who waits for the commit.
    package enum Answer: Sendable {
        /// An SMTP session.
        case session(LaterAnswer<Reply>)
        /// Somebody else: the control socket.
        case function(@Sendable (Reply) -> Void)
    }

    /// Makes a pending submission.
    package init(submission: Submission, reservedBytes: Int, helo: String, answer: Answer) {
        self.submission = submission
        self.reservedBytes = reservedBytes
        self.helo = helo
        self.answer = answer
    }

    /// Tells whoever waits; callable from any thread, once.
    func answer(_ reply: Reply) {
        switch answer {
        case .function(let function): function(reply)
        case .session(let later): later.fulfil(reply)
        }
    }
}

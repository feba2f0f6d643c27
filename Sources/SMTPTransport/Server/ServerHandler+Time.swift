import NIOCore
import SMTPProtocol
import StatusCodes

// One timer for whatever is waited for.
extension ServerHandler {
    /// Sees to it that the timer fires at or before the next deadline.
    ///
    /// Deadlines mostly move away: a timer that fires early is set anew, which is cheaper than moving it per command.
    func schedule() {
        guard let context, let due = nextDeadline() else { return }
        if let timer, timer.at <= due { return }
        timer?.scheduled.cancel()
        let session = NIOLoopBound(self, eventLoop: context.eventLoop)
        timer = (context.eventLoop.scheduleTask(deadline: due) { session.value.timerFired() }, due)
    }

    /// When something must happen unless something else happens first.
    private func nextDeadline() -> NIODeadline? {
        switch phase {
        case .unopened, .closed: nil
        case .handshaking(let until), .lingering(let until): until
        case .running: question.sinkDeadline ?? session.deadline.map(NIODeadline.init)
        }
    }

    private func timerFired() {
        timer = nil
        guard let context, let due = nextDeadline(), context.eventLoop.now >= due else { return schedule() }
        switch phase {
        case .unopened, .closed: break
        case .handshaking, .lingering: context.close(promise: nil)
        case .running: waitedTooLong()
        }
    }

    private func waitedTooLong() {
        work {
            guard question.sinkDeadline == nil else {
                question.withdraw()
                return sinkHasFailed(Reply(.localError))
            }
            let action = session.timePassed(at: now)
            // Whoever was asked has had his time: his answer would find another question, or none.
            if !session.isWaitingForAnswer { question.withdraw() }
            follow(action)
        }
    }
}

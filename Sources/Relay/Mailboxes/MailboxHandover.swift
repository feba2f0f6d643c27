import Delivery
import NIOPosix
import StatusCodes

/// The way from one mailbox to the queue: the one that reports handed in by a command take too.
struct MailboxHandover: Sendable {
    /// What the operator calls the mailbox.
    let mailbox: String
    /// Where reports go that name their message in their content.
    let address: String
    let local: LocalIntake
    let shelf: BounceShelf
    let clock: RelayClock
    let log: EventLog
    let files: NIOThreadPool

    /// What became of a report.
    enum Outcome: Sendable {
        /// It is durable in the queue.
        case queued
        /// It is not taken, today or later, and stays where it is.
        case left
        /// Nothing is taken now, for this reason.
        case later(String)
    }

    /// Hands a report over; returns after its commit.
    func hand(_ mail: [UInt8], from place: String) async -> Outcome {
        guard shelf.takes(.feedback) else {
            return .later("as many mails to return-paths wait for a person as may: nothing is taken")
        }
        switch await local.submit(HandedInReport.message(mail, to: address)) {
        case .queued(let id):
            log.note(
                "mailbox.taken",
                at: clock.wall,
                "a report was taken from a mailbox",
                [("id", id.description), ("mailbox", mailbox), ("file", place)]
            )
            return .queued
        case .invalid(let sentence):
            leave(place, sentence)
            return .left
        case .refused(let reply) where reply.code.severity == .permanentNegative:
            leave(place, reply.condition.text)
            return .left
        case .refused(let reply): return .later("nothing is taken now: \(reply.condition.text)")
        }
    }

    /// Says why a mail is not taken, and stays for a person.
    func leave(_ place: String, _ reason: String) {
        log.note(
            "mailbox.left",
            at: clock.wall,
            "a mail stays in its mailbox: \(reason)",
            [("mailbox", mailbox), ("file", place)]
        )
    }

    /// Does something with the mailbox where blocking is allowed; to its end also when the service is told to stop, so that
    /// what is in the queue is taken out of its mailbox.
    func blocking<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            files.submit { state in
                guard case .active = state else { return continuation.resume(throwing: CancellationError()) }
                continuation.resume(with: Result { try work() })
            }
        }
    }
}

/// What one look into a mailbox came to.
struct MailboxRound: Sendable {
    /// How many reports were handed over.
    var taken = 0
    /// The first thing that a person has to see to.
    private(set) var trouble: String?
    /// Another program has it: nothing was looked at.
    var isLocked = false
    /// There is more to look at, soon.
    var hasMore = false

    /// Notes trouble; the first of a round stands for all of it.
    mutating func note(_ trouble: String) { self.trouble = self.trouble ?? trouble }

    /// Notes why something failed.
    mutating func note(_ error: any Error) {
        switch error {
        case let failure as MailboxFailure where failure.code == .locked: isLocked = true
        case let failure as MailboxFailure: note(failure.description)
        // The threads have stopped, and so will we.
        default: return
        }
    }
}

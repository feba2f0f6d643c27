import NIOPosix

/// Looks for reports in the mailboxes of this machine that the operator names, each at its interval.
///
/// A report is handed over as `analyze --intake` does it, and only when it is durable in the queue taken out of its
/// mailbox; between the two a crash leaves both, and what is handed over again is the same report. Everything else stays
/// where it is, for whoever reads that mailbox.
package struct MailboxPolling: Sendable {
    /// What is looked at, and where reports go.
    package struct Plan: Sendable {
        /// Where reports go that name their message in their content.
        package var address: String
        /// The mailboxes.
        package var mailboxes: [ReportMailbox]

        /// What a configuration says; nil where mail keeps its reverse-path, and no report has a message to find.
        init?(_ configuration: RelayConfiguration) {
            guard let bounces = configuration.bounces else { return nil }
            address = bounces.feedbackAddress
            mailboxes = configuration.reportMailboxes
        }
    }

    private let plan: @Sendable () -> Plan?
    private let local: LocalIntake
    private let shelf: BounceShelf
    private let clock: RelayClock
    private let log: EventLog
    private let files: NIOThreadPool
    private var polled: [String: Polled] = [:]

    /// What is known of a mailbox.
    private struct Polled: Sendable {
        let mailbox: ReportMailbox
        var contents: Contents
        var next = ContinuousClock.now
        /// The trouble that was noted last, so that it is noted once and not at every look.
        var trouble: String?
        /// How often in a row another program had it.
        var locked = 0

        enum Contents: Sendable {
            case maildir(MaildirPoll)
            case mbox(MboxPoll)
        }

        init(_ mailbox: ReportMailbox) {
            self.mailbox = mailbox
            contents =
                switch mailbox.kind {
                case .maildir: .maildir(MaildirPoll(path: mailbox.path))
                case .mbox: .mbox(MboxPoll(path: mailbox.path))
                }
        }

        mutating func look(_ handover: MailboxHandover) async -> MailboxRound {
            switch contents {
            case .maildir(var poll):
                defer { contents = .maildir(poll) }
                return await poll.look(handover)
            case .mbox(var poll):
                defer { contents = .mbox(poll) }
                return await poll.look(handover)
            }
        }
    }

    /// How often it is seen whether a mailbox is due, and how soon one that has more is looked at again.
    package static let pause: Duration = .seconds(5)
    /// A mailbox that was locked at so many looks in a row has been forgotten by whoever locked it.
    package static let mostLocked = 10

    /// Makes a polling that does not run yet; `plan` is asked before each look, because a reload changes it.
    init(
        local: LocalIntake,
        shelf: BounceShelf,
        clock: RelayClock,
        log: EventLog,
        files: NIOThreadPool,
        plan: @escaping @Sendable () -> Plan?
    ) {
        self.local = local
        self.shelf = shelf
        self.clock = clock
        self.log = log
        self.files = files
        self.plan = plan
    }

    /// Looks again and again until cancelled.
    package mutating func run() async {
        while !Task.isCancelled {
            await look { $0 <= .now }
            do { try await Task.sleep(for: Self.pause) } catch { return }
        }
    }

    /// Looks into every mailbox now; returns how many reports were handed over.
    @discardableResult
    package mutating func sweep() async -> Int { await look { _ in true } }

    @discardableResult
    private mutating func look(where isDue: (ContinuousClock.Instant) -> Bool) async -> Int {
        let plan = self.plan()
        let mailboxes = plan?.mailboxes ?? []
        // One that has other settings is looked at as if for the first time.
        polled = polled.filter { mailboxes.contains($0.value.mailbox) }
        guard let plan else { return 0 }
        var taken = 0
        for mailbox in mailboxes {
            var polled = self.polled[mailbox.name] ?? Polled(mailbox)
            guard isDue(polled.next), !Task.isCancelled else { continue }
            let round = await polled.look(handover(mailbox, plan))
            polled.next = .now + (round.hasMore ? min(Self.pause, mailbox.interval) : mailbox.interval)
            note(round, &polled)
            self.polled[mailbox.name] = polled
            taken += round.taken
        }
        return taken
    }

    private func handover(_ mailbox: ReportMailbox, _ plan: Plan) -> MailboxHandover {
        MailboxHandover(
            mailbox: mailbox.name,
            address: plan.address,
            local: local,
            shelf: shelf,
            clock: clock,
            log: log,
            files: files
        )
    }

    private func note(_ round: MailboxRound, _ polled: inout Polled) {
        polled.locked = round.isLocked ? polled.locked + 1 : 0
        var trouble = round.trouble
        if round.isLocked {
            let path = polled.mailbox.path
            trouble =
                polled.locked < Self.mostLocked
                ? polled.trouble
                : "\(path) was locked at \(Self.mostLocked) looks in a row; if by nobody, remove \(path).lock"
        }
        defer { polled.trouble = trouble }
        guard trouble != polled.trouble else { return }
        log.note(
            trouble == nil ? "mailbox.recovered" : "mailbox.trouble",
            at: clock.wall,
            trouble ?? "reports are taken from the mailbox again",
            [("mailbox", polled.mailbox.name)]
        )
    }
}

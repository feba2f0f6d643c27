/// Looks for reports in an mbox, again and again.
///
/// What was taken is cut off as soon as nothing that stays stands behind it; until then it is known by its place.
struct MboxPoll: Sendable {
    private let path: String
    private var progress = Progress()
    /// How it looked when there was nothing left to do.
    private var done: MboxFile.Look?

    /// How far it was looked at.
    private struct Progress: Sendable {
        var device: UInt64 = 0
        var inode: UInt64 = 0
        /// Everything before it was looked at.
        var position = 0
        /// Where the last mail ends that stays.
        var keptEnd = 0
        /// What stood before the position: all that will be cut off, and the end of what stays.
        var digest: [UInt8]?

        /// What the digest is of.
        var known: Range<Int> { max(0, keptEnd - MboxPoll.overlap)..<position }
    }

    /// So many octets of what stays tell that it is still there.
    private static let overlap = 4096

    /// No longer than this is the mailbox locked: others wait some 20 seconds before they put their mail off.
    private static let longestLock: Duration = .seconds(10)

    /// An mbox that was not looked at yet.
    init(path: String) { self.path = path }

    /// Takes the reports that came since the last time.
    mutating func look(_ handover: MailboxHandover) async -> MailboxRound {
        var round = MailboxRound()
        do {
            let look = try await handover.blocking { [path] in try MboxFile.look(at: path) }
            guard let look, look.size > 0, look != done else { return round }
            let file = try await handover.blocking { [path] in try MboxFile(path: path) }
            do { try await work(file, handover, &round) } catch { round.note(error) }
            // Now, and not when the last thread lets go of it: others wait.
            try await handover.blocking { file.unlock() }
        } catch {
            round.note(error)
        }
        return round
    }

    private mutating func work(
        _ file: MboxFile,
        _ handover: MailboxHandover,
        _ round: inout MailboxRound
    ) async throws {
        try await resume(file, handover)
        do { try await take(file, handover, &round) } catch { round.note(error) }
        progress.digest = nil
        progress.digest = try await handover.blocking { [progress] in try file.digest(of: progress.known) }
    }

    /// Goes on where the last look ended, or begins anew where somebody has changed what stood before: what is handed over
    /// again counts once.
    private mutating func resume(_ file: MboxFile, _ handover: MailboxHandover) async throws {
        let known = progress
        let isSame = try await handover.blocking {
            guard (known.device, known.inode) == (file.look.device, file.look.inode) else { return false }
            guard known.position <= file.look.size, try file.beginsMail(at: known.position) else { return false }
            return try file.digest(of: known.known) == known.digest
        }
        if !isSame { progress = Progress(device: file.look.device, inode: file.look.inode) }
    }

    private mutating func take(
        _ file: MboxFile,
        _ handover: MailboxHandover,
        _ round: inout MailboxRound
    ) async throws {
        done = nil
        let deadline = ContinuousClock.now + Self.longestLock
        var isLast = progress.position == file.look.size
        while !isLast {
            let portion = try await handover.blocking { [progress] in try file.portion(from: progress.position) }
            for mail in portion.mails {
                guard await take(mail, handover, &round) else { return }
                // Behind a mail, so that each look gets on; behind the last one there is only the cut.
                let mayGoOn = !Task.isCancelled && ContinuousClock.now < deadline
                guard mayGoOn || progress.position == file.look.size else {
                    round.hasMore = true
                    return
                }
            }
            isLast = portion.isLast
        }
        guard progress.keptEnd < progress.position else {
            done = file.look
            return
        }
        done = try await handover.blocking { [progress] in try file.cut(at: progress.keptEnd) }
        progress.position = progress.keptEnd
    }

    /// Takes a mail if it is a report; false when nothing is taken now.
    private mutating func take(
        _ mail: MboxFile.Portion.Mail,
        _ handover: MailboxHandover,
        _ round: inout MailboxRound
    ) async -> Bool {
        let place = "byte \(progress.position)"
        if let report = mail.report {
            switch await handover.hand(report, from: place) {
            case .queued: round.taken += 1
            case .left: progress.keptEnd = mail.end
            case .later(let reason):
                round.note(reason)
                return false
            }
        } else {
            if mail.isTooLarge {
                handover.leave(place, "it has more than \(HandedInReport.mostOctets) bytes")
            }
            progress.keptEnd = mail.end
        }
        progress.position = mail.end
        return true
    }
}

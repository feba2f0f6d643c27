/// Looks for reports in a Maildir, again and again.
struct MaildirPoll: Sendable {
    private let path: String
    /// What stays and was looked at, by the part of its name that does not change.
    private var known: Set<String> = []

    /// A Maildir that was not looked at yet.
    init(path: String) { self.path = path }

    /// Takes the reports that nobody has dealt with.
    mutating func look(_ handover: MailboxHandover) async -> MailboxRound {
        var round = MailboxRound()
        do {
            let folders = try await handover.blocking { [path] in try MaildirFolders(path: path) }
            var entries = try await handover.blocking { try folders.unseen() }
            if entries.count > MaildirFolders.mostNames {
                round.note("\(path) holds more than \(MaildirFolders.mostNames) unread mails: others are not looked at")
                entries.removeLast(entries.count - MaildirFolders.mostNames)
            }
            known.formIntersection(entries.map(\.base))
            for entry in entries where !known.contains(entry.base) {
                guard !Task.isCancelled, await take(entry, folders, handover, &round) else { break }
            }
        } catch {
            round.note(error)
        }
        return round
    }

    /// Takes a mail if it is a report; false when nothing is taken now.
    private mutating func take(
        _ entry: MaildirFolders.Entry,
        _ folders: MaildirFolders,
        _ handover: MailboxHandover,
        _ round: inout MailboxRound
    ) async -> Bool {
        let report: [UInt8]?
        do {
            report = try await handover.blocking { try folders.report(entry) }
        } catch let failure as MailboxFailure where failure.code == .gone {
            return true
        } catch let failure as MailboxFailure where failure.code == .tooLarge {
            known.insert(entry.base)
            handover.leave(entry.place, failure.description)
            return true
        } catch {
            round.note(error)
            return true
        }
        guard let report else {
            known.insert(entry.base)
            return true
        }
        switch await handover.hand(report, from: entry.place) {
        case .later(let reason):
            round.note(reason)
            return false
        case .left: known.insert(entry.base)
        case .queued:
            round.taken += 1
            // One that cannot be moved is not handed over again.
            known.insert(entry.base)
            do {
                try await handover.blocking { try folders.markSeen(entry) }
            } catch let failure as MailboxFailure where failure.code == .gone {
                // A mail program was faster, under another name: it is known.
            } catch {
                round.note(error)
            }
        }
        return true
    }
}

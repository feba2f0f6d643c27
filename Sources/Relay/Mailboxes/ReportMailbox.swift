/// A mailbox of this machine in which reports are looked for.
package struct ReportMailbox: Hashable, Sendable {
    /// How mails lie in it.
    package enum Kind: String, Hashable, Sendable {
        /// A folder with a file for each.
        case maildir
        /// One file with all of them.
        case mbox
    }

    /// What the operator calls it.
    package var name: String
    /// Where it is, from the root.
    package var path: String
    /// How mails lie in it.
    package var kind: Kind
    /// How long to wait between two looks.
    package var interval: Duration

    /// More often than this no mailbox is looked at: the other programs that use it must have their turns.
    package static let leastInterval: Duration = .seconds(5)

    /// Makes a mailbox.
    package init(name: String, path: String, kind: Kind, interval: Duration) {
        self.name = name
        self.path = path
        self.kind = kind
        self.interval = interval
    }

    /// Why nothing can be taken from it by whoever asks; nil when it can.
    ///
    /// It is opened, and nothing in it changes.
    package var obstacle: String? {
        do throws(MailboxFailure) {
            switch kind {
            case .maildir: _ = try MaildirFolders(path: path)
            case .mbox: try MboxFile.check(path)
            }
            return nil
        } catch {
            return error.description
        }
    }
}

import BounceAnalysis

#if canImport(Glibc)
    import Glibc
#endif

/// A Maildir in which reports are looked for, opened for one look.
///
/// A mail is new under `new`; the first program that lists the mailbox moves it to `cur`, where it is unseen until a
/// person has opened it. Both are looked at: an IMAP server that is merely asked how many mails there are would hide
/// everything from us otherwise. What we have taken is moved to `cur` as seen, never deleted.
final class MaildirFolders: Sendable {
    private let new: MailboxDescriptor
    private let cur: MailboxDescriptor

    /// More unseen mails are not looked at: a folder that full is nobody's mailbox.
    static let mostNames = 100_000

    /// A mail that nobody has dealt with.
    struct Entry: Hashable, Sendable {
        /// Whether it still lies under `new`.
        let isNew: Bool
        /// The name of its file.
        let name: String

        /// What stays the same while others move it.
        var base: String { MaildirName(name).base }
        /// Its place, for the log.
        var place: String { (isNew ? "new/" : "cur/") + name }
    }

    /// Opens the two folders, and sees that mails can be moved: one that could not be would come again and again.
    init(path: String) throws(MailboxFailure) {
        new = try MailboxDescriptor("\(path)/new", O_RDONLY | O_DIRECTORY)
        cur = try MailboxDescriptor("\(path)/cur", O_RDONLY | O_DIRECTORY)
        for folder in [new, cur] where unsafe faccessat(folder.number, ".", W_OK | X_OK, 0) != 0 {
            throw MailboxFailure("write to", folder.path, errno)
        }
    }

    private func folder(_ entry: Entry) -> MailboxDescriptor { entry.isNew ? new : cur }

    /// The mails that nobody has dealt with, the oldest first; at most `limit`, and one more says that there are others.
    func unseen(limit: Int = mostNames) throws(MailboxFailure) -> [Entry] {
        var entries: [Entry] = []
        for isNew in [true, false] {
            var names: [String] = []
            try forEachName(in: isNew ? new : cur) { name in
                if entries.count + names.count <= limit, !name.hasPrefix("."), !MaildirName(name).isDealtWith {
                    names.append(name)
                }
            }
            entries += names.sorted().map { Entry(isNew: isNew, name: $0) }
        }
        return entries
    }

    private func forEachName(in folder: MailboxDescriptor, _ body: (String) -> Void) throws(MailboxFailure) {
        // A descriptor of its own: the stream keeps it, and a place in it.
        let copy = unsafe openat(folder.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0, let stream = unsafe fdopendir(copy) else {
            let number = errno
            if copy >= 0 { close(copy) }
            throw MailboxFailure("list", folder.path, number)
        }
        defer { unsafe closedir(stream) }
        // The entry is valid until the next readdir; its name is copied at once.
        while let entry = unsafe readdir(stream) {
            body(
                unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                    unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
                }
            )
        }
    }

    /// The bytes of a mail that is a report; nil for one that stays where it is.
    func report(_ entry: Entry) throws(MailboxFailure) -> [UInt8]? {
        let file = try MailboxDescriptor(entry.name, O_RDONLY, in: folder(entry))
        let size = Int(try file.statusOfFile().st_size)
        // Read by its size: what is written after that is for the next look.
        guard size <= HandedInReport.mostOctets else {
            throw MailboxFailure(.tooLarge, "it has \(size) bytes, more than \(HandedInReport.mostOctets)")
        }
        let mail = try file.read(at: 0, count: size)
        return HandedInReport.isTaken(MailAnalyzer.analyze(mail.span).kind) ? mail : nil
    }

    /// Moves a mail that was taken to `cur`, as seen.
    func markSeen(_ entry: Entry) throws(MailboxFailure) {
        let name = MaildirName(entry.name).seen
        // A rename would replace what has this name.
        guard unsafe faccessat(cur.number, name, F_OK, AT_SYMLINK_NOFOLLOW) != 0 else {
            throw MailboxFailure(.obstacle, "\(cur.path)/\(name) is there already, beside \(entry.place)")
        }
        guard unsafe renameat(folder(entry).number, entry.name, cur.number, name) == 0 else {
            throw MailboxFailure("move to \(cur.path)", entry.place, errno)
        }
    }
}

import Crypto
import MailFormat

#if canImport(Glibc)
    import Glibc
#endif

/// An mbox that is locked for us, in both ways that mail programs lock one.
///
/// It is read, and cut off at the end: nothing in it is ever moved or written anew, so that no crash loses a mail of
/// somebody else (`docs/adr/0016-mailboxes.md`).
final class MboxFile: Sendable {
    /// How it looks from outside; the same look means that nobody has touched it.
    struct Look: Hashable, Sendable {
        var device: UInt64
        var inode: UInt64
        var size: Int
        var modified: [Int]

        fileprivate init(_ status: stat) {
            device = UInt64(status.st_dev)
            inode = UInt64(status.st_ino)
            size = Int(status.st_size)
            modified = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
        }
    }

    /// `F_OFD_SETLK` of Linux, which its header shows only to those who ask for extensions.
    private static let lockOpenFile: Int32 = 37

    private let file: MailboxDescriptor
    private let dotLock: DotLock
    /// How it looked when it was locked.
    let look: Look

    /// How an mbox looks; nil when there is none: mail programs make one for the first mail.
    static func look(at path: String) throws(MailboxFailure) -> Look? {
        do throws(MailboxFailure) {
            return Look(try MailboxDescriptor(path, O_RDONLY).statusOfFile())
        } catch {
            guard error.code == .gone else { throw error }
            return nil
        }
    }

    /// Sees that one can be read, cut and locked.
    static func check(_ path: String) throws(MailboxFailure) {
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        guard unsafe access(folder.isEmpty ? "/" : folder, W_OK | X_OK) == 0 else {
            throw MailboxFailure("make a lock in", folder, errno)
        }
        do throws(MailboxFailure) {
            _ = try openedFile(path)
        } catch {
            guard error.code == .gone else { throw error }
        }
    }

    /// Locks an mbox, without waiting: by the kernel first, then by a file beside it, in Debian's order.
    init(path: String) throws(MailboxFailure) {
        file = try Self.openedFile(path)
        guard Self.setLock(F_WRLCK, file) else {
            let number = errno
            guard number == EAGAIN || number == EACCES else { throw MailboxFailure("lock", path, number) }
            throw MailboxFailure(.locked, "another program has locked \(path)")
        }
        dotLock = try DotLock(besides: path)
        look = Look(try file.status())
        // Before it was locked somebody may have put another file in its place.
        guard try Self.look(at: path)?.inode == look.inode else {
            throw MailboxFailure(.locked, "\(path) is being replaced")
        }
    }

    /// Gives it back to others, at once: whoever still has this object can only read.
    func unlock() {
        dotLock.release()
        // Where that should fail the kernel does it when the file is closed.
        _ = Self.setLock(F_UNLCK, file)
    }

    /// A lock of the open file: another one of this process does not end it, as it would end one of the process.
    private static func setLock(_ type: Int32, _ file: MailboxDescriptor) -> Bool {
        var lock = flock()
        lock.l_type = Int16(type)
        lock.l_whence = Int16(SEEK_SET)
        // The structure outlives the call.
        return unsafe fcntl(file.number, lockOpenFile, &lock) == 0
    }

    private static func openedFile(_ path: String) throws(MailboxFailure) -> MailboxDescriptor {
        let file = try MailboxDescriptor(path, O_RDWR)
        // A second name for a file that we can write to would have us cut what is no mailbox.
        guard try file.statusOfFile().st_nlink == 1 else {
            throw MailboxFailure(.obstacle, "\(path) has a second name elsewhere")
        }
        return file
    }

    // MARK: Reading

    /// Some of the mails in a row.
    struct Portion: Sendable {
        /// One mail, by where it ends: behind it begins the next one.
        struct Mail: Sendable {
            var end: Int
            /// Its bytes when it is a report.
            var report: [UInt8]?
            /// Whether it is too large to be one.
            var isTooLarge = false
        }

        var mails: [Mail] = []
        /// Whether the last of them is the last of the mailbox.
        var isLast = false
    }

    /// The next mails behind an offset at which one begins.
    func portion(from start: Int) throws(MailboxFailure) -> Portion {
        var splitter = MailboxSplitter()
        var collector = MboxCollector(start: start)
        var offset = start
        while offset < look.size, !collector.isFull {
            let chunk = try file.read(at: offset, count: min(MailboxDescriptor.chunk, look.size - offset))
            guard !chunk.isEmpty else {
                throw MailboxFailure(.locked, "a program without a lock cuts \(file.path)")
            }
            if offset == start, !Self.beginsMail(chunk) {
                throw MailboxFailure(.obstacle, "\(file.path) is no mbox: at \(start) no mail begins")
            }
            splitter.split(chunk) { collector.take($0, chunk) }
            offset += chunk.count
        }
        if offset >= look.size {
            splitter.finish { collector.take($0, []) }
            collector.endMail()
        }
        return Portion(mails: collector.mails, isLast: offset >= look.size)
    }

    private static func beginsMail(_ chunk: [UInt8]) -> Bool {
        MailboxSplitter.isSeparator(chunk.span.extracting(..<ByteScan.lineFeed(chunk.span, from: 0)))
    }

    /// Enough of a line to tell that it begins a mail.
    private static let longestStart = 512

    /// Whether a mail begins at an offset, or the mailbox ends there.
    func beginsMail(at offset: Int) throws(MailboxFailure) -> Bool {
        let chunk = try file.read(at: offset, count: min(Self.longestStart, look.size - offset))
        return chunk.isEmpty || Self.beginsMail(chunk)
    }

    /// What tells whether some bytes are still the same.
    func digest(of range: Range<Int>) throws(MailboxFailure) -> [UInt8] {
        var hash = SHA256()
        var offset = range.lowerBound
        while offset < range.upperBound {
            let chunk = try file.read(at: offset, count: min(MailboxDescriptor.chunk, range.upperBound - offset))
            guard !chunk.isEmpty else { break }
            hash.update(data: chunk)
            offset += chunk.count
        }
        return Array(hash.finalize())
    }

    // MARK: Cutting

    /// Takes everything behind an offset away; how it looks then.
    ///
    /// One step, of which a crash leaves all or nothing. Not when somebody has written without a lock meanwhile.
    func cut(at offset: Int) throws(MailboxFailure) -> Look {
        guard Int(try file.status().st_size) == look.size else {
            throw MailboxFailure(.locked, "a program without a lock writes into \(file.path)")
        }
        guard ftruncate(file.number, off_t(offset)) == 0 else { throw MailboxFailure("cut", file.path, errno) }
        guard fsync(file.number) == 0 else { throw MailboxFailure("fsync", file.path, errno) }
        return Look(try file.status())
    }
}

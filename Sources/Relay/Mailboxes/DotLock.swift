import NIOConcurrencyHelpers

#if canImport(Glibc)
    import Glibc
#endif

/// The file `NAME.lock` beside an mbox: the lock of programs that know no other.
///
/// It goes at `release`, or else when nobody has this object any more.
final class DotLock: Sendable {
    private let path: String
    private let inode: ino_t
    private let isHeld = NIOLockedValueBox(true)

    /// Stands behind the number of our process in a lock of ours.
    private static let signature = " martlet\n"
    /// Enough of a lock file to tell whose it is.
    private static let longest = 64

    /// Takes the lock, without waiting.
    ///
    /// Whoever calls has the kernel's lock of the mailbox: no other Martlet can hold this one, so that one of Martlet's that
    /// is there was left behind by a process that was killed. Those of other programs are theirs.
    init(besides mailbox: String) throws(MailboxFailure) {
        let path = "\(mailbox).lock"
        let file = try Self.prepare("\(path)-martlet")
        // It must not be seen before it says whose it is; a link is made at once or not at all, over NFS too.
        defer { unsafe unlink(file.path) }
        if unsafe link(file.path, path) != 0 {
            let number = errno
            guard number == EEXIST else { throw MailboxFailure("make", path, number) }
            guard Self.isLeftByUs(path) else { throw MailboxFailure(.locked, "\(path) is another program's") }
            unsafe unlink(path)
            guard unsafe link(file.path, path) == 0 else { throw MailboxFailure("make", path, errno) }
        }
        inode = try file.status().st_ino
        self.path = path
    }

    deinit { release() }

    /// Gives the lock back; once, for the next one may have the same number in the file system.
    func release() {
        let wasHeld = isHeld.withLockedValue { isHeld in
            defer { isHeld = false }
            return isHeld
        }
        guard wasHeld else { return }
        var status = stat()
        // The structure outlives the call. Somebody may have found that it is too old, and made his own.
        guard unsafe lstat(path, &status) == 0, status.st_ino == inode else { return }
        unsafe unlink(path)
    }

    private static func prepare(_ path: String) throws(MailboxFailure) -> MailboxDescriptor {
        // Left behind, or laid there for us to write into: never opened.
        unsafe unlink(path)
        let file = try MailboxDescriptor(path, O_WRONLY | O_CREAT | O_EXCL)
        let text = Array("\(getpid())\(signature)".utf8)
        let written = unsafe write(file.number, text, text.count)
        guard written == text.count else {
            let number = written < 0 ? errno : ENOSPC
            unsafe unlink(path)
            throw MailboxFailure("write", path, number)
        }
        return file
    }

    private static func isLeftByUs(_ path: String) -> Bool {
        do throws(MailboxFailure) {
            let file = try MailboxDescriptor(path, O_RDONLY)
            return String(decoding: try file.read(at: 0, count: longest), as: UTF8.self).hasSuffix(signature)
        } catch {
            // Not ours to read, hence not ours.
            return false
        }
    }
}

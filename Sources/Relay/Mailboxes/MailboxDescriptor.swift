#if canImport(Glibc)
    import Glibc
#endif

/// An open file or folder of a mailbox; closed when nobody has it any more.
final class MailboxDescriptor: Sendable {
    /// The descriptor, valid as long as this object.
    let number: Int32
    /// What it was opened as, for messages.
    let path: String

    /// How much is read at a time; most mails are smaller.
    static let chunk = 1 << 16

    /// Opens a path, below an open folder where it does not begin at the root.
    ///
    /// A link leads nowhere, and a pipe does not make us wait: the owner of a mailbox must not choose what we open.
    init(_ path: String, _ flags: Int32, in folder: MailboxDescriptor? = nil) throws(MailboxFailure) {
        let place = folder.map { "\($0.path)/\(path)" } ?? path
        // The string outlives the call.
        let opened = unsafe openat(
            folder?.number ?? AT_FDCWD,
            path,
            flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
            0o600
        )
        guard opened >= 0 else { throw MailboxFailure("open", place, errno) }
        self.path = place
        number = opened
    }

    deinit { close(number) }

    /// What the system knows of it.
    func status() throws(MailboxFailure) -> stat {
        var status = stat()
        // The structure outlives the call.
        guard unsafe fstat(number, &status) == 0 else { throw MailboxFailure("stat", path, errno) }
        return status
    }

    /// The status of a plain file; anything else (a pipe, a device, a folder) is no place for mail.
    func statusOfFile() throws(MailboxFailure) -> stat {
        let status = try status()
        guard status.st_mode & S_IFMT == S_IFREG else { throw MailboxFailure(.obstacle, "\(path) is no plain file") }
        return status
    }

    /// Reads up to `count` bytes at an offset; fewer only at the end.
    func read(at offset: Int, count: Int) throws(MailboxFailure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            // The pointer does not leave the closure.
            let got = unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe pread(number, buffer.baseAddress?.advanced(by: filled), count - filled, off_t(offset + filled))
            }
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else { throw MailboxFailure("read", path, errno) }
            guard got > 0 else { break }
            filled += got
        }
        bytes.removeLast(count - filled)
        return bytes
    }
}

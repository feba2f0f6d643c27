package import Delivery
package import StatusCodes

#if canImport(Glibc)
    import Glibc
#endif

/// A Maildir on this machine: the final delivery of local mailboxes.
///
/// A message is written under `tmp`, synced, moved to `new`, and the directory synced: a reader never sees half a
/// message, and one that was reported as delivered survives a power cut. Blocks; runs on the thread pool.
package struct Maildir: Sendable {
    /// The folder that holds `tmp`, `new` and `cur`.
    package let path: String

    /// A Maildir at a path; created at the first delivery.
    package init(path: String) { self.path = path }

    /// A delivery that failed: which condition it is, and what the operating system said.
    package struct Failure: Error, Sendable {
        /// The condition that names it.
        package let condition: Condition
        /// For the log.
        package let detail: String
    }

    /// Delivers one message; `header` (Return-Path, Delivered-To) goes before the content.
    ///
    /// - Parameters:
    ///   - name: unique per delivery; a repeated delivery under the same name replaces the earlier file, so that a crash
    ///     between rename and commit makes no duplicate.
    ///   - header: put before the content.
    ///   - content: the message.
    /// - Throws: What failed, as a condition; nothing is left behind then.
    package func deliver(name: String, header: [UInt8], content: any MessageContent) throws(Failure) {
        try makeFolders()
        let temporary = "\(path)/tmp/\(name)"
        let final = "\(path)/new/\(name)"
        try write(temporary, header: header, content: content)
        guard unsafe rename(temporary, final) == 0 else {
            let failure = Self.failure("rename", final)
            unsafe unlink(temporary)
            throw failure
        }
        try syncFolder("\(path)/new")
    }

    private func makeFolders() throws(Failure) {
        for folder in [path, "\(path)/tmp", "\(path)/new", "\(path)/cur"] {
            guard unsafe mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw Self.failure("mkdir", folder) }
        }
    }

    private func write(_ file: String, header: [UInt8], content: any MessageContent) throws(Failure) {
        let descriptor = unsafe open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure("open", file) }
        defer { close(descriptor) }
        do throws(Failure) {
            try Self.put(header.span, to: descriptor, file)
            var offset = 0
            while offset < content.byteCount {
                var result: Result<Int, Failure> = .success(0)
                do throws(ContentError) {
                    try content.withBytes(in: offset..<content.byteCount) { bytes in
                        do throws(Failure) {
                            try Self.put(bytes, to: descriptor, file)
                            result = .success(bytes.count)
                        } catch {
                            result = .failure(error)
                        }
                    }
                } catch {
                    throw Failure(condition: .contentUnreadable, detail: "the stored content: \(error)")
                }
                offset += try result.get()
            }
            guard fsync(descriptor) == 0 else { throw Self.failure("fsync", file) }
        } catch {
            unsafe unlink(file)
            throw error
        }
    }

    private static func put(_ bytes: Span<UInt8>, to descriptor: Int32, _ file: String) throws(Failure) {
        var offset = 0
        while offset < bytes.count {
            // The pointer does not leave the closure.
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.write(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw failure("write", file) }
            offset += count
        }
    }

    private func syncFolder(_ folder: String) throws(Failure) {
        let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure("open", folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Self.failure("fsync", folder) }
    }

    private static func failure(_ call: String, _ path: String) -> Failure {
        let number = errno
        let text = unsafe String(cString: strerror(number))
        let condition: Condition =
            switch number {
            case EDQUOT: .overQuota
            case ENOSPC: .diskFull
            case ENOTDIR, EISDIR: .mailboxOther
            default: .mailboxBusy
            }
        return Failure(condition: condition, detail: "\(call) \(path): \(text)")
    }
}

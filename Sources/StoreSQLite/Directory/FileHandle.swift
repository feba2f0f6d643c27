internal import Delivery

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// An open file or directory; closed when it goes.
final class FileHandle: Sendable {
    /// The descriptor, valid as long as this value.
    let descriptor: Int32
    /// The path it was opened with, for messages.
    let path: String

    /// Why a system call failed.
    struct SystemError: Error {
        /// The operating system's number.
        var errno: Int32
    }

    /// Opens a path with the flags of open(2); a file that is made is for its owner and group only.
    init(opening path: String, flags: Int32) throws(SystemError) {
        descriptor = unsafe open(path, flags | O_CLOEXEC, 0o640)
        self.path = path
        guard descriptor >= 0 else { throw SystemError(errno: errno) }
    }

    /// The same, where a failure is the store's.
    convenience init(path: String, flags: Int32) throws(StoreError) {
        do throws(SystemError) {
            try self.init(opening: path, flags: flags)
        } catch {
            throw StoreErrorTranslation.error(call: "open", path: path, errno: error.errno)
        }
    }

    deinit { close(descriptor) }

    /// Makes a directory, for its owner and group only; false when it is there.
    static func makeDirectory(_ path: String) throws(StoreError) -> Bool {
        if unsafe mkdir(path, 0o750) == 0 { return true }
        guard errno == EEXIST else { throw StoreErrorTranslation.error(call: "mkdir", path: path, errno: errno) }
        return false
    }

    /// Whether there is anything at a path.
    static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    /// Removes a name; false when that failed.
    static func remove(_ path: String) -> Bool { unsafe unlink(path) == 0 }

    /// The length of the file.
    func byteCount() throws(StoreError) -> Int {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            throw StoreErrorTranslation.error(call: "fstat", path: path, errno: errno)
        }
        return Int(status.st_size)
    }

    /// Makes the file, or the names in the directory, durable.
    func synchronize(_ calls: SystemCalls) throws(StoreError) {
        guard calls.synchronize(descriptor) == 0 else {
            throw StoreErrorTranslation.synchronizationFailure(path: path, errno: errno)
        }
    }
}

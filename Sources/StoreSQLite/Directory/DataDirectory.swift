internal import Delivery

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// The directory that holds the queue: `queue.db` with its log, `lock`, `reserve`, `spool/`.
///
/// One process serves from it: the lock is the kernel's, so that it goes with the process however that ends.
struct DataDirectory {
    /// Its path.
    let path: String
    private let directory: FileHandle
    private let lock: FileHandle
    private let calls: SystemCalls

    /// Makes the directory when it is not there, and takes the lock.
    init(path: String, calls: SystemCalls) throws(StoreError) {
        self.path = path
        self.calls = calls
        let isNew = try FileHandle.makeDirectory(path)
        directory = try FileHandle(path: path, flags: O_RDONLY | O_DIRECTORY)
        lock = try FileHandle(path: "\(path)/lock", flags: O_RDWR | O_CREAT)
        guard flock(lock.descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw StoreError(code: .unusable, detail: "\(path) is in use by another process")
        }
        if isNew {
            let parent = try FileHandle(path: "\(path)/..", flags: O_RDONLY | O_DIRECTORY)
            try parent.synchronize(calls)
        }
    }

    /// Makes the names of the files in it durable.
    func synchronize() throws(StoreError) { try directory.synchronize(calls) }

    /// Whether at least `count` bytes are free; unknown counts as yes, for then the engine says so itself.
    func hasFree(_ count: Int) -> Bool {
        guard let free = calls.freeBytes(directory.descriptor) else { return true }
        return free >= Int64(count)
    }
}

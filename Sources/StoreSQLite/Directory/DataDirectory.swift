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
        guard Self.take(lock) else {
            throw StoreError(code: .unusable, detail: "\(path) is in use by another process")
        }
        if isNew {
            let parent = try FileHandle(path: "\(path)/..", flags: O_RDONLY | O_DIRECTORY)
            try parent.synchronize(calls)
        }
    }

    /// How often, and how many microseconds apart, a lock that is taken is asked for again, half a second in all.
    ///
    /// A lock lives as long as any copy of its descriptor: a program that another thread of the last holder is starting has
    /// one until it has become itself.
    private static let (mostTries, pause): (Int, UInt32) = (50, 10_000)

    private static func take(_ lock: FileHandle) -> Bool {
        for _ in 0..<mostTries {
            if flock(lock.descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
            usleep(pause)
        }
        return false
    }

    /// Makes the names of the files in it durable.
    func synchronize() throws(StoreError) { try directory.synchronize(calls) }

    /// Whether at least `count` bytes are free; unknown counts as yes, for then the engine says so itself.
    func hasFree(_ count: Int) -> Bool {
        guard let free = calls.freeBytes(directory.descriptor) else { return true }
        return free >= Int64(count)
    }
}

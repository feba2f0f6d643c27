internal import Delivery

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// The system calls on files that tests make fail: everything else about files goes through `FileHandle`.
package struct SystemCalls: Sendable {
    /// Writes bytes at the end; returns how many, or -1 with errno.
    package var write: @Sendable (Int32, Span<UInt8>) -> Int
    /// Makes a file, or the names in a directory, durable; returns 0, or -1 with errno.
    package var synchronize: @Sendable (Int32) -> Int32
    /// Takes so many bytes of space for a file; returns 0 or the error's number.
    package var allocate: @Sendable (Int32, Int) -> Int32
    /// The bytes that are free for us on the file system of an open directory; nil when it cannot be told.
    package var freeBytes: @Sendable (Int32) -> Int64?

    /// Makes a set of calls.
    package init(
        write: @escaping @Sendable (Int32, Span<UInt8>) -> Int,
        synchronize: @escaping @Sendable (Int32) -> Int32,
        allocate: @escaping @Sendable (Int32, Int) -> Int32,
        freeBytes: @escaping @Sendable (Int32) -> Int64?
    ) {
        self.write = write
        self.synchronize = synchronize
        self.allocate = allocate
        self.freeBytes = freeBytes
    }

    /// The operating system's.
    package static let system = SystemCalls(
        write: { descriptor, bytes in
            // The pointer lives for the call only.
            unsafe bytes.withUnsafeBufferPointer { unsafe Posix.write(descriptor, $0.baseAddress, $0.count) }
        },
        synchronize: { fsync($0) },
        // No blocks cannot be asked for: posix_fallocate refuses a length of 0.
        allocate: { descriptor, count in count == 0 ? 0 : posix_fallocate(descriptor, 0, off_t(count)) },
        freeBytes: { descriptor in
            var status = statvfs()
            guard unsafe fstatvfs(descriptor, &status) == 0 else { return nil }
            // What is left for an unprivileged process: the file system keeps the rest for root.
            return Int64(status.f_bavail) * Int64(status.f_frsize)
        }
    )
}

/// The C functions whose names would otherwise be those of our own methods.
enum Posix {
    /// The system call write(2).
    static func write(_ descriptor: Int32, _ start: UnsafeRawPointer?, _ count: Int) -> Int {
        #if canImport(Glibc)
            unsafe Glibc.write(descriptor, start, count)
        #else
            unsafe Musl.write(descriptor, start, count)
        #endif
    }
}

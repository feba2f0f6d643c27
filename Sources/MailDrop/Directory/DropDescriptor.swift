#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// An open file or folder; closed when it goes.
struct DropDescriptor: ~Copyable {
    /// The descriptor, valid as long as this value.
    let number: Int32
    /// What it was opened as, for messages.
    let path: String

    /// Opens a path; a file that is made is its owner's alone at first.
    init(_ path: String, _ flags: Int32) throws(DropFailure) {
        number = unsafe open(path, flags | O_CLOEXEC, 0o600)
        self.path = path
        guard number >= 0 else { throw DropFailure("open", path, errno) }
    }

    /// Another descriptor for something open.
    init(duplicating open: Int32, _ path: String) throws(DropFailure) {
        number = dup(open)
        self.path = path
        guard number >= 0 else { throw DropFailure("dup", path, errno) }
    }

    deinit { close(number) }

    /// What the system knows of it.
    func status() throws(DropFailure) -> stat {
        var status = stat()
        // The structure outlives the call.
        guard unsafe fstat(number, &status) == 0 else { throw DropFailure("stat", path, errno) }
        return status
    }

    /// Makes the file, or the names in the folder, durable.
    func synchronize() throws(DropFailure) {
        guard fsync(number) == 0 else { throw DropFailure("fsync", path, errno) }
    }

    /// Writes all of the bytes.
    func write(_ bytes: Span<UInt8>) throws(DropFailure) {
        var written = 0
        while written < bytes.count {
            // The pointer does not leave the closure.
            let count = unsafe bytes.extracting(written..<bytes.count).withUnsafeBytes { part in
                unsafe Self.write(number, part.baseAddress, part.count)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw DropFailure("write", path, errno) }
            written += count
        }
    }

    /// Reads to the end, or to one byte beyond a limit.
    func read(limit: Int) throws(DropFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count <= limit {
            // The pointer does not leave the closure.
            let count = unsafe chunk.withUnsafeMutableBytes { buffer in
                unsafe Self.read(number, buffer.baseAddress, buffer.count)
            }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw DropFailure("read", path, errno) }
            guard count > 0 else { break }
            bytes.append(contentsOf: chunk[..<count])
        }
        return bytes
    }

    private static func write(_ file: Int32, _ start: UnsafeRawPointer?, _ count: Int) -> Int {
        #if canImport(Glibc)
            unsafe Glibc.write(file, start, count)
        #else
            unsafe Musl.write(file, start, count)
        #endif
    }

    private static func read(_ file: Int32, _ start: UnsafeMutableRawPointer?, _ count: Int) -> Int {
        #if canImport(Glibc)
            unsafe Glibc.read(file, start, count)
        #else
            unsafe Musl.read(file, start, count)
        #endif
    }
}

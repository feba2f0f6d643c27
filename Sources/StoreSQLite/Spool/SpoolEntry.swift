internal import Delivery
internal import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Content in a file of the spool, read by offset.
///
/// The file is opened at the first read, and stays open until the last user lets go: a message that ends while it is
/// being read can still be read to its end.
final class SpoolEntry: MessageContent {
    let name: String
    let byteCount: Int
    private let path: String
    /// The spool to which the file belongs until a row names it; nil when a row named it from the start.
    private let spool: Spool?
    private let state: Mutex<State>

    private struct State {
        var file: FileHandle?
        var isCommitted: Bool
    }

    /// The most that one call of `withBytes` reads.
    static let readLimit = 65_536

    init(name: String, byteCount: Int, spool: Spool?, path: String) {
        self.name = name
        self.byteCount = byteCount
        self.path = path
        self.spool = spool
        state = Mutex(State(file: nil, isCommitted: spool == nil))
    }

    deinit {
        // Content that no committed submission took: refused, or given up on the way.
        let isCommitted = state.withLock { $0.isCommitted }
        if !isCommitted { spool?.remove(name) }
    }

    var isResident: Bool { false }

    /// Whether the file lies in this spool.
    func belongs(to other: Spool) -> Bool { path == other.path(of: name) }

    /// A row names the file now: it is the store's.
    func markCommitted() {
        state.withLock { $0.isCommitted = true }
        spool?.committed(name)
    }

    func withBytes(in range: Range<Int>, _ body: (Span<UInt8>) -> Void) throws(ContentError) {
        precondition(range.lowerBound >= 0 && range.upperBound <= byteCount, "range outside the content")
        guard !range.isEmpty else {
            let nothing: [UInt8] = []
            return body(nothing.span)
        }
        let bytes = try state.withLock { state throws(ContentError) in
            let file = if let file = state.file { file } else { try Self.open(path) }
            state.file = file
            return try Self.read(file, range)
        }
        body(bytes.span)
    }

    private static func open(_ path: String) throws(ContentError) -> FileHandle {
        do throws(FileHandle.SystemError) {
            return try FileHandle(opening: path, flags: O_RDONLY)
        } catch {
            throw ContentError(code: error.errno == ENOENT ? .missing : .inputOutput, errno: error.errno)
        }
    }

    private static func read(_ file: FileHandle, _ range: Range<Int>) throws(ContentError) -> [UInt8] {
        let wanted = min(range.count, readLimit)
        var failure: Int32?
        let descriptor = file.descriptor
        // The buffer is pread's until it returns, and `count` says what it filled.
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
            var result: Int
            repeat {
                result = unsafe pread(descriptor, buffer.baseAddress, wanted, off_t(range.lowerBound))
            } while result < 0 && errno == EINTR
            if result < 0 { failure = errno }
            count = max(result, 0)
        }
        if let failure { throw ContentError(code: .inputOutput, errno: failure) }
        // A file shorter than its row says.
        guard !bytes.isEmpty else { throw ContentError(code: .damaged) }
        return bytes
    }
}

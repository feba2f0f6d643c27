internal import Delivery
internal import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// A file of the spool while its message arrives.
final class SpoolFile: SpoolWriter {
    private let name: String
    private let spool: Spool
    private let calls: SystemCalls
    private let failure: Failure
    private let state: Mutex<State>

    /// One thread at a time writes; the lock keeps a `discard` from another from closing the file under a write.
    private enum State {
        case open(FileHandle, byteCount: Int)
        case ended
    }

    init(file: FileHandle, name: String, spool: Spool, calls: SystemCalls, failure: Failure) {
        self.failure = failure
        self.name = name
        self.spool = spool
        self.calls = calls
        state = Mutex(.open(file, byteCount: 0))
    }

    deinit { discard() }

    func append(_ bytes: Span<UInt8>) throws(StoreError) {
        try failure.guarding { () throws(StoreError) in try add(bytes) }
    }

    private func add(_ bytes: Span<UInt8>) throws(StoreError) {
        try state.withLock { state throws(StoreError) in
            guard case .open(let file, let byteCount) = state else { throw notOpen }
            var written = 0
            defer { state = .open(file, byteCount: byteCount + written) }
            while written < bytes.count {
                let count = calls.write(file.descriptor, bytes.extracting(written..<bytes.count))
                if count > 0 {
                    written += count
                } else if count == 0 || errno != EINTR {
                    throw StoreErrorTranslation.error(call: "write", path: file.path, errno: errno)
                }
            }
        }
    }

    func finish() throws(StoreError) -> any MessageContent {
        try failure.guarding { () throws(StoreError) in try makeDurable() }
    }

    private func makeDurable() throws(StoreError) -> SpoolEntry {
        let byteCount = try state.withLock { state throws(StoreError) in
            guard case .open(let file, let byteCount) = state else { throw notOpen }
            try file.synchronize(calls)
            // The name too: a file without one is not there after a power cut.
            try spool.synchronizeNames()
            state = .ended
            return byteCount
        }
        return SpoolEntry(name: name, byteCount: byteCount, spool: spool, path: spool.path(of: name))
    }

    func discard() {
        let wasOpen = state.withLock { state in
            guard case .open = state else { return false }
            state = .ended
            return true
        }
        if wasOpen { spool.remove(name) }
    }

    private var notOpen: StoreError { StoreError(code: .invalid, detail: "\(name) is not being written any more") }
}

import Foundation
import StoreSQLite
import Synchronization

/// System calls that fail when they are told to, and remember what was synchronised, so that the rest can be lost.
final class LossyFiles: Sendable {
    private struct State {
        /// The bytes of each file that were synchronised.
        var synchronised: [String: Int] = [:]
        /// The names that each directory had when it was synchronised.
        var names: [String: Set<String>] = [:]
        var writeError: Int32?
        var syncError: Int32?
        var ignoresSyncs = false
        var writeLimit = Int.max
    }

    private let state = Mutex(State())

    func fail(write: Int32? = nil, sync: Int32? = nil) {
        state.withLock {
            $0.writeError = write; $0.syncError = sync
        }
    }

    func ignoreSyncs() { state.withLock { $0.ignoresSyncs = true } }

    /// Lets each write take at most so many bytes.
    func limitWrites(to count: Int) { state.withLock { $0.writeLimit = count } }

    var calls: SystemCalls {
        var calls = SystemCalls.system
        let write = calls.write
        calls.write = { [self] descriptor, bytes in
            let (error, limit) = state.withLock { ($0.writeError, $0.writeLimit) }
            if let error {
                errno = error
                return -1
            }
            return write(descriptor, bytes.extracting(first: min(limit, bytes.count)))
        }
        calls.synchronize = { [self] in synchronize($0) }
        return calls
    }

    private func synchronize(_ descriptor: Int32) -> Int32 {
        let path = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(descriptor)")) ?? ""
        return state.withLock { state in
            if let error = state.syncError {
                errno = error
                return -1
            }
            if state.ignoresSyncs { return 0 }
            let attributes = try? FileManager.default.attributesOfItem(atPath: path)
            if attributes?[.type] as? FileAttributeType == .typeDirectory {
                state.names[path] = Set((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [])
            } else {
                state.synchronised[path] = attributes?[.size] as? Int ?? 0
            }
            return 0
        }
    }

    /// What a power cut leaves of a directory: names that were synchronised, with the bytes that were.
    func cutPower(in directory: String) throws {
        let (names, lengths) = state.withLock { ($0.names[directory] ?? [], $0.synchronised) }
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
            let path = "\(directory)/\(name)"
            guard names.contains(name) else {
                try FileManager.default.removeItem(atPath: path)
                continue
            }
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
            try file.truncate(atOffset: UInt64(lengths[path] ?? 0))
            try file.close()
        }
    }
}

public import Delivery
internal import Dispatch
internal import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Files for content too large for a row: one file per message, written while it arrives.
///
/// A file is durable, with its name, before its message is submitted, and is removed after the commit that ends the
/// message. A file that no row names is left over from a process that was killed; it is removed at the next start.
public final class Spool: ContentSpool {
    /// The directory.
    let path: String
    private let calls: SystemCalls
    private let directory: FileHandle
    /// A spool that fails ends the work of the whole store: what the disk holds is unknown.
    private let failure: Failure
    private let state: Mutex<State>
    /// Tells the files of this run from those of earlier ones; O_EXCL would notice if it did not.
    private let prefix = String(UInt64.random(in: 0...UInt64.max), radix: 36)
    /// Removes files off the queue thread: freeing the blocks of a large file takes milliseconds.
    private let remover = DispatchQueue(label: "martlet.spool.remove", qos: .utility)

    private struct State {
        var nextNumber: UInt64 = 0
        /// Files that no row names yet, and that are no orphans.
        var provisional: Set<String> = []
    }

    /// Opens the directory, made when it is not there.
    init(path: String, calls: SystemCalls, failure: Failure) throws(StoreError) {
        self.failure = failure
        self.path = path
        self.calls = calls
        _ = try FileHandle.makeDirectory(path)
        directory = try FileHandle(path: path, flags: O_RDONLY | O_DIRECTORY)
        state = Mutex(State())
    }

    /// Starts a file for one message.
    public func begin() throws(StoreError) -> any SpoolWriter {
        let name = state.withLock { state in
            state.nextNumber += 1
            let name = "\(prefix)-\(String(state.nextNumber, radix: 36))"
            state.provisional.insert(name)
            return name
        }
        do throws(StoreError) {
            return try failure.guarding { () throws(StoreError) in
                let file = try FileHandle(path: path(of: name), flags: O_WRONLY | O_CREAT | O_EXCL)
                return SpoolFile(file: file, name: name, spool: self, calls: calls, failure: failure)
            }
        } catch {
            state.withLock { _ = $0.provisional.remove(name) }
            throw error
        }
    }

    /// The path of a file.
    func path(of name: String) -> String { "\(path)/\(name)" }

    /// Makes the names in the directory durable.
    func synchronizeNames() throws(StoreError) { try directory.synchronize(calls) }

    /// A row names this file now.
    func committed(_ name: String) { state.withLock { _ = $0.provisional.remove(name) } }

    /// Removes a file that no row names any more, soon.
    func remove(_ name: String) {
        let path = path(of: name)
        remover.async { [self] in
            // A file that cannot be removed now is an orphan, and goes at the next start.
            _ = FileHandle.remove(path)
            committed(name)
        }
    }

    /// Waits until all files given to `remove` are gone.
    func drain() { remover.sync {} }

    /// The names of all files but those being received, and those that are being removed.
    func names() throws(StoreError) -> [String] {
        drain()
        // First the files, then those that may be there without a row: a file that is begun between is in neither.
        let names = try Self.names(in: path)
        let provisional = state.withLock { $0.provisional }
        return names.filter { !provisional.contains($0) }
    }

    /// Removes every file that `isNamed` does not know; returns how many.
    func sweep(_ isNamed: (String) throws(StoreError) -> Bool) throws(StoreError) -> Int {
        var count = 0
        for name in try names() where try !isNamed(name) {
            if FileHandle.remove(path(of: name)) { count += 1 }
        }
        return count
    }

    /// The names of all files in a directory; none when it is not there.
    static func names(in path: String) throws(StoreError) -> [String] {
        guard let stream = unsafe opendir(path) else {
            if errno == ENOENT { return [] }
            throw StoreErrorTranslation.error(call: "opendir", path: path, errno: errno)
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        // The entry is valid until the next readdir; its name is copied at once.
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }
}

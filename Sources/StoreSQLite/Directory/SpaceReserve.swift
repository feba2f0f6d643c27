internal import Delivery

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Space on the file system that is kept for outcomes (`docs/design/rulings.md` §4).
///
/// A file with nothing in it: cut to nothing when an outcome finds no other space, and grown again when there is some.
/// While it is cut no message is accepted and no delivery starts.
struct SpaceReserve {
    private let file: FileHandle
    private let calls: SystemCalls
    private let byteCount: Int
    /// Whether the space is there.
    private(set) var isHeld = false

    /// Opens the file and takes the space, if it can be had.
    init(path: String, byteCount: Int, calls: SystemCalls) throws(StoreError) {
        self.calls = calls
        file = try FileHandle(path: path, flags: O_RDWR | O_CREAT)
        self.byteCount = byteCount
        _ = try take()
    }

    /// Takes the space again after `release`; false when there is none.
    mutating func take() throws(StoreError) -> Bool {
        if isHeld { return true }
        let code = calls.allocate(file.descriptor, byteCount)
        switch code {
        case 0: isHeld = true
        case ENOSPC, EDQUOT:
            // What it did get must not be missing elsewhere.
            ftruncate(file.descriptor, 0)
        default: throw StoreErrorTranslation.error(call: "posix_fallocate", path: file.path, errno: code)
        }
        return isHeld
    }

    /// Runs something that is not new mail: where it finds no other space, once more in this one.
    mutating func lend<Result>(to body: () throws(StoreError) -> Result) throws(StoreError) -> Result {
        do throws(StoreError) {
            return try body()
        } catch {
            // Out of space is not an I/O error: what was begun is undone, and may be done again.
            guard error.code == .full, isHeld else { throw error }
            release()
            return try body()
        }
    }

    /// Gives the space to the outcome that needs it.
    mutating func release() {
        isHeld = false
        ftruncate(file.descriptor, 0)
    }
}

import CSQLite
internal import Delivery

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// The one place where an error of SQLite or of the operating system becomes a `StoreError`.
enum StoreErrorTranslation {
    /// Translates an extended result code; `systemError` is the errno that SQLite saw, 0 when none.
    static func error(code: Int32, systemError: Int32, detail: String) -> StoreError {
        let text = systemError == 0 ? detail : "\(detail) (\(describe(systemError)))"
        return StoreError(code: storeCode(code, systemError), detail: "SQLite \(code): \(text)")
    }

    /// Translates a failed system call.
    static func error(call: StaticString, path: String, errno number: Int32) -> StoreError {
        let code: StoreError.Code =
            switch number {
            case ENOSPC, EDQUOT: .full
            case EROFS, EACCES, EPERM: .readOnly
            default: .inputOutput
            }
        return StoreError(code: code, detail: "\(call) \(path): \(describe(number))")
    }

    /// A failed fsync, whatever its errno: what the disk holds is unknown (`docs/design/rulings.md` §4), so it is never
    /// `.full`.
    static func synchronizationFailure(path: String, errno number: Int32) -> StoreError {
        StoreError(code: .inputOutput, detail: "fsync \(path): \(describe(number))")
    }

    private static func storeCode(_ code: Int32, _ systemError: Int32) -> StoreError.Code {
        let isOutOfSpace = systemError == ENOSPC || systemError == EDQUOT
        switch code & 0xFF {
        case SQLITE_FULL: return .full
        case SQLITE_IOERR:
            let isSynchronization = code == Extended.fsync || code == Extended.directoryFsync
            // The unix VFS says FULL for a page but IOERR for the shared index and for quotas.
            return isOutOfSpace && !isSynchronization ? .full : .inputOutput
        case SQLITE_READONLY: return code == Extended.databaseMoved ? .unusable : .readOnly
        case SQLITE_CANTOPEN:
            if isOutOfSpace { return .full }
            return systemError == EROFS || systemError == EACCES ? .readOnly : .unusable
        case SQLITE_PERM: return .readOnly
        case SQLITE_CONSTRAINT, SQLITE_TOOBIG, SQLITE_MISMATCH: return .invalid
        default: return .unusable
        }
    }

    private static func describe(_ number: Int32) -> String { unsafe String(cString: strerror(number)) }

    /// Extended result codes: macros that shift, which Swift does not import.
    private enum Extended {
        static let fsync = SQLITE_IOERR | 4 << 8
        static let directoryFsync = SQLITE_IOERR | 5 << 8
        static let databaseMoved = SQLITE_READONLY | 4 << 8
    }
}

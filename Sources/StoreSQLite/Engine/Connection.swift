import CSQLite
package import Delivery

/// One connection to a database file, used by one thread at a time: the caller's lock sees to that.
///
/// `@safe`: the handle is private, valid from `init` to `deinit`, and never handed out.
@safe package final class Connection {
    private let handle: OpaquePointer

    /// How a file is opened.
    package enum Mode {
        /// Made when it is not there.
        case readWrite
        /// Read beside a writer, or alone.
        case readOnly
        /// Read where not even the shared index can be made: nobody writes.
        case immutable
    }

    /// Opens a file; `vfs` names another file layer than SQLite's own (fault injection).
    package init(path: String, mode: Mode, vfs: String? = nil) throws(StoreError) {
        var opened: OpaquePointer?
        var flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        var name = path
        switch mode {
        case .readWrite: flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        case .readOnly: flags |= SQLITE_OPEN_READONLY
        case .immutable:
            flags |= SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
            name = "file:\(Self.escaped(path))?immutable=1"
        }
        // The pointers live for the call only.
        let code =
            if let vfs {
                unsafe vfs.withCString { unsafe sqlite3_open_v2(name, &opened, flags, $0) }
            } else {
                unsafe sqlite3_open_v2(name, &opened, flags, nil)
            }
        guard let opened = unsafe opened else { throw StoreError(code: .unusable, detail: "no memory for SQLite") }
        guard code == SQLITE_OK else {
            let error = unsafe Self.error(of: opened, code: code)
            unsafe sqlite3_close_v2(opened)
            throw error
        }
        unsafe handle = opened
    }

    deinit { unsafe sqlite3_close_v2(handle) }

    /// Runs statements that give no rows.
    package func execute(_ sql: String) throws(StoreError) {
        let code = unsafe sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw unsafe Self.error(of: handle, code: code) }
    }

    /// Compiles one statement, to be kept.
    func prepare(_ sql: String) throws(StoreError) -> Statement {
        var statement: OpaquePointer?
        let code = unsafe sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
        guard code == SQLITE_OK, let statement = unsafe statement else {
            throw unsafe Self.error(of: handle, code: code)
        }
        return unsafe Statement(handle: statement, connection: handle)
    }

    /// The first column of the first row, as an integer; nil when there is no row.
    package func integer(_ sql: String) throws(StoreError) -> Int64? {
        let statement = try prepare(sql)
        return try statement.step() ? statement.integer(0) : nil
    }

    /// Whether a transaction is open.
    var isInTransaction: Bool { unsafe sqlite3_get_autocommit(handle) == 0 }

    /// What went wrong in the last call.
    static func error(of handle: OpaquePointer, code: Int32) -> StoreError {
        let message = unsafe String(cString: sqlite3_errmsg(handle))
        let extended = unsafe sqlite3_extended_errcode(handle)
        let systemError =
            switch code & 0xFF {
            case SQLITE_IOERR, SQLITE_CANTOPEN: unsafe sqlite3_system_errno(handle)
            default: Int32(0)
            }
        let best = extended & 0xFF == code & 0xFF ? extended : code
        return StoreErrorTranslation.error(code: best, systemError: systemError, detail: message)
    }

    private static func escaped(_ path: String) -> String {
        var text = ""
        for byte in path.utf8 {
            switch byte {
            case UInt8(ascii: "?"), UInt8(ascii: "#"), UInt8(ascii: "%"):
                text += "%" + String(byte, radix: 16, uppercase: true)
            default: text.unicodeScalars.append(Unicode.Scalar(byte))
            }
        }
        return text
    }
}

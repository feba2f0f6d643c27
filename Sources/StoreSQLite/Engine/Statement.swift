import CSQLite
internal import Delivery

/// A compiled statement, kept as long as its connection and used again and again.
///
/// `@safe`: the handles are private and live as long as this value; `sqlite3_close_v2` defers the closing of a
/// connection until its last statement is finalised, so the order of the two `deinit`s does not matter.
@safe final class Statement {
    private let handle: OpaquePointer
    private let connection: OpaquePointer

    /// Takes over a compiled statement.
    init(handle: OpaquePointer, connection: OpaquePointer) {
        unsafe self.handle = handle
        unsafe self.connection = connection
    }

    deinit { unsafe sqlite3_finalize(handle) }

    /// Binds an integer; parameters count from 1.
    func bind(_ index: Int32, _ value: Int64) throws(StoreError) {
        try check(unsafe sqlite3_bind_int64(handle, index, value))
    }

    /// Binds an integer, or NULL for nil.
    func bind(_ index: Int32, _ value: Int64?) throws(StoreError) {
        guard let value else { return try check(unsafe sqlite3_bind_null(handle, index)) }
        try bind(index, value)
    }

    /// Binds text, which is copied; NULL for nil.
    func bind(_ index: Int32, text: String?) throws(StoreError) {
        guard let text else { return try check(unsafe sqlite3_bind_null(handle, index)) }
        // Text with a NUL inside is stored whole: its length is given.
        try check(unsafe csqlite_bind_text_copied(handle, index, text, Int32(text.utf8.count)))
    }

    /// Binds bytes, which are copied.
    func bind(_ index: Int32, blob: [UInt8]) throws(StoreError) {
        // A null pointer would be NULL, not a blob of no bytes.
        guard !blob.isEmpty else { return try check(unsafe sqlite3_bind_zeroblob(handle, index, 0)) }
        try check(unsafe csqlite_bind_blob_copied(handle, index, blob, Int32(blob.count)))
    }

    /// Binds bytes without copying them and runs the statement while they are valid; returns SQLite's code for
    /// `check`, because the closures that lend bytes cannot throw.
    func run(borrowing bytes: Span<UInt8>, at index: Int32) -> Int32 {
        // The pointer is unbound again before the bytes go; a null one would be NULL, not a blob of no bytes.
        unsafe bytes.withUnsafeBufferPointer { buffer in
            var code =
                if let start = buffer.baseAddress, !buffer.isEmpty {
                    unsafe sqlite3_bind_blob64(handle, index, start, UInt64(buffer.count), nil)
                } else {
                    unsafe sqlite3_bind_zeroblob(handle, index, 0)
                }
            if code == SQLITE_OK { code = unsafe sqlite3_step(handle) }
            unsafe sqlite3_reset(handle)
            unsafe sqlite3_bind_null(handle, index)
            return code == SQLITE_DONE ? SQLITE_OK : code
        }
    }

    /// Throws what a code of `run(borrowing:at:)` says.
    func check(_ code: Int32) throws(StoreError) {
        guard code != SQLITE_OK else { return }
        throw unsafe Connection.error(of: connection, code: code)
    }

    /// Goes to the next row; false at the end, and then the statement is ready to run again.
    func step() throws(StoreError) -> Bool {
        let code = unsafe sqlite3_step(handle)
        if code == SQLITE_ROW { return true }
        let error = code == SQLITE_DONE ? nil : unsafe Connection.error(of: connection, code: code)
        unsafe sqlite3_reset(handle)
        if let error { throw error }
        return false
    }

    /// Runs a statement that gives no rows.
    func run() throws(StoreError) {
        if try step() { reset() }
    }

    /// Makes the statement ready to run again before its last row.
    func reset() { unsafe sqlite3_reset(handle) }

    /// How many rows the last INSERT, UPDATE or DELETE of the connection changed.
    var changes: Int { Int(unsafe sqlite3_changes(connection)) }

    /// An integer column of the current row; columns count from 0.
    func integer(_ column: Int32) -> Int64 { unsafe sqlite3_column_int64(handle, column) }

    /// An integer column that may be NULL.
    func optionalInteger(_ column: Int32) -> Int64? { isNull(column) ? nil : integer(column) }

    /// Whether a column is NULL.
    func isNull(_ column: Int32) -> Bool { unsafe sqlite3_column_type(handle, column) == SQLITE_NULL }

    /// A text column; empty for NULL.
    func text(_ column: Int32) -> String {
        guard let start = unsafe sqlite3_column_text(handle, column) else { return "" }
        let count = Int(unsafe sqlite3_column_bytes(handle, column))
        return unsafe String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    /// A blob column, copied; empty for NULL.
    func blob(_ column: Int32) -> [UInt8] {
        guard let start = unsafe sqlite3_column_blob(handle, column) else { return [] }
        let count = Int(unsafe sqlite3_column_bytes(handle, column))
        return unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
    }
}

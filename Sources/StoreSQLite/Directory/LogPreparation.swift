internal import Delivery

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Makes the log as long as it will become before commits need the room.
///
/// A commit that makes a file longer, or writes to blocks that were only set aside, has the file system write its own
/// journal too before it is durable; one that writes over what is there does not, and is done in two thirds of the time.
/// SQLite writes the log from its beginning again after each checkpoint, and tells its own frames by their checksums:
/// zeros behind them change nothing. They only ever go to the end of the file, so that commits may run meanwhile.
package enum LogPreparation {
    /// How much is written before it is made durable: what a commit, and the end of the process, may have to wait for.
    private static let portion = 1 << 20

    /// Writes a portion of zeros behind the log of a database that is open; true while it is shorter than it may be.
    ///
    /// Nothing is promised: after any failure commits make the log longer as they go, and say themselves what is wrong.
    static func lengthen(_ path: String, to byteCount: Int, _ calls: SystemCalls) -> Bool {
        guard let log = try? FileHandle(path: path, flags: O_WRONLY | O_APPEND), let length = try? log.byteCount(),
            length < byteCount
        else { return false }
        let zeros = [UInt8](repeating: 0, count: min(portion, byteCount - length))
        let written = calls.write(log.descriptor, zeros.span)
        return written > 0 && calls.synchronize(log.descriptor) == 0 && length + written < byteCount
    }

    /// The length of a log of so many pages: its header, and the pages with theirs (SQLite's file format, §4.1).
    package static func byteCount(pages: Int, of pageSize: Int) -> Int { 32 + pages * (24 + pageSize) }
}

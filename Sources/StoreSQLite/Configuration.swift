public import Delivery

extension SQLiteStore {
    /// How the embedded queue is kept.
    public struct Configuration: Sendable {
        /// The data directory; only its own user and group may enter it.
        public var directory: String
        /// Where large content is kept.
        public var spoolDirectory: String
        /// The size of a page, a power of 2 from 512 to 65536; fixed when the queue is made.
        public var pageSize = 4096
        /// After how many pages the log is copied back into the database.
        public var checkpointPages = 16_000
        /// The memory for pages, in KiB.
        ///
        /// As much as a batch of 50 messages of 64 KiB changes. What is read besides comes from the system's own cache; more kept here only shows as memory that grows with the queue's longest backlog.
        public var cacheKibibytes = 4096
        /// Bytes reserved for outcomes when the disk is full.
        public var reserve = 32 << 20
        /// Bytes that must be free beside the reserve before a message is accepted.
        public var minimumFree = 32 << 20
        /// Called by the writing thread with the new messages of a batch when they are on disk, before `write` returns.
        public var committed: (@Sendable ([MessageID]) -> Void)?
        /// The file layer of SQLite; nil for its own.
        package var vfs: String?
        /// The system calls that tests make fail.
        package var calls = SystemCalls.system

        /// The defaults, in a directory.
        public init(directory: String) {
            self.directory = directory
            spoolDirectory = "\(directory)/spool"
        }
    }
}

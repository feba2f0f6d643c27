import Delivery
import Synchronization

/// A spool that keeps files in memory.
final class MemorySpool: ContentSpool {
    private let state = Mutex<(written: [[UInt8]], last: ResidentContent?)>(([], nil))
    var written: [[UInt8]] { state.withLock { $0.written } }
    var last: (any MessageContent)? { state.withLock { $0.last } }

    func begin() throws(StoreError) -> any SpoolWriter { Writer(self) }

    private final class Writer: SpoolWriter {
        private let spool: MemorySpool
        private let bytes = Mutex<[UInt8]>([])
        init(_ spool: MemorySpool) { self.spool = spool }

        func append(_ part: Span<UInt8>) throws(StoreError) {
            bytes.withLock { bytes in for index in part.indices { bytes.append(part[index]) } }
        }

        func finish() throws(StoreError) -> any MessageContent {
            let all = bytes.withLock { $0 }
            let content = ResidentContent(all)
            spool.state.withLock { state in
                state.written.append(all)
                state.last = content
            }
            return content
        }

        func discard() {}
    }
}

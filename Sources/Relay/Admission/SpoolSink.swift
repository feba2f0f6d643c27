import Delivery
import MailFormat
import NIOConcurrencyHelpers
package import NIOCore
import NIOPosix
package import SMTPTransport
import StatusCodes

/// Writes the content of one large message to the spool, on the I/O threads, while it arrives.
///
/// Chunks are gathered on the loop and written one at a time, so the file sees them in order and at most
/// `gatheredLimit` bytes wait for a slow disk; then the session waits, and with it the client.
package final class SpoolSink: ContentSink {
    private struct State {
        /// Looks for an idempotency key; nil for clients that may have none.
        var scanner: IdempotencyScanner?
        var writer: (any SpoolWriter)?
        var gathered: [ByteBuffer] = []
        var gatheredBytes = 0
        var isWriting = false
        var failure: StoreError?
        var waiting: LaterAnswer<SinkProgress>?
        var finishing: LaterAnswer<SinkOutcome>?
        var isAborted = false
    }

    private let state: NIOLockedValueBox<State>
    private let spool: any ContentSpool
    private let threads: NIOThreadPool
    private let log: EventLog
    private let clock: RelayClock

    /// Bytes that may wait to be written before the session has to.
    package static let gatheredLimit = 256 * 1024

    init(
        spool: any ContentSpool,
        threads: NIOThreadPool,
        log: EventLog,
        clock: RelayClock,
        scanner: IdempotencyScanner?
    ) {
        self.state = NIOLockedValueBox(State(scanner: scanner))
        self.spool = spool
        self.threads = threads
        self.log = log
        self.clock = clock
    }

    package func append(_ bytes: ByteBuffer, later: LaterAnswer<SinkProgress>) -> SinkProgress? {
        let (answer, mustStart) = state.withLockedValue { state -> (SinkProgress?, Bool) in
            if let failure = state.failure { return (.failed(Self.reply(failure)), false) }
            state.gathered.append(bytes)
            state.gatheredBytes += bytes.readableBytes
            let mustStart = !state.isWriting
            state.isWriting = true
            if state.gatheredBytes <= Self.gatheredLimit { return (.ready, mustStart) }
            state.waiting = later
            return (nil, mustStart)
        }
        if mustStart { write() }
        return answer
    }

    package func finish(later: LaterAnswer<SinkOutcome>) {
        let mustStart = state.withLockedValue { state in
            state.finishing = later
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if mustStart { write() }
    }

    package func abort() {
        let mustStart = state.withLockedValue { state in
            state.isAborted = true
            state.gathered = []
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if mustStart { write() }
    }

    private func write() {
        threads.submit { state in
            guard case .active = state else { return }
            while self.writeOnce() {}
        }
    }

    /// Writes what has gathered; false when there is nothing more to do for now.
    private func writeOnce() -> Bool {
        enum Step { case bytes([ByteBuffer]), finish(LaterAnswer<SinkOutcome>), discard, rest }
        let step = state.withLockedValue { state -> Step in
            if state.isAborted { return .discard }
            if !state.gathered.isEmpty {
                defer {
                    state.gathered = []
                    state.gatheredBytes = 0
                }
                return .bytes(state.gathered)
            }
            if let later = state.finishing {
                state.finishing = nil
                return .finish(later)
            }
            state.isWriting = false
            return .rest
        }
        switch step {
        case .bytes(let buffers):
            put(buffers)
            return true
        case .finish(let later):
            finishFile(later)
            return false
        case .discard:
            state.withLockedValue { state in
                state.writer?.discard()
                state.writer = nil
            }
            return false
        case .rest: return false
        }
    }

    private func put(_ buffers: [ByteBuffer]) {
        var failure = state.withLockedValue { $0.failure }
        if failure == nil {
            do throws(StoreError) {
                let known = state.withLockedValue { $0.writer }
                let writer: any SpoolWriter
                if let known { writer = known } else { writer = try spool.begin() }
                state.withLockedValue { $0.writer = writer }
                try put(buffers, into: writer)
            } catch {
                failure = error
                log.note("spool.failed", at: clock.wall, "a spool file could not be written: \(error.detail)")
            }
        }
        let waiting = state.withLockedValue { state in
            state.failure = failure
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.fulfil(failure.map { .failed(Self.reply($0)) } ?? .ready)
    }

    /// Only one thread at a time comes here, so the scanner can be out of the box meanwhile.
    private func put(_ buffers: [ByteBuffer], into writer: any SpoolWriter) throws(StoreError) {
        var scanner = state.withLockedValue { $0.scanner }
        defer { state.withLockedValue { $0.scanner = scanner } }
        for buffer in buffers {
            let bytes = Array(buffer: buffer)
            if scanner == nil {
                try writer.append(bytes.span)
            } else {
                try scanner?.pass(bytes.span) { part throws(StoreError) in try writer.append(part) }
            }
        }
    }

    /// Writes what the scanner still holds, and says what it found.
    private func finishScan(into writer: any SpoolWriter) throws(StoreError) -> IdempotencyScanner.Found? {
        var scanner = state.withLockedValue { $0.scanner }
        return try scanner?.finish { part throws(StoreError) in try writer.append(part) }
    }

    private func finishFile(_ later: LaterAnswer<SinkOutcome>) {
        let (writer, earlier) = state.withLockedValue { ($0.writer, $0.failure) }
        guard earlier == nil, let writer else {
            writer?.discard()
            return later.fulfil(.failed(earlier.map(Self.reply) ?? Reply(.localError)))
        }
        do throws(StoreError) {
            let found = try finishScan(into: writer)
            let stored = try writer.finish()
            later.fulfil(.stored(found.map { KeyedContent(stored, $0) } ?? stored))
        } catch {
            writer.discard()
            log.note("spool.failed", at: clock.wall, "a spool file could not be finished: \(error.detail)")
            later.fulfil(.failed(Self.reply(error)))
        }
    }

    private static func reply(_ error: StoreError) -> Reply {
        error.code == .full ? Reply(.diskFull) : Reply(.localError)
    }
}

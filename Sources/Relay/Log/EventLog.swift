package import MailFormat
import NIOConcurrencyHelpers

#if canImport(Glibc)
    import Glibc
#endif

/// Where log lines go: one buffer, written to a descriptor by whoever flushes; JSON lines or a Postfix-shaped text form.
///
/// A line is appended under a lock and costs about a microsecond. The queue thread flushes once per batch, a timer
/// flushes what sessions said in between. What cannot be written because the reader is slow or the disk is full is
/// dropped beyond `bufferLimit` and counted; mail never waits for a log.
package final class EventLog: Sendable {
    /// How lines look.
    package enum Format: String, Sendable {
        /// One JSON object a line.
        case json
        /// `Nov 23 01:56:04 host martlet/smtp[PID]: …`, which tools for Postfix read.
        case text
    }

    private struct State {
        var format: Format
        var pending: [UInt8] = []
        var scratch: [UInt8] = []
        var dropped = 0
    }

    private let state: NIOLockedValueBox<State>
    /// The descriptor; its lock is held while somebody writes to it.
    private let output: NIOLockedValueBox<Int32>
    private let hostname: String
    private let processID: Int32

    /// At most this many bytes wait to be written (about 4,000 lines); further lines are dropped and counted.
    package static let bufferLimit = 1 << 20

    /// A log on an open descriptor.
    package init(descriptor: Int32, format: Format, hostname: String) {
        self.state = NIOLockedValueBox(State(format: format))
        self.output = NIOLockedValueBox(descriptor)
        self.hostname = hostname
        self.processID = getpid()
    }

    /// Appends one line: `fields` for JSON; the text form shows `text`, or is silent when that is empty.
    package func write(
        _ event: StaticString,
        at time: Timestamp,
        service: StaticString = "relay",
        fields: (inout LogLine) -> Void,
        text: (inout [UInt8]) -> Void
    ) {
        state.withLockedValue { state in
            guard state.pending.count < Self.bufferLimit else {
                state.dropped += 1
                return
            }
            switch state.format {
            case .json:
                var line = LogLine(into: state.pending)
                state.pending = []
                line.field("time", ISO8601.text(time))
                line.field("event", event.description)
                fields(&line)
                state.pending = line.finish()
            case .text:
                state.scratch.removeAll(keepingCapacity: true)
                text(&state.scratch)
                guard !state.scratch.isEmpty else { return }
                SyslogStamp.append(time, to: &state.pending)
                state.pending.append(UInt8(ascii: " "))
                state.pending.append(contentsOf: hostname.utf8)
                state.pending.append(static: " martlet/")
                state.pending.append(static: service)
                state.pending.append(UInt8(ascii: "["))
                LogLine.append(decimal: Int64(processID), to: &state.pending)
                state.pending.append(static: "]: ")
                // A peer's text must not start a line of its own.
                state.pending.append(contentsOf: state.scratch.lazy.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 })
                state.pending.append(UInt8(ascii: "\n"))
            }
        }
    }

    /// Appends a note about the service itself.
    package func note(
        _ event: StaticString,
        at time: Timestamp,
        _ message: String,
        _ details: [(StaticString, String)] = []
    ) {
        write(event, at: time) { line in
            line.field("message", message)
            for (name, value) in details { line.field(name, value) }
        } text: { bytes in
            bytes.append(static: event)
            bytes.append(static: ": ")
            bytes.append(contentsOf: message.utf8)
            for (name, value) in details {
                bytes.append(UInt8(ascii: " "))
                bytes.append(static: name)
                bytes.append(UInt8(ascii: "="))
                bytes.append(contentsOf: value.utf8)
            }
        }
    }

    /// Writes what waits.
    ///
    /// Blocks as the descriptor blocks; not for event loops.
    package func flush() { output.withLockedValue { flush(to: $0) } }

    /// Writes what waits, and goes on with another descriptor and format; gives the old descriptor back.
    ///
    /// Also what to do after a file was rotated: the old descriptor still leads to the file that was moved away.
    package func reopen(descriptor: Int32, format: Format) -> Int32 {
        output.withLockedValue { output in
            flush(to: output)
            state.withLockedValue { $0.format = format }
            defer { output = descriptor }
            return output
        }
    }

    private func flush(to descriptor: Int32) {
        let (bytes, dropped) = state.withLockedValue { state in
            defer {
                state.pending.removeAll(keepingCapacity: state.pending.capacity <= 1 << 16)
                state.dropped = 0
            }
            return (state.pending, state.dropped)
        }
        Self.put(bytes, to: descriptor)
        if dropped > 0 {
            Self.put(Array("{\"event\":\"log.dropped\",\"lines\":\(dropped)}\n".utf8), to: descriptor)
        }
    }

    private static func put(_ bytes: [UInt8], to descriptor: Int32) {
        var offset = 0
        while offset < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.write(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
            }
            if count < 0 && errno == EINTR { continue }
            // A log that cannot be written must not stop the mail: the rest of this buffer is given up.
            guard count > 0 else { return }
            offset += count
        }
    }
}

import Foundation
import MailFormat
import Relay
import Testing

@Suite struct `Event log` {
    private let time = Timestamp(milliseconds: 1_795_399_500_123)

    private func written(_ format: EventLog.Format, _ body: (EventLog) -> Void) throws -> String {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("log-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT, 0o600)
        defer { close(descriptor) }
        let log = EventLog(descriptor: descriptor, format: format, hostname: "mx.example.net")
        body(log)
        log.flush()
        return String(decoding: try #require(FileManager.default.contents(atPath: path)), as: UTF8.self)
    }

    @Test func `A JSON line is one object with its fields in order`() throws {
        let text = try written(.json) { $0.note("test.event", at: time, "said \"so\"\n", [("key", "a\\b\u{1}")]) }
        #expect(
            text
                == #"{"time":"\#(ISO8601.text(time))","event":"test.event","message":"said \"so\"\n","key":"a\\b\u0001"}"#
                + "\n"
        )
    }

    @Test func `A text line is shaped like syslog and stays one line whatever a peer said`() throws {
        let text = try written(.text) { $0.note("test.event", at: time, "one\r\nNov 23 fake line") }
        let lines = text.split(separator: "\n")
        #expect(lines.count == 1)
        #expect(text.contains("mx.example.net martlet/relay["))
        #expect(text.hasSuffix("test.event: one  Nov 23 fake line\n"))
    }

    @Test func `After a reload lines go to the new file in the new form, and none is lost`() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("log-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        func opened(_ name: String) -> Int32 { unsafe open("\(folder)/\(name)", O_WRONLY | O_CREAT, 0o600) }
        func text(_ name: String) -> String {
            String(decoding: FileManager.default.contents(atPath: "\(folder)/\(name)") ?? Data(), as: UTF8.self)
        }
        let first = opened("first")
        let log = EventLog(descriptor: first, format: .json, hostname: "mx.example.net")
        log.note("before", at: time, "one")
        let second = opened("second")
        let old = log.reopen(descriptor: second, format: .text)
        #expect(old == first)
        close(old)
        log.note("after", at: time, "two")
        log.flush()
        close(second)
        #expect(text("first").contains(#""event":"before""#))
        #expect(!text("first").contains("after"))
        #expect(text("second").hasSuffix("after: two\n"))
        #expect(text("second").split(separator: "\n").count == 1)
    }

    @Test func `What does not fit the buffer is dropped and counted`() throws {
        let long = String(repeating: "x", count: 4096)
        let text = try written(.json) { log in for _ in 0..<400 { log.note("e", at: time, long) } }
        #expect(text.utf8.count < EventLog.bufferLimit + 8192)
        #expect(text.contains("log.dropped"))
    }
}

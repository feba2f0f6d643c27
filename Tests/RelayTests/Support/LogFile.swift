import Foundation
import Relay
import Testing

/// A log in a file that goes when it is let go of.
final class LogFile: Sendable {
    /// Writes to the file.
    let log: EventLog
    private let path: String
    private let descriptor: Int32

    init(_ format: EventLog.Format = .json) {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("log-\(UUID().uuidString)").path
        descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        log = EventLog(descriptor: descriptor, format: format, hostname: "mx.example.net")
    }

    deinit {
        close(descriptor)
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Everything that was logged.
    var text: String {
        log.flush()
        return String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }

    /// The `event` of every JSON line.
    func events() throws -> [String] { try objects().compactMap { $0["event"] as? String } }

    /// Every line as the JSON object that it is.
    func objects() throws -> [[String: Any]] {
        try text.split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
    }
}

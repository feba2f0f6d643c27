import Configuration
import MailFormat

/// `--since`: an instant, or how long ago.
enum Since {
    /// Reads `2026-01-31T08:00:00Z` (RFC 3339) or `2h`, `1d12h`, `90s`.
    static func read(_ text: String, now: Timestamp) throws(CommandFailure) -> Timestamp {
        if let instant = ISO8601.read(text) { return instant }
        guard case .success(.duration(let ago)) = ScalarReader.read(text, as: .duration) else {
            throw CommandFailure(
                .usage,
                "--since takes an instant such as 2026-01-31T08:00:00Z, or how long ago, such as 2h; not \(text)"
            )
        }
        return now.advanced(by: .zero - ago)
    }

    /// Reads how long something lasts from now: `30d`.
    static func ahead(_ text: String, now: Timestamp) throws(CommandFailure) -> Timestamp {
        guard case .success(.duration(let length)) = ScalarReader.read(text, as: .duration), length > .zero else {
            throw CommandFailure(.usage, "--for takes a duration such as 12h or 30d; not \(text)")
        }
        return now.advanced(by: length)
    }
}

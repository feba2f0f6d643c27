internal import Delivery
internal import MailFormat
internal import StatusCodes

/// The eight columns of an attempt that the tables `attempt` and `event` share, in this order:
/// remote, status, reply, condition, cause, rule, stage, known.
enum AttemptFields {
    /// The most bytes that are kept of a reply: a peer decides how long it is.
    static let replyLimit = 4096

    /// Binds the columns, the first as parameter `first`.
    static func bind(_ attempt: AttemptRecord, to statement: Statement, first: Int32) throws(StoreError) {
        let code = attempt.status
        let status = Int64(code.statusClass.rawValue) * 1_000_000 + Int64(code.status.subject) * 1000
        try statement.bind(first, text: attempt.remote)
        try statement.bind(first + 1, status + Int64(code.status.detail))
        try statement.bind(first + 2, text: clipped(attempt.reply))
        try statement.bind(first + 3, text: attempt.condition)
        try statement.bind(first + 4, text: attempt.cause)
        try statement.bind(first + 5, text: attempt.rule)
        try statement.bind(first + 6, text: attempt.stage)
        try statement.bind(first + 7, attempt.outcomeKnown ? 1 : 0)
    }

    /// Reads the columns, the first as column `first`.
    static func read(
        _ statement: Statement,
        first: Int32,
        at: Timestamp
    ) throws(StoreError) -> AttemptRecord {
        let number = statement.integer(first + 1)
        guard (2_000_000..<6_000_000).contains(number),
            let statusClass = StatusClass(rawValue: UInt8(number / 1_000_000))
        else { throw StoreError(code: .unusable, detail: "the queue is damaged: status \(number)") }
        return AttemptRecord(
            at: at,
            remote: statement.text(first),
            status: EnhancedStatusCode(statusClass, UInt16(number / 1000 % 1000), UInt16(number % 1000)),
            reply: statement.text(first + 2),
            condition: statement.text(first + 3),
            cause: statement.text(first + 4),
            rule: statement.text(first + 5),
            stage: statement.text(first + 6),
            outcomeKnown: statement.integer(first + 7) != 0
        )
    }

    /// At most `replyLimit` bytes, cut between characters.
    static func clipped(_ text: String) -> String {
        guard text.utf8.count > replyLimit else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: replyLimit)
        while text.utf8[end] & 0xC0 == 0x80 { end = text.utf8.index(before: end) }
        return String(text[..<end])
    }
}

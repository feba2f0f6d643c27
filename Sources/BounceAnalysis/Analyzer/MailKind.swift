import MailFormat

/// Tells reports without a part for programs from answers that nobody wrote, and both from ordinary mail.
struct MailKind {
    /// What speaks for a report, in points; none of it is enough alone.
    private(set) var points = 0
    /// The mail comes from a mail system.
    private(set) var isFromSystem = false
    /// The reverse-path is null.
    private(set) var isFromNobody = false
    /// A field of the header names who failed.
    private let namesFailed: Bool
    /// The mail went to many.
    private let isBulk: Bool
    /// What the subject says.
    private(set) var subject: Marks = []

    /// The subject begins with words of an automatic answer, or with a short mark before them: `AUTO: Out of office`.
    private(set) var isAbsenceFirst = false

    /// How many octets may stand before such words: `[AUTO] Re: `, and little more.
    private static let longestMark = 12

    /// How many points make a report.
    static let enough = 4

    init(_ bytes: Span<UInt8>, _ header: ReportHeader) {
        namesFailed = !header.failedRecipients.isEmpty
        isBulk = header.isBulk
        if let from = header.from {
            isFromSystem = SystemNames.occur(bytes, in: from)
            isFromNobody = Self.isNull(bytes, from)
        }
        if let path = header.returnPath, Self.isNull(bytes, path) { isFromNobody = true }
        if let field = header.subject {
            var decoded: [UInt8] = []
            EncodedWord.decode(bytes, field, to: &decoded)
            PlainPunctuation.apply(to: &decoded)
            var (marks, isFirst): (Marks, Bool) = ([], false)
            NoticePhrases.matcher.visit(decoded.span, ByteRange(0, decoded.count)) { hit in
                marks.insert(hit.mark)
                if hit.mark == .absence, Int(hit.start) <= Self.longestMark { isFirst = true }
            }
            (subject, isAbsenceFirst) = (marks, isFirst)
            // Who is on holiday? So asks a person.
            if !isAbsenceFirst, decoded.last == UInt8(ascii: "?") { subject.remove(Marks(.absence)) }
        }
        points = (isFromSystem ? 2 : 0) + (isFromNobody ? 1 : 0)
        if subject.contains(.failure) || subject.contains(.delay) || subject.contains(.success) { points += 2 }
        if namesFailed { points += 3 }
        // What a list sends to its members, and what somebody answers, may well speak of failures.
        if header.isListNotice {
            points += 2
        } else if !isFromSystem, !isFromNobody, !namesFailed {
            points -= (header.isBulk ? 3 : 0) + (header.isFromList ? 1 : 0) + (header.answers ? 2 : 0)
        }
    }

    /// The points of a mail with its notice.
    func total(_ notice: Notice, _ report: TextReport, hasReturned: Bool) -> Int {
        // Shops and parcel services speak of failed deliveries, too: what nobody but a mail system has must be there.
        let isQuoted = report.replies.contains { $0.strength >= 4 } || notice.marks.contains(.transcript)
        guard
            isFromSystem || isFromNobody || namesFailed || hasReturned || isQuoted || notice.original != nil
                || report.role != .mentioned
        else { return 0 }
        // What goes to many and names nobody who failed only writes about mail, whatever its sender is called.
        if isBulk, !namesFailed, report.role == .mentioned, !hasReturned, notice.original == nil { return 0 }
        var total = points
        let isSaid =
            notice.marks.contains(.failure) || notice.marks.contains(.delay)
            || notice.marks.contains(.success)
        if isSaid { total += 2 }
        // A mail that nobody wrote, and that quotes a refusal, tells an outcome in whatever language.
        let isOutcome = isSaid || subject.contains(.failure) || (isFromNobody && isQuoted)
        // What a mail system sends with a message in it is a report in whatever language.
        if hasReturned || notice.original != nil, isOutcome || isFromSystem { total += 1 }
        // Between a mail system's own words, in whatever language, a status alone is as sure as a quoted reply elsewhere.
        let sure = isFromSystem ? 2 : 4
        if report.replies.contains(where: { $0.strength >= sure }) { total += 1 }
        if report.role != .mentioned, isOutcome || isFromSystem { total += 1 }
        if notice.marks.contains(.transcript) { total += 1 }
        return total
    }

    /// Whether the header says that nobody wrote the mail; `isAbsent` tells whether its text speaks of an absence.
    static func isAutomatic(_ bytes: Span<UInt8>, _ header: ReportHeader, isAbsent: Bool) -> Bool {
        if header.isAutomatic { return true }
        if let value = header.autoSubmitted,
            bytes.matches("auto-replied", at: Int(value.start))
                || bytes.matches("auto-notified", at: Int(value.start))
        {
            return true
        }
        guard let precedence = header.precedence else { return false }
        // The oldest programs that answer have nothing else to be known by.
        if isAbsent, bytes.equals("junk", in: precedence) { return true }
        return bytes.equals("auto_reply", in: precedence) || bytes.equals("auto-reply", in: precedence)
    }

    private static func isNull(_ bytes: Span<UInt8>, _ value: ByteRange) -> Bool {
        var offset = Int(value.start)
        while offset + 1 < Int(value.end) {
            if bytes[offset] == UInt8(ascii: "<"), bytes[offset + 1] == UInt8(ascii: ">") { return true }
            offset += 1
        }
        return false
    }
}

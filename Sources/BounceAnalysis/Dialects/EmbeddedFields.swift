import DeliveryReports
import MailFormat

/// The fields of RFC 3464 in a text part: some reporters write them where no program looks for them.
enum EmbeddedFields {
    /// A report from the lines of a notice that are such fields; nil when no recipient is among them.
    static func report(_ notice: Notice) -> DeliveryReport? {
        let text = notice.text.span
        guard let start = notice.lines.firstIndex(where: { isBeginning(text, $0) }) else { return nil }
        // The group about the message may come before; everything else is passed over by the reader.
        var fields: [UInt8] = []
        for line in notice.lines[start...] {
            if line.isBlank || HeaderReader.isFieldLine(text, line.range) {
                fields.append(text, line.range)
            } else {
                fields.append(ASCII.space)
                fields.append(text, line.range)
            }
            fields.append(ASCII.lineFeed)
        }
        guard let report = DeliveryReport(statusPart: fields.span),
            report.recipients.contains(where: { $0.finalRecipient != nil && ($0.action != nil || $0.status != nil) })
        else { return nil }
        return report
    }

    private static func isBeginning(_ text: Span<UInt8>, _ line: Notice.Line) -> Bool {
        let start = Int(line.start)
        return text.matches("final-recipient:", at: start) || text.matches("reporting-mta:", at: start)
            || text.matches("original-recipient:", at: start)
    }
}

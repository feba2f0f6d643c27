import DeliveryReports
import MailFormat
import StatusCodes

/// Amazon's notifications by mail: JSON with `notificationType` or `eventType`, bare or as a quoted `Message`.
///
/// They are no MIME reports, but they carry the same fields for each recipient. Only the few keys that matter are
/// looked for, by name; nothing is built from the rest.
struct CloudNotification {
    private let json: [UInt8]
    private let type: String

    /// How many recipients are looked for.
    private static let mostRecipients = 1000

    init?(_ text: Span<UInt8>) {
        var start = 0
        while start < text.count, text[start] <= ASCII.space { start += 1 }
        guard start < text.count, text[start] == UInt8(ascii: "{") else { return nil }
        var plain: [UInt8] = []
        plain.reserveCapacity(text.count - start)
        var offset = start
        while offset < text.count {
            // One level of quotation, and the line ends that mail put into long lines, go away.
            let isEscape =
                text[offset] == UInt8(ascii: "\\") && offset + 1 < text.count
                && (text[offset + 1] == UInt8(ascii: "\"") || text[offset + 1] == UInt8(ascii: "\\"))
            if isEscape {
                offset += 1
                if text[offset] == UInt8(ascii: "\\"), offset + 1 < text.count, text[offset + 1] == UInt8(ascii: "\"") {
                    offset += 1
                }
            }
            if text[offset] != ASCII.lineFeed { plain.append(text[offset]) }
            offset += 1
        }
        json = plain
        guard
            let type = Self.value("\"notificationtype\"", plain.span, from: 0, to: plain.count)
                ?? Self.value("\"eventtype\"", plain.span, from: 0, to: plain.count)
        else { return nil }
        self.type = type.lowercased()
    }

    /// The notification as a report.
    func analysis(_ rules: DecisionRules) -> MailAnalysis {
        let span = json.span
        var original = OriginalMessage()
        original.messageID = Self.value("\"messageid\"", span, from: mailStart, to: span.count)
        original.subject = Self.value("\"subject\"", span, from: mailStart, to: span.count)
        original.from = Self.value("\"source\"", span, from: mailStart, to: span.count)
        switch type {
        case "bounce":
            var context = Verdict.Context(rules: rules)
            context.reversePath = original.from ?? ""
            context.messageID = original.messageID ?? ""
            let results = recipients("\"bouncedrecipients\"").map { result($0, context) }
            // A notification that was cut names nobody, and still is one.
            let told = results.isEmpty ? [Verdict().result(context)] : results
            return analysis(MailAnalysis.kind(of: told), original, told)
        case "delivery":
            let results = delivered(Verdict.Context(messageID: original.messageID ?? "", rules: rules))
            return analysis(results.isEmpty ? .notAReport : .delivered, original, results)
        case "complaint":
            let kind = Self.value("\"complaintfeedbacktype\"", span, from: 0, to: span.count)
            let results = recipients("\"complainedrecipients\"").map { object in
                var result = RecipientResult()
                result.recipient = Self.value("\"emailaddress\"", span, from: object.lowerBound, to: object.upperBound)
                result.feedbackType = kind?.lowercased() ?? "other"
                return result
            }
            return analysis(.feedback, original, results.isEmpty ? [RecipientResult()] : results)
        default: return .ordinary()
        }
    }

    private func analysis(
        _ kind: MailAnalysis.Kind,
        _ original: OriginalMessage,
        _ results: [RecipientResult]
    ) -> MailAnalysis {
        MailAnalysis(
            kind: kind,
            reportingMTA: nil,
            arrival: nil,
            original: original,
            results: results,
            isCut: false
        )
    }

    private var mailStart: Int { Self.position(of: "\"mail\"", json.span, from: 0, to: json.count) ?? 0 }

    private func result(_ object: Range<Int>, _ context: Verdict.Context) -> RecipientResult {
        let span = json.span
        func field(_ key: StaticString) -> String? {
            Self.value(key, span, from: object.lowerBound, to: object.upperBound)
        }
        var group = DeliveryReport.Recipient()
        group.finalRecipient = field("\"emailaddress\"")
        group.printedStatus = field("\"status\"")
        group.status = group.printedStatus.flatMap(EnhancedStatusCode.init(_:))
        group.action = field("\"action\"").flatMap { ReportAction(rawValue: $0.lowercased()) } ?? .failed
        if let text = field("\"diagnosticcode\"") { group.diagnostic = Diagnostic(field: text) }
        return StatusReader.verdict(group).result(context)
    }

    private func delivered(_ context: Verdict.Context) -> [RecipientResult] {
        let span = json.span
        guard let start = Self.position(of: "\"delivery\":", span, from: 0, to: span.count),
            let list = Self.position(of: "\"recipients\"", span, from: start, to: span.count)
        else { return [] }
        var end = list
        while end < span.count, span[end] != UInt8(ascii: "]") { end += 1 }
        let reply = Self.value("\"smtpresponse\"", span, from: start, to: span.count).map(PrintedReply.init(parsing:))
        return AddressList.addresses(span, ByteRange(list, end), most: Self.mostRecipients).map { address in
            var verdict = Verdict()
            verdict.recipient = address
            verdict.action = .delivered
            verdict.reply = reply
            verdict.stage = .dot
            return verdict.result(context)
        }
    }

    /// The objects of the array behind a key.
    private func recipients(_ key: StaticString) -> [Range<Int>] {
        let span = json.span
        guard var offset = Self.position(of: key, span, from: 0, to: span.count) else { return [] }
        var objects: [Range<Int>] = []
        while offset < span.count, span[offset] != UInt8(ascii: "]"), objects.count < Self.mostRecipients {
            guard span[offset] == UInt8(ascii: "{") else {
                offset += 1
                continue
            }
            let start = offset
            var isString = false
            while offset < span.count, isString || span[offset] != UInt8(ascii: "}") {
                if span[offset] == UInt8(ascii: "\"") { isString.toggle() }
                offset += 1
            }
            objects.append(start..<offset)
        }
        return objects
    }

    /// Behind a key, which is given in lower case.
    private static func position(of key: StaticString, _ json: Span<UInt8>, from start: Int, to end: Int) -> Int? {
        var offset = start
        while offset + key.utf8CodeUnitCount <= end {
            if json[offset] == UInt8(ascii: "\""), json.matches(key, at: offset) {
                return offset + key.utf8CodeUnitCount
            }
            offset += 1
        }
        return nil
    }

    /// The string behind a key.
    private static func value(_ key: StaticString, _ json: Span<UInt8>, from start: Int, to end: Int) -> String? {
        guard var offset = position(of: key, json, from: start, to: end) else { return nil }
        while offset < end, json[offset] != UInt8(ascii: "\""), json[offset] != UInt8(ascii: ","),
            json[offset] != UInt8(ascii: "}")
        { offset += 1 }
        guard offset < end, json[offset] == UInt8(ascii: "\"") else { return nil }
        var close = offset + 1
        while close < end, json[close] != UInt8(ascii: "\"") { close += 1 }
        return String(decoding: json.copy(ByteRange(offset + 1, close)), as: UTF8.self)
    }
}

import MailFormat
import SMTPProtocol

/// Writes delivery reports (RFC 3464, 3461 §6, 6522, 6533).
///
/// A report is sent with a null reverse-path, which is the envelope's business; whether one is to be written at all
/// says `ReportPolicy`.
public struct ReportWriter: Sendable {
    /// How much of the message goes back, and how.
    public var options: ReportOptions
    /// The words for people.
    public var words: ReportText

    /// Makes a writer.
    public init(options: ReportOptions = ReportOptions(), words: ReportText = .english) {
        self.options = options
        self.words = words
    }

    /// How many bytes from the start of a message `write` wants to see, so that a large message need not be in memory.
    public func neededBytes(_ request: ReportRequest, byteCount: Int) -> Int {
        if ReturnedContent.wantsFull(request, options), byteCount <= options.fullLimit { return byteCount }
        return min(byteCount, options.headerLimit)
    }

    /// Writes a report.
    ///
    /// - Parameters:
    ///   - request: What to tell.
    ///   - content: The message, or at least its first `neededBytes`; empty when it cannot be read.
    ///   - byteCount: The size of the whole message.
    /// - Returns: The report and how to send it.
    public func write(_ request: ReportRequest, content: Span<UInt8>, byteCount: Int) -> WrittenReport {
        precondition(!request.recipients.isEmpty, "a report is about at least one recipient (RFC 3464 §2.1)")
        let returned = ReturnedContent(request, options, content: content, byteCount: byteCount)
        let report = write(request, content, returned)
        // RFC 6531 §3.1: who takes SMTPUTF8 takes 8BITMIME.
        guard report.body == .eightBitMIME, !report.smtpUTF8, !Self.isConvertible(report.bytes.span) else {
            return report
        }
        let header = ReturnedContent(request, options, content: content, byteCount: byteCount, mayBeWhole: false)
        return write(request, content, header)
    }

    /// Whether a report can also go to a host without 8BITMIME; nobody could be given it back
    /// (`docs/design/rulings.md` §5, Reports in 7 bits).
    private static func isConvertible(_ report: Span<UInt8>) -> Bool {
        do throws(ConversionRefusal) {
            _ = try SevenBitMessage(converting: report)
            return true
        } catch {
            return false
        }
    }

    private func write(
        _ request: ReportRequest,
        _ content: Span<UInt8>,
        _ returned: ReturnedContent
    ) -> WrittenReport {
        let facts = OriginalFacts(content)
        let human = HumanPart.text(request, options, words, facts: facts, returned: returned.form)
        let isGlobal =
            request.original.smtpUTF8 && options.transfer == .eightBit
            && StatusPart.hasInternationalizedAddress(request)
        let status = StatusPart.bytes(request, isGlobal: isGlobal)
        let boundary = MultipartWriter.boundary(seed: request.messageID, avoiding: content)
        let statusEncoding: ReturnedContent.Encoding = status.allSatisfy { $0 < 0x80 } ? .sevenBit : .eightBit
        let isEightBit = statusEncoding == .eightBit || returned.encoding == .eightBit
        // The words for people alone never make a report one that not every host takes.
        let humanEncoding: ReturnedContent.Encoding =
            human.utf8.allSatisfy { $0 < 0x80 } ? .sevenBit : isEightBit ? .eightBit : .quotedPrintable

        var multipart = MultipartWriter(
            after: header(request, facts, boundary: boundary, isEightBit: isEightBit),
            boundary: boundary
        )
        write(human: Array(human.utf8), humanEncoding, to: &multipart)
        write(status: status, statusEncoding, isGlobal: isGlobal, to: &multipart)
        if returned.form != .nothing { write(returned, content, to: &multipart) }
        let needsUTF8 = !request.original.reversePath.utf8.allSatisfy { $0 < 0x80 }
        return WrittenReport(
            bytes: multipart.finished(),
            body: isEightBit || needsUTF8 ? .eightBitMIME : .sevenBit,
            smtpUTF8: needsUTF8
        )
    }

    /// RFC 5322 §3.6, RFC 3461 §6.2, RFC 3834 §5.
    private func header(
        _ request: ReportRequest,
        _ facts: OriginalFacts,
        boundary: String,
        isEightBit: Bool
    ) -> [UInt8] {
        var header = HeaderWriter()
        header.date("Date", request.now)
        header.field("From", bytes: Phrase.encode(words[.fromName]) + Array(" <\(request.reporter.address)>".utf8))
        header.field("To", "<\(request.original.reversePath)>")
        header.unstructured("Subject", subject(request))
        header.field("Message-ID", "<\(request.messageID)>")
        if let id = facts.messageID {
            header.field("In-Reply-To", id)
            header.field("References", id)
        }
        // RFC 3834 §5: so that no automatic reply answers this one.
        header.field("Auto-Submitted", "auto-replied")
        header.field("MIME-Version", "1.0")
        // RFC 6522 §3; RFC 6533 §4.4 keeps the report-type for the global forms.
        header.field("Content-Type", "multipart/report; report-type=delivery-status; boundary=\"\(boundary)\"")
        if isEightBit { header.field("Content-Transfer-Encoding", "8bit") }
        return header.finished()
    }

    /// The gravest thing that happened, and to whom.
    private func subject(_ request: ReportRequest) -> String {
        for outcome in ReportOutcome.allCases {
            let group = request.recipients.filter { ReportOutcome($0) == outcome }
            guard let first = group.first else { continue }
            let key = group.count == 1 ? outcome.keys.subjectOne : outcome.keys.subjectMany
            let recipient = Shown.safely(first.finalRecipient, limit: 254)
            return words.filled(key, ["recipient": recipient, "count": String(group.count)])
        }
        return ""
    }

    private func write(
        human: [UInt8],
        _ encoding: ReturnedContent.Encoding,
        to multipart: inout MultipartWriter
    ) {
        multipart.beginPart { part in
            part.unstructured("Content-Description", words[.partNotification])
            part.field("Content-Type", "text/plain; charset=\(encoding == .sevenBit ? "us-ascii" : "utf-8")")
            if encoding != .sevenBit { part.field("Content-Transfer-Encoding", encoding.rawValue) }
        }
        if encoding == .quotedPrintable {
            var encoded: [UInt8] = []
            QuotedPrintable.encode(human.span, to: &encoded)
            multipart.append(encoded)
        } else {
            multipart.append(human)
        }
        multipart.endPart()
    }

    private func write(
        status: [UInt8],
        _ encoding: ReturnedContent.Encoding,
        isGlobal: Bool,
        to multipart: inout MultipartWriter
    ) {
        multipart.beginPart { part in
            part.unstructured("Content-Description", words[.partStatus])
            part.field("Content-Type", isGlobal ? "message/global-delivery-status" : "message/delivery-status")
            if encoding != .sevenBit { part.field("Content-Transfer-Encoding", encoding.rawValue) }
        }
        multipart.append(status)
        multipart.endPart()
    }

    private func write(_ returned: ReturnedContent, _ content: Span<UInt8>, to multipart: inout MultipartWriter) {
        multipart.beginPart { part in
            part.unstructured("Content-Description", words[returned.form == .full ? .partFull : .partHeaders])
            part.field("Content-Type", returned.contentType)
            if returned.encoding != .sevenBit { part.field("Content-Transfer-Encoding", returned.encoding.rawValue) }
        }
        returned.append(content, to: &multipart)
        multipart.endPart()
    }
}

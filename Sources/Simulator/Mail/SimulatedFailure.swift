import MailFormat
import SMTPProtocol
import StatusCodes

/// What a report of failure tells, whatever its manner.
struct SimulatedFailure: Sendable {
    /// Whose failure, and who tells it.
    let correspondent: Correspondent
    /// What the host behind the reporting one is said to have said.
    let line: String
    /// Its digits.
    let code: ReplyCode
    /// Its status; class.0.0 where the reply has none.
    let status: EnhancedStatusCode
    /// ORCPT.
    let originalRecipient: String?

    /// The host that is said to have refused.
    var remoteHost: String { "mx.\(correspondent.host)" }

    init(of correspondent: Correspondent, reply: Reply, _ recipient: Envelope.Recipient) {
        self.correspondent = correspondent
        var bytes: [UInt8] = []
        reply.render(into: &bytes)
        line = String(decoding: bytes.prefix { $0 != 0x0D }, as: UTF8.self)
        code = reply.code
        status = reply.status ?? EnhancedStatusCode(reply.code.statusClass ?? .permanentFailure, 0, 0)
        let envelope = correspondent.original.envelope
        originalRecipient =
            recipient.originalRecipient.isEmpty ? nil : envelope.text(recipient.originalRecipient)
    }

    /// The report in another system's manner.
    func letter(_ manner: some ReportManner) -> Letter {
        let boundary = correspondent.boundary
        let type = "multipart/report; report-type=delivery-status; boundary=\"\(boundary)\""
        var header = correspondent.header(from: manner.author, subject: manner.subject, type: type)
        header.field("Auto-Submitted", "auto-replied")
        manner.addFields(to: &header)
        if correspondent.original.isEightBit { header.field("Content-Transfer-Encoding", "8bit") }
        var multipart = MultipartWriter(after: header.finished(), boundary: boundary)
        multipart.beginPart { part in
            if let name = manner.descriptions?.notification { part.unstructured("Content-Description", name) }
            part.field("Content-Type", "text/plain; charset=us-ascii")
        }
        multipart.append(Array(manner.notification.map { Self.ascii($0) + "\r\n" }.joined().utf8))
        multipart.endPart()
        multipart.beginPart { part in
            if let name = manner.descriptions?.status { part.unstructured("Content-Description", name) }
            part.field("Content-Type", "message/delivery-status")
        }
        // RFC 3464 §2.1: an empty line between the two groups.
        multipart.append(manner.messageFields().finished() + manner.recipientFields().bytes)
        multipart.endPart()
        correspondent.original.append(to: &multipart, description: manner.descriptions.map { ($0.whole, $0.header) })
        return correspondent.letter(multipart.finished())
    }

    /// A line for people in the charset of the part; subjects may have more.
    private static func ascii(_ line: String) -> String {
        String(String.UnicodeScalarView(line.unicodeScalars.map { (0x20..<0x7F).contains($0.value) ? $0 : "?" }))
    }
}

/// How a system reports: which fields it puts where, and what it calls the parts.
///
/// The words for people are ours.
protocol ReportManner {
    /// What is reported.
    var failure: SimulatedFailure { get }
    /// Whom the report is from.
    var author: String { get }
    /// Its subject.
    var subject: String { get }
    /// Adds the fields of the header that only this system has.
    func addFields(to header: inout HeaderWriter)
    /// The lines for people.
    var notification: [String] { get }
    /// The names of the parts; nil where the system gives none.
    var descriptions: PartDescriptions? { get }
    /// The fields about the message (RFC 3464 §2.2).
    func messageFields() -> HeaderWriter
    /// The fields about the recipient (RFC 3464 §2.3).
    func recipientFields() -> HeaderWriter
}

extension ReportManner {
    /// Who reports to whom about what.
    var about: Correspondent { failure.correspondent }
}

/// Content-Description of the parts of a report.
struct PartDescriptions {
    var notification: String
    var status: String
    /// Of a message that goes back whole, and of a header alone.
    var whole: String
    var header: String
}

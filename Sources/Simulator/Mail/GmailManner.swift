import DeliveryReports
import MailFormat
import StatusCodes

/// A report as Gmail lays it out: `X-Failed-Recipients`, a headline, the other host's answer, `googlemail.com`.
struct GmailManner: ReportManner {
    let failure: SimulatedFailure
    private static let host = "googlemail.com"

    var author: String { "Mail Delivery Subsystem <mailer-daemon@\(Self.host)>" }
    var subject: String { "Delivery Status Notification (Failure)" }

    func addFields(to header: inout HeaderWriter) { header.field("X-Failed-Recipients", about.address) }

    private var headline: String {
        switch failure.status.status {
        case EnumeratedStatus(1, 1), EnumeratedStatus(1, 2), EnumeratedStatus(1, 10): "Address not found"
        case EnumeratedStatus(2, 2): "Recipient inbox full"
        case StatusSubject.security: "Message blocked"
        default: "Message not delivered"
        }
    }

    var notification: [String] {
        [
            "** \(headline) **",
            "",
            "Your message did not get to \(about.address).",
            "",
            "The response from the remote server was:",
            "",
            failure.line,
        ]
    }

    var descriptions: PartDescriptions? { nil }

    func messageFields() -> HeaderWriter {
        var fields = HeaderWriter()
        fields.field("Reporting-MTA", "dns; \(Self.host)")
        fields.field("Received-From-MTA", "dns; \(about.original.sender)")
        fields.date("Arrival-Date", about.original.arrival)
        if let id = about.original.facts.messageID { fields.field("X-Original-Message-ID", id) }
        return fields
    }

    func recipientFields() -> HeaderWriter {
        var fields = HeaderWriter()
        fields.field("Final-Recipient", "rfc822; \(about.address)")
        fields.field("Action", "failed")
        fields.field("Status", "\(failure.status)")
        fields.field("Remote-MTA", "dns; \(failure.remoteHost). (192.0.2.25, the server for the domain)")
        fields.field("Diagnostic-Code", "smtp; \(failure.line)")
        fields.date("Last-Attempt-Date", about.now)
        return fields
    }
}

import MailFormat

/// A report as Postfix lays it out: named parts, `X-Postfix-…` fields, the reply quoted with the command it answered.
struct PostfixManner: ReportManner {
    let failure: SimulatedFailure

    var author: String { "MAILER-DAEMON@\(about.host) (Mail Delivery System)" }
    var subject: String { "Undelivered Mail Returned to Sender" }

    func addFields(to header: inout HeaderWriter) {}

    var notification: [String] {
        [
            "This is the mail system at host \(about.host).",
            "",
            "Your message did not reach a recipient; it is attached below.",
            "The postmaster can help: send what you see here along.",
            "",
            "                   The mail system",
            "",
            "<\(about.address)>: host \(failure.remoteHost)[192.0.2.25] said: \(failure.line)",
            "    (in reply to RCPT TO command)",
        ]
    }

    var descriptions: PartDescriptions? {
        PartDescriptions(
            notification: "Notification",
            status: "Delivery report",
            whole: "Undelivered Message",
            header: "Undelivered Message Headers"
        )
    }

    func messageFields() -> HeaderWriter {
        var fields = HeaderWriter()
        fields.field("Reporting-MTA", "dns; \(about.host)")
        fields.field("X-Postfix-Queue-ID", about.original.queueID)
        fields.field("X-Postfix-Sender", "rfc822; \(about.original.sender)")
        fields.date("Arrival-Date", about.original.arrival)
        return fields
    }

    func recipientFields() -> HeaderWriter {
        var fields = HeaderWriter()
        fields.field("Final-Recipient", "rfc822; \(about.address)")
        fields.field("Original-Recipient", failure.originalRecipient ?? "rfc822;\(about.address)")
        fields.field("Action", "failed")
        fields.field("Status", "\(failure.status)")
        fields.field("Remote-MTA", "dns; \(failure.remoteHost)")
        fields.field("Diagnostic-Code", "smtp; \(failure.line)")
        return fields
    }
}

import MailFormat
import StatusCodes

/// A report as Exchange lays it out: `Undeliverable: …`, its own words for a failure, the block for administrators.
struct ExchangeManner: ReportManner {
    let failure: SimulatedFailure

    var author: String { "postmaster@\(about.host)" }
    var subject: String { "Undeliverable: \(about.subject)" }

    func addFields(to header: inout HeaderWriter) {
        header.field("Content-Language", "en-US")
        header.field("X-MS-Exchange-Message-Is-Ndr", "")
    }

    /// What its components print where other systems print a sentence, and the digits that go with it, also those that
    /// disagree with the status.
    private static let words: [EnhancedStatusCode: (digits: Int, text: String)] = [
        EnhancedStatusCode(.permanentFailure, 1, 1): (550, "RESOLVER.ADR.ExRecipNotFound; not found"),
        EnhancedStatusCode(.permanentFailure, 1, 10):
            (550, "RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"),
        EnhancedStatusCode(.permanentFailure, 2, 2):
            (554, "mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException"),
        EnhancedStatusCode(.permanentFailure, 2, 3):
            (550, "RESOLVER.RST.RecipSizeLimit; message too large for this recipient"),
        EnhancedStatusCode(.permanentFailure, 7, 1): (550, "RESOLVER.RST.NotAuthorized; not authorized"),
        EnhancedStatusCode(.persistentTransientFailure, 4, 7): (550, "QUEUE.Expired; message expired"),
    ]

    /// `550 5.1.10 RESOLVER.ADR.RecipientNotFound; …`.
    private var line: String {
        Self.words[failure.status].map { "\($0.digits) \(failure.status) \($0.text)" } ?? failure.line
    }

    var notification: [String] {
        [
            "Delivery has failed to these recipients or groups:",
            "",
            "\(about.address)<mailto:\(about.address)>",
            "Your message was not delivered. Check the address, or ask the person in another way.",
            "",
            "",
            "Diagnostic information for administrators:",
            "",
            "Generating server: \(about.host)",
            "",
            about.address,
            "Remote server returned '\(line)'",
        ]
    }

    var descriptions: PartDescriptions? { nil }

    func messageFields() -> HeaderWriter {
        var fields = HeaderWriter()
        fields.field("Reporting-MTA", "dns;\(about.host)")
        fields.field("Received-From-MTA", "dns;\(about.original.client.name)")
        fields.date("Arrival-Date", about.original.arrival)
        return fields
    }

    func recipientFields() -> HeaderWriter {
        var fields = HeaderWriter()
        if let original = failure.originalRecipient { fields.field("Original-Recipient", original) }
        fields.field("Final-Recipient", "rfc822;\(about.address)")
        fields.field("Action", "failed")
        fields.field("Status", "\(failure.status)")
        fields.field("Diagnostic-Code", "smtp;\(line)")
        return fields
    }
}

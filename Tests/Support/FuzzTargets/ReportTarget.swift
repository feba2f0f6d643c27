import DeliveryReports
import MailFormat

/// Reads the input as a message with parts, and as a delivery report.
func fuzzReport(_ bytes: [UInt8]) {
    let structure = MIMEStructure(bytes.span)
    checkNesting(of: structure, in: bytes, MIMELimits())
    if let report = DeliveryReport(bytes.span, structure) {
        mustHold(report.recipients.count <= DeliveryReport.mostRecipients, "recipients are bounded")
        for place in [report.returned, report.notification].compactMap({ $0 }) {
            mustHold(place.body.upperBound <= bytes.count, "what is returned lies in the report")
        }
        for recipient in report.recipients where recipient.status != nil {
            mustHold(recipient.printedStatus != nil, "a status was printed")
        }
    }
}

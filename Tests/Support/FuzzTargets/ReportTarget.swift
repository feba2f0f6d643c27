import DeliveryReports
import MailFormat

/// Reads the input as a message with parts, and as a delivery report.
func fuzzReport(_ bytes: [UInt8]) {
    let structure = MIMEStructure(bytes.span)
    mustHold(!structure.parts.isEmpty && structure.parts.count <= MIMELimits().parts, "the message itself is a part")
    for (index, part) in structure.parts.enumerated() {
        mustHold(part.header.lowerBound >= 0 && part.body.upperBound <= bytes.count, "a part lies in the message")
        mustHold(part.header.upperBound <= part.body.lowerBound, "a body comes after its header")
        mustHold((part.parent ?? -1) < index && part.depth <= MIMELimits().depth, "a part comes after what holds it")
        if let parent = part.parent {
            let outer = structure.parts[parent].body
            mustHold(
                part.header.lowerBound >= outer.lowerBound && part.body.upperBound <= outer.upperBound,
                "a part lies in the part that holds it"
            )
        }
        var content: [UInt8] = []
        _ = part.encoding.decode(bytes.span, part.body, limit: 1000, to: &content)
        mustHold(content.count <= 1000, "no more is decoded than was asked for")
    }
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

import MailFormat

/// Complaints that some providers forward without a part for programs: the message itself, under a subject that says
/// so.
///
/// Microsoft's junk mail reporting (`staff@hotmail.com`, "complaint about message from 192.0.2.1") names the recipient
/// in a field of the message.
struct ComplaintForward {
    private let part: Int

    init?(_ bytes: Span<UInt8>, _ structure: MIMEStructure, _ header: ReportHeader) {
        guard let subject = header.subject, bytes.matches("complaint about message from", at: Int(subject.start)),
            let part = structure.parts.firstIndex(where: { $0.depth == 1 && $0.contentType.isType("message", "rfc822") }
            )
        else { return nil }
        self.part = part
    }

    /// The complaint as feedback.
    func analysis(_ bytes: Span<UInt8>, _ structure: MIMEStructure) -> MailAnalysis {
        let body = structure.parts[part].body
        let original = OriginalMessage(bytes, at: body.lowerBound, to: body.upperBound)
        var result = RecipientResult()
        let block = HeaderBlock(bytes, at: body.lowerBound)
        let named = block.first("x-hmxmroriginalrecipient", bytes)
        result.recipient =
            named.flatMap { AddressList.addresses(bytes, $0.value, most: 1).first } ?? original.recipients.first
        result.feedbackType = "abuse"
        return MailAnalysis(
            kind: .feedback,
            reportingMTA: nil,
            arrival: nil,
            original: original,
            results: [result],
            isCut: false
        )
    }
}

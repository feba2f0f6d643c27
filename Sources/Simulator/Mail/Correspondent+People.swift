import MailFormat

// What people, or machines in their place, send back.
extension Correspondent {
    /// A complaint in the abuse reporting format (RFC 5965).
    func complaint() -> Letter {
        let boundary = boundary
        var header = header(
            from: "complaints@\(host)",
            subject: "FW: \(subject)",
            type: "multipart/report; report-type=feedback-report; boundary=\"\(boundary)\""
        )
        if original.isEightBit { header.field("Content-Transfer-Encoding", "8bit") }
        var multipart = MultipartWriter(after: header.finished(), boundary: boundary)
        multipart.beginPart { $0.field("Content-Type", "text/plain; charset=us-ascii") }
        multipart.append(Array("A recipient of \(host) called this message unwanted. It was simulated.\r\n".utf8))
        multipart.endPart()
        multipart.beginPart { $0.field("Content-Type", "message/feedback-report") }
        multipart.append(feedback())
        multipart.endPart()
        original.append(to: &multipart)
        return letter(multipart.finished())
    }

    /// RFC 5965 §3.1, §3.2.
    private func feedback() -> [UInt8] {
        var fields = HeaderWriter()
        fields.field("Feedback-Type", "abuse")
        fields.field("User-Agent", "Martlet-Simulator/1")
        fields.field("Version", "1")
        fields.field("Original-Mail-From", "<\(original.sender)>")
        fields.field("Original-Rcpt-To", "<\(address)>")
        fields.date("Arrival-Date", original.arrival)
        fields.field("Reporting-MTA", "dns; \(host)")
        fields.field("Source-IP", original.client.address)
        return fields.bytes
    }

    /// What a mailbox says whose owner is away (RFC 3834 §3).
    func automaticReply() -> Letter {
        var header = header(
            from: "<\(address)>",
            subject: "Automatic reply: \(subject)",
            type: "text/plain; charset=us-ascii"
        )
        header.field("Auto-Submitted", "auto-replied")
        let text = "I am away and read no mail. This answer was written by a machine.\r\n"
        return letter(header.finished() + Array(text.utf8))
    }
}

/// The lines of a reply to EHLO (RFC 5321 §2.2.1, §4.1.1.1), with what submission has to offer (RFC 6409 §7).
enum Capabilities {
    static func lines(_ context: ServerContext) -> [String] {
        let limits = context.configuration.limits
        var lines = [
            context.configuration.hostname,
            "PIPELINING",  // RFC 2920 §3.2
            "SIZE \(limits.messageSize)",  // RFC 1870 §3, §5
            "8BITMIME",  // RFC 6152 §2, and always with SMTPUTF8: RFC 6531 §3.6
            "SMTPUTF8",  // RFC 6531 §3.1
            "CHUNKING",  // RFC 3030; BINARYMIME is not offered, since no hop could take such content by DATA
            "ENHANCEDSTATUSCODES",  // RFC 2034 §3
            "DSN",  // RFC 3461
            "LIMITS MAILMAX=\(limits.transactions) RCPTMAX=\(limits.recipients)",  // RFC 9422 §2
        ]
        if context.offersStartTLS { lines.append("STARTTLS") }  // RFC 3207 §3
        let mechanisms = context.offeredMechanisms
        if !mechanisms.isEmpty {
            lines.append("AUTH " + mechanisms.map(\.name).joined(separator: " "))  // RFC 4954
        }
        lines += context.configuration.rehearsal?.capabilities() ?? []
        lines.append("HELP")
        return lines
    }
}

/// The lines of a reply to EHLO (RFC 5321 §4.1.1.1).
enum Capabilities {
    static func lines(_ context: ServerContext) -> [String] {
        let limits = context.configuration.limits
        var lines = [
            context.configuration.hostname,
            "PIPELINING",  // RFC 2920
            "SIZE \(limits.messageSize)",  // RFC 1870
            "8BITMIME",  // RFC 6152
            "SMTPUTF8",  // RFC 6531
            "CHUNKING",  // RFC 3030; BINARYMIME is not offered, since no hop could take such content by DATA
            "ENHANCEDSTATUSCODES",  // RFC 2034
            "DSN",  // RFC 3461
            "LIMITS MAILMAX=\(limits.transactions) RCPTMAX=\(limits.recipients)",  // RFC 9422
        ]
        if context.offersStartTLS { lines.append("STARTTLS") }  // RFC 3207
        let mechanisms = context.offeredMechanisms
        if !mechanisms.isEmpty {
            lines.append("AUTH " + mechanisms.map(\.name).joined(separator: " "))  // RFC 4954
        }
        lines.append("HELP")
        return lines
    }
}

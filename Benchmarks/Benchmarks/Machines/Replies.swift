import StatusCodes

/// What the benchmarks read: replies such as peers give, content such as people write.
enum Replies {
    /// One of them after the other: a benchmark's block runs once for each measurement.
    static func evidence(_ number: Int) -> Evidence { evidence[number % evidence.count] }

    private static let evidence: [Evidence] = [
        "550 5.1.1 The email account that you tried to reach does not exist",
        "452 4.2.2 The recipient's inbox is out of storage space",
        "450 4.7.1 Greylisted, please try again in 300 seconds",
        "554 5.7.1 Service unavailable; client host blocked using a list",
        "421 4.7.0 Too many connections from your address",
        "552 5.3.4 Message size exceeds fixed limit",
        "550 Requested action not taken: mailbox unavailable",
        "451 4.3.0 Temporary lookup failure",
        "550 5.7.26 This message does not pass authentication checks",
        "554 5.4.6 Too many hops",
    ].map { Evidence(stage: .rcpt, reply: PrintedReply(parsing: $0)) }

    /// Rules as an operator may have them.
    static let few = rules(200)
    /// The most that a file may have.
    static let many = rules(4096)
    /// The table with those rules.
    static let decisions: DecisionRules = {
        do { return try DecisionRules(adding: few.span) } catch { fatalError("the rules are wrong: \(error)") }
    }()

    /// Rules of an operator, thirty of them with phrases of their own.
    private static func rules(_ count: Int) -> [UInt8] {
        var text = "rule,class,status,stage,text,cause,conclude,basis\n"
        for number in 0..<count {
            let phrase = number < 30 ? "words_of_rule_\(number)" : "spam"
            text += "ours-\(number),5,vague,rcpt dot,\(phrase),policy-refused,cause,\"for a reason, of course\"\n"
        }
        return Array(text.utf8)
    }

    /// The registry as a file, with one code more.
    static let registry: [UInt8] = {
        var text = "code,title,classes\n"
        for entry in RegisteredStatus.all { text += "\(entry.status),\"\(entry.title)\",5\n" }
        return Array((text + "X.7.55,Registered tomorrow,\"4,5\"\n").utf8)
    }()

    static func content(of size: Int) -> [UInt8] {
        let line = Array("The quick brown fox jumps over the lazy dog, again and again and again.\r\n".utf8)
        var content: [UInt8] = []
        content.reserveCapacity(size + line.count)
        while content.count < size { content += line }
        return content
    }

    static let header: [UInt8] = {
        var header: [UInt8] = []
        for number in 0..<20 { header += Array("X-Field-\(number): some value of ordinary length, \(number)\r\n".utf8) }
        return header + Array("\r\n".utf8)
    }()
}

import StatusCodes

/// Takes the bytes for a peer's reply, decides it at every stage, and says it on to a client of ours.
func fuzzDecisions(_ bytes: [UInt8]) {
    let reply = PrintedReply(parsing: bytes.span)
    mustHold(reply.text.utf8.count <= 3 * PrintedReply.maximumText, "a printed reply is bounded, repairs included")
    mustHold(reply.text.utf8.allSatisfy(isPrintable), "a printed reply has no control characters")
    if let code = reply.code {
        let again = PrintedReply(parsing: "\(code) \(reply.status.map(String.init(describing:)) ?? "-") text")
        mustHold(again.code == reply.code && again.status == reply.status, "digits and code survive print and parse")
    }
    for stage in Stage.allCases {
        for nextHop in Evidence.NextHop.allCases {
            check(DecisionTable.decide(Evidence(stage: stage, reply: reply, nextHop: nextHop, acceptedRecipients: 2)))
        }
    }
    let diagnostic = DiagnosticText(parsing: bytes.span)
    mustHold(diagnostic.reply.text.utf8.count <= 3 * PrintedReply.maximumText, "a quoted reply is bounded too")
    if let rules = try? DecisionRules(adding: bytes.span) { check(rules.decide(Evidence(stage: .rcpt, reply: reply))) }
    if let registry = try? StatusRegistry.builtIn.replacingStatuses(with: bytes.span) {
        mustHold(registry.replies == ReplyMeaning.all, "a file of statuses leaves the replies alone")
    }
    let text = String(decoding: bytes, as: UTF8.self)
    checkRendering(text, .ascii)
    checkRendering(text, .utf8)
    if let explanation = Explanation(question: text) { mustHold(!explanation.title.isEmpty, "explained with a title") }
}

private func check(_ finding: Finding) {
    mustHold(finding.actions.isEmpty == (finding.cause == .accepted), "only a step has nothing to do")
    mustHold(finding.actions.last?.isTerminal ?? true, "the last action is terminal")
    mustHold(finding.suppression == .none || finding.fault == .recipient, "only a recipient's own fault suppresses")
    if let wait = finding.retryAfter {
        mustHold(wait >= .seconds(60) && wait <= .seconds(86_400), "a wait is between one minute and one day")
    }
}

/// Nothing that is said may begin a line of its own or be longer than a line.
private func checkRendering(_ text: String, _ charset: ReplyCharset) {
    var wire: [UInt8] = []
    Reply(.relayDenied, lines: [text, "last"]).render(into: &wire, charset: charset)
    var start = 0
    while start < wire.count {
        guard let lineFeed = wire[start...].firstIndex(of: 0x0A) else { break }
        let line = wire[start...lineFeed]
        mustHold(line.count <= Reply.maximumLine && line.count >= 12, "a line keeps its limit")
        mustHold(line.starts(with: Array("550".utf8)) && line.dropLast().last == 0x0D, "a line has digits and CRLF")
        mustHold(line.dropLast(2).allSatisfy { isPrintable($0) && $0 != 0x0A }, "no control characters in a line")
        mustHold(charset == .utf8 || line.allSatisfy { $0 < 0x80 }, "ASCII unless the client speaks UTF-8")
        start = lineFeed + 1
    }
    mustHold(start == wire.count, "the reply ends with its last line")
}

private func isPrintable(_ octet: UInt8) -> Bool { octet >= 0x20 && octet != 0x7F || octet == 0x09 || octet == 0x0A }

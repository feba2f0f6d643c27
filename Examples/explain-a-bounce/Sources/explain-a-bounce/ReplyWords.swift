import SMTPProtocol
import StatusCodes

/// Replies of a mail server, one after the other as in a log, in words: a paragraph for each.
struct ReplyWords {
    let paragraphs: [String]

    /// Reads replies, each of one line or more; nil when there is anything else.
    init?(_ text: [UInt8], _ catalogue: Catalogue) {
        var rest = Self.wireLines(text)[...]
        // SMTPProtocol finds where a reply ends: over a connection only CRLF ends a line.
        var parser = ReplyParser()
        var paragraphs: [String] = []
        while !rest.isEmpty {
            let bytes = Array(rest)
            guard case .reply(let found) = parser.parse(bytes.span) else { return nil }
            paragraphs.append(Self.words(for: Array(bytes.prefix(found.byteCount)), catalogue))
            rest = rest.dropFirst(found.byteCount)
        }
        guard !paragraphs.isEmpty else { return nil }
        self.paragraphs = paragraphs
    }

    private static func words(for reply: [UInt8], _ catalogue: Catalogue) -> String {
        let finding = DecisionTable.decide(Evidence(stage: .rcpt, reply: PrintedReply(parsing: reply.span)))
        let explanation = Explanation(finding, in: catalogue).description
        return finding.actions.isEmpty ? explanation : "\(explanation)\n(\(finding.actions))"
    }

    /// The lines of a file as they come over the wire; empty ones are left out.
    private static func wireLines(_ text: [UInt8]) -> [UInt8] {
        text.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }.flatMap { $0 + [0x0D, 0x0A] }
    }
}

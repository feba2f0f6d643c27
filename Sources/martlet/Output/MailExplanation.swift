import BounceAnalysis
import StatusCodes

/// A report about mail in the words of a catalogue: what became of whom, whose turn it is, what to do.
struct MailExplanation {
    let analysis: MailAnalysis
    let catalogue: Catalogue
    let registry: StatusRegistry

    /// A paragraph for those of whom the same is true; empty when the mail is no report.
    var text: String {
        var paragraphs: [(heading: [String], words: String)] = []
        for result in analysis.results {
            guard let words = words(for: result) else { continue }
            if paragraphs.last?.words == words {
                paragraphs[paragraphs.count - 1].heading += Self.heading(result)
            } else {
                paragraphs.append((Self.heading(result), words))
            }
        }
        if paragraphs.isEmpty, let words = notice { paragraphs.append(([], words)) }
        return paragraphs.map { ($0.heading + [$0.words]).joined(separator: "\n") }.joined(separator: "\n\n")
    }

    /// The address, and below it what was said about it.
    private static func heading(_ result: RecipientResult) -> [String] {
        var lines: [String] = []
        if let recipient = result.recipient { lines.append("<\(Printable.text(recipient))>") }
        lines += (result.diagnostic ?? "").split(separator: "\n").map { "  \(Printable.text(String($0)))" }
        return lines
    }

    private func words(for result: RecipientResult) -> String? {
        result.finding.map { Explanation($0, registry: registry, in: catalogue).description } ?? notice
    }

    private var notice: String? {
        guard let notice = Catalogue.Notice(analysis.kind) else { return nil }
        let entry = catalogue.entry(of: notice)
        return "\(entry.title)\n\(entry.what)"
    }
}

extension Catalogue.Notice {
    /// What a mail is when it tells of no delivery; nil for the kinds that do, and for ordinary mail.
    init?(_ kind: MailAnalysis.Kind) {
        switch kind {
        case .feedback: self = .complaint
        case .autoReply: self = .automaticReply
        case .receipt: self = .receipt
        case .bounce, .delay, .delivered, .relayed, .expanded, .notAReport: return nil
        }
    }
}

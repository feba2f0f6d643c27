import BounceAnalysis
import Foundation
import MailFormat
import StatusCodes

/// One report about mail that a person asks about: a file, or what was pasted.
struct PastedMail {
    /// Its octets, as far as they are read.
    let bytes: [UInt8]
    /// The path as it was given; nil for standard input.
    let name: String?

    /// What is read of it: one octet more than the analysis keeps, so that it sees that something is missing.
    static let mostOctets = AnalysisLimits().octets + 1

    /// Text that was read already.
    init(bytes: [UInt8], name: String? = nil) { (self.bytes, self.name) = (bytes, name) }

    /// Reads a file, or standard input for `-`.
    init(path: String) throws(CommandFailure) {
        guard path != "-" else {
            var input = InputLines(longest: 0)
            self.init(bytes: try input.rest(limit: Self.mostOctets))
            return
        }
        do {
            let handle = try FileHandle(forReadingFrom: URL(filePath: path))
            defer { try? handle.close() }
            self.init(bytes: [UInt8](try handle.read(upToCount: Self.mostOctets) ?? Data()), name: path)
        } catch {
            throw CommandFailure(.inputOutput, "\(path) cannot be read")
        }
    }

    /// What it tells by some rules.
    func analysis(_ rules: DecisionRules) -> MailAnalysis { MailAnalyzer.analyze(pasted: bytes.span, rules: rules) }

    /// The fields with which mails begin that somebody saved, beside `X-…`; no question begins with one.
    private static let firstFields = [
        "return-path", "received", "delivered-to", "from", "to", "date", "subject", "message-id", "mime-version",
    ]

    /// Whether a line is the first of a whole mail, and no question.
    static func begins(with line: [UInt8]) -> Bool {
        if MailboxSplitter.isSeparator(line.span) { return true }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return false }
        let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
        return firstFields.contains(name) || name.wholeMatch(of: /x(-[a-z0-9]+)+/) != nil
    }
}

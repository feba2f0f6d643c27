import Foundation
import Testing

/// Every reply is built from a condition of the registry, so no text that looks like one may stand elsewhere.
@Suite struct `Reply literals` {
    /// The registry's own tables and the recorded wordings of other systems are data about replies.
    private static func isData(_ path: String) -> Bool {
        path.hasSuffix(".generated.swift") || path.hasPrefix("Sources/StatusCodes/Registry/")
            || path.hasPrefix("Sources/StatusCodes/Decision/") || path.hasPrefix("Sources/StatusCodes/Causes/")
    }

    /// A text literal that begins like a reply line: three digits, then a space or a hyphen.
    private static func replyLiterals(in text: String) -> [(line: Int, literal: Substring)] {
        var found: [(Int, Substring)] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let start = line.drop(while: { $0 == " " })
            if start.hasPrefix("//") { continue }
            for match in line.matches(of: /"[2-5][0-9][0-9](?:[ \-]|(?: [245]\.[0-9]{1,3}\.[0-9]{1,3}))[^"]*"?/) {
                // What a person may ask about, in a command's help, and a simulated recipient are no replies of ours.
                if line[..<match.range.lowerBound].hasSuffix("martlet explain ")
                    || line[..<match.range.lowerBound].hasSuffix("martlet explain \\")
                    || match.output.contains(/^"[0-9]{3}-[0-9.]+@/)
                {
                    continue
                }
                // A comment behind code may quote the wire.
                if let comment = line.firstRange(of: " // "), comment.lowerBound < match.range.lowerBound { continue }
                found.append((index + 1, match.output))
            }
        }
        return found
    }

    @Test func `no reply literal stands outside the registry`() throws {
        let files = try Repository.swiftFiles(under: "Sources")
        #expect(files.count > 5)
        for path in files where !Self.isData(path) {
            for (line, literal) in Self.replyLiterals(in: try Repository.text(of: path)) {
                Issue.record("\(path):\(line): \(literal) is a reply; build it from a Condition")
            }
        }
    }

    @Test(arguments: [
        (#"send("250 ok")"#, 1), (#"send("550-5.7.1 no")"#, 1), (#"let port = "2525""#, 0), (#"// says "250 ok""#, 0),
        (#"next() // "354 go""#, 0),
        (#"martlet explain "550 5.1.1 no""#, 0), (#"("552-5.2.2@example.org", "full")"#, 0),
        (#"Reply(.queued, "queued as 250 x")"#, 0),
    ])
    func `the scan sees a reply and nothing else`(code: String, count: Int) {
        #expect(Self.replyLiterals(in: code).count == count)
    }
}

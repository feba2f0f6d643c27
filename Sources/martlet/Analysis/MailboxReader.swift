import BounceAnalysis
import Foundation
import MailFormat
import StatusCodes

/// Reads the mails of an mbox one by one; no more of it is in memory than a chunk and the mails in it.
struct MailboxReader {
    /// One mail, with its bytes.
    struct Mail {
        let analyzer: MailAnalyzer
        let place: MailPlace
        let octets: Int
    }

    private let file: MailSources.File
    private let rules: DecisionRules
    private let handle: FileHandle
    private var splitter = MailboxSplitter()
    private var ready: [Mail] = []
    private var analyzer: MailAnalyzer
    private var octets = 0
    private var number = 1
    private var isAtEnd = false

    /// Opens a file that `MailFile.isMailbox` is true of.
    init(_ file: MailSources.File, rules: DecisionRules = .builtIn) throws {
        self.file = file
        self.rules = rules
        analyzer = MailAnalyzer(rules: rules)
        handle = try MailFile.open(file)
    }

    /// The next mail; nil at the end.
    mutating func next() throws -> Mail? {
        while ready.isEmpty, !isAtEnd {
            let chunk = try MailFile.read(handle)
            if chunk.isEmpty {
                var splitter = splitter
                splitter.finish { take($0, chunk) }
                self.splitter = splitter
                if octets > 0 { endMail(isOnly: number == 1) }
                isAtEnd = true
                try? handle.close()
            } else {
                var splitter = splitter
                splitter.split(chunk) { take($0, chunk) }
                self.splitter = splitter
            }
            ready.reverse()
        }
        return ready.popLast()
    }

    private mutating func take(_ piece: MailboxSplitter.Piece, _ chunk: [UInt8]) {
        switch piece {
        case .bytes(let range):
            analyzer.consume(chunk.span.extracting(range))
            octets += range.count
        case .kept(let bytes):
            analyzer.consume(bytes.span)
            octets += bytes.count
        case .next: endMail(isOnly: false)
        }
    }

    private mutating func endMail(isOnly: Bool) {
        // A single mail from standard input has no place among others.
        let place = MailPlace(file: file.name, number: isOnly && file.path == nil ? nil : number)
        ready.append(Mail(analyzer: analyzer, place: place, octets: octets))
        (analyzer, octets) = (MailAnalyzer(rules: rules), 0)
        number += 1
    }
}

import BounceAnalysis
import Foundation
import MailFormat
import StatusCodes

/// Reads the mails of an mbox one by one; no more of it is in memory than a chunk and the mails in it.
struct MailboxReader {
    /// One mail.
    struct Mail {
        let content: Content
        let place: MailPlace
        let octets: Int
    }

    /// The bytes of a mail.
    enum Content: Sendable {
        /// All lie in one chunk, where others may have theirs: most mails are not copied.
        case slice([UInt8], Range<Int>)
        /// They came with several.
        case pieces(MailAnalyzer)

        /// What the mail is, by some rules.
        func analysis(_ rules: DecisionRules) -> MailAnalysis {
            switch self {
            case .slice(let chunk, let range): MailAnalyzer.analyze(chunk.span.extracting(range), rules: rules)
            case .pieces(let analyzer): analyzer.finish()
            }
        }
    }

    private let file: MailSources.File
    private let rules: DecisionRules
    private let handle: FileHandle
    private var splitter = MailboxSplitter()
    private var ready: [Mail] = []
    /// What earlier chunks had of the current mail; nil when they had nothing.
    private var analyzer: MailAnalyzer?
    /// Where the current mail lies in the current chunk.
    private var slice = 0..<0
    private var octets = 0
    private var number = 1
    private var isAtEnd = false

    /// Opens a file that `MailFile.isMailbox` is true of.
    init(_ file: MailSources.File, rules: DecisionRules = .builtIn) throws {
        self.file = file
        self.rules = rules
        handle = try MailFile.open(file)
    }

    /// The next mail; nil at the end.
    mutating func next() throws -> Mail? {
        while ready.isEmpty, !isAtEnd {
            let chunk = try MailFile.read(handle)
            var splitter = splitter
            if chunk.isEmpty {
                splitter.finish { take($0, chunk) }
                if octets > 0 { endMail(chunk, isOnly: number == 1) }
                isAtEnd = true
                try? handle.close()
            } else {
                splitter.split(chunk) { take($0, chunk) }
                keepSlice(of: chunk)
            }
            self.splitter = splitter
            ready.reverse()
        }
        return ready.popLast()
    }

    private mutating func take(_ piece: MailboxSplitter.Piece, _ chunk: [UInt8]) {
        switch piece {
        case .bytes(let range):
            slice = slice.isEmpty ? range : slice.lowerBound..<range.upperBound
            octets += range.count
        case .kept(let bytes):
            keep(bytes.span)
            octets += bytes.count
        case .next: endMail(chunk, isOnly: false)
        }
    }

    private mutating func keep(_ bytes: Span<UInt8>) {
        var kept = analyzer.take() ?? MailAnalyzer(rules: rules)
        kept.consume(bytes)
        analyzer = kept
    }

    /// Copies what a chunk has of the current mail: it goes on in the next one.
    private mutating func keepSlice(of chunk: [UInt8]) {
        if !slice.isEmpty { keep(chunk.span.extracting(slice)) }
        slice = 0..<0
    }

    private mutating func endMail(_ chunk: [UInt8], isOnly: Bool) {
        // A single mail from standard input has no place among others.
        let place = MailPlace(file: file.name, number: isOnly && file.path == nil ? nil : number)
        if analyzer != nil { keepSlice(of: chunk) }
        let content = analyzer.map(Content.pieces) ?? .slice(chunk, slice)
        ready.append(Mail(content: content, place: place, octets: octets))
        (analyzer, slice, octets) = (nil, 0..<0, 0)
        number += 1
    }
}

import BounceAnalysis
import Foundation
import MailFormat
import Relay

/// Hands mails to the service as late reports, or into its drop directory while it is down.
///
/// What is no report is passed over, except on standard input: whoever pipes a single mail wants it kept. A mail that is
/// handed over again within a day is the same one.
struct IntakeRun {
    let submission: LocalSubmission
    /// The service's address for reports that name their message in their content.
    let address: String

    private(set) var taken = 0
    private(set) var passedOver = 0

    init(submission: LocalSubmission, address: String) {
        self.submission = submission
        self.address = address
    }

    /// Hands over everything that the sources hold.
    mutating func run(_ sources: MailSources) async throws {
        for file in sources.files {
            if try MailFile.isMailbox(file) {
                try await mailbox(file)
            } else if try MailFile.analysis(of: file) != nil {
                try await single(file)
            }
        }
    }

    private mutating func single(_ file: MailSources.File) async throws {
        let handle = try MailFile.open(file)
        defer { try? handle.close() }
        var mail: [UInt8] = []
        while true {
            let piece = try MailFile.read(handle)
            guard !piece.isEmpty else { break }
            mail += piece
            try check(mail, file)
        }
        try await hand(mail, isWanted: false)
    }

    private mutating func mailbox(_ file: MailSources.File) async throws {
        let handle = try MailFile.open(file)
        var splitter = MailboxSplitter()
        var collector = Collector()
        while true {
            let chunk = try MailFile.read(handle)
            if chunk.isEmpty {
                splitter.finish { collector.take($0, chunk) }
                collector.take(.next, chunk)
            } else {
                splitter.split(chunk) { collector.take($0, chunk) }
            }
            try check(collector.current, file)
            for mail in collector.whole { try await hand(mail, isWanted: file.path == nil) }
            collector.whole = []
            if chunk.isEmpty { return }
        }
    }

    /// Puts the pieces of an mbox together.
    private struct Collector {
        var whole: [[UInt8]] = []
        var current: [UInt8] = []

        mutating func take(_ piece: MailboxSplitter.Piece, _ chunk: [UInt8]) {
            switch piece {
            case .bytes(let range): current += chunk[range]
            case .kept(let bytes): current += bytes
            case .next:
                if !current.isEmpty { whole.append(current) }
                current = []
            }
        }
    }

    private func check(_ mail: [UInt8], _ file: MailSources.File) throws {
        guard mail.count > HandedInReport.mostOctets else { return }
        throw CommandFailure(.badData, "a mail in \(file.path ?? "standard input") is larger than 64 MiB").exit()
    }

    private mutating func hand(_ mail: [UInt8], isWanted: Bool) async throws {
        guard isWanted || MailAnalyzer.analyze(mail.span).kind != .notAReport else {
            passedOver += 1
            return
        }
        _ = try await submission.submit(HandedInReport.message(mail, to: address))
        taken += 1
    }
}

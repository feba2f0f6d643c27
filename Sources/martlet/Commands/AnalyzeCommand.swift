import ArgumentParser
import BounceAnalysis
import Foundation
import MailFormat

/// `martlet analyze`: what mails about mails say, recipient by recipient.
struct AnalyzeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "analyze",
        abstract: "Read bounces, complaints and automatic answers, and say what became of whom. Offline.",
        discussion: """
            Examples:
              martlet analyze bounce.eml
              martlet analyze ~/Maildir --format json
              martlet analyze archive.mbox --format sisimai
              cat bounce.eml | martlet analyze -
              martlet analyze --intake -          # in a pipe from another mail system: a late report

            A path is a mail, an mbox, a Maildir, or a folder of any of these. Names in the output are relative to the \
            folder given. An mbox is streamed: it may be larger than memory. With --intake nothing is printed: the mails \
            go to the service (bounces.domain), or into its drop directory while it is down; of files and folders only \
            reports do.
            """
    )
    @Argument(help: "Files and folders, or - for standard input.")
    var paths: [String]
    @Option(help: "text, json (one object a mail), or sisimai (one object an address, with the keys of its dump).")
    var format: AnalysisFormat = .text
    @OptionGroup var files: TableOptions
    @Flag(help: "Hand them to the service as late reports instead of printing what they say.") var intake = false
    @OptionGroup var service: ServiceOptions

    func validate() throws {
        guard intake, files.areGiven else { return }
        throw ValidationError("With --intake the service judges, by its own status.rules and status.registry.")
    }

    func run() async throws {
        let tables = try files.tables()
        let sources = try MailSources(paths: paths)
        guard !intake else { return try await handOver(sources) }
        let progress = Progress(total: sources.count)
        let failures = await AnalysisRun(format: format, tables: tables, progress: progress).run(sources)
        progress.finish()
        if failures > 0 { throw CommandFailure(.inputOutput, "\(failures) files could not be read").exit() }
    }

    private func handOver(_ sources: MailSources) async throws {
        guard let address = try service.reportAddress() else {
            throw CommandFailure(.configuration, "bounces.domain is not set: no mail has a return-path to find").exit()
        }
        var run = IntakeRun(submission: try service.submission(), address: address)
        try await run.run(sources)
        Standard.output("\(run.taken) handed over, \(run.passedOver) passed over.")
    }
}

/// `--format text|json|sisimai`.
enum AnalysisFormat: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
    case sisimai

    /// Appends the lines that a mail becomes, each with its line end; none for what a format has no words for.
    func append(
        _ analysis: MailAnalysis,
        _ place: MailPlace,
        _ explanations: ExplanationMembers,
        to text: inout [UInt8]
    ) {
        switch self {
        case .text: text.append(AnalysisText(analysis: analysis, place: place).text)
        case .json:
            AnalysisRecord(analysis: analysis, place: place, explanations: explanations).append(to: &text)
            text.append(ASCII.lineFeed)
        case .sisimai:
            for result in analysis.results {
                text.append(SisimaiRecord(analysis, result, place).json)
                text.append(ASCII.lineFeed)
            }
        }
    }
}

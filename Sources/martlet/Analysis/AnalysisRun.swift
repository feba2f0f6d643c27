import BounceAnalysis
import Foundation

/// Analyses mails on all cores and prints the results in the order of the files.
///
/// One task feeds: it lists files and takes mboxes apart. The others read single mails and analyse. What finishes early
/// waits for its turn, and no new work begins while it does, so that memory stays small whatever is analysed.
struct AnalysisRun: Sendable {
    let format: AnalysisFormat
    let progress: Progress
    private let tables: StatusTables
    private let explanations: ExplanationMembers

    init(format: AnalysisFormat, tables: StatusTables, progress: Progress) {
        self.format = format
        self.tables = tables
        self.progress = progress
        self.explanations = ExplanationMembers(registry: tables.registry)
    }

    /// Runs through all sources; the number of files that could not be read.
    func run(_ sources: MailSources) async -> Int {
        var feed = AnalysisFeed(sources, rules: tables.rules)
        var failures = 0
        await withTaskGroup(of: Done.self) { group in
            var waiting: [Int: Done] = [:]
            var started = 0
            var printed = 0
            func start(_ feed: inout AnalysisFeed) {
                guard let work = feed.next() else { return }
                let index = started
                group.addTask { analyze(work, index) }
                started += 1
            }
            // More than there are cores: what is done early waits for its turn, and its core must not.
            for _ in 0..<2 * ProcessInfo.processInfo.activeProcessorCount + 2 { start(&feed) }
            while let done = await group.next() {
                waiting[done.index] = done
                while let ready = waiting.removeValue(forKey: printed) {
                    Standard.put(ready.text)
                    failures += ready.failures
                    printed += 1
                    start(&feed)
                }
            }
        }
        return failures + feed.failures
    }

    private struct Done: Sendable {
        let index: Int
        var text: [UInt8] = []
        var failures = 0
    }

    /// What the mails of a portion become in octets, most often.
    private static let usualOutput = 96 << 10

    private func analyze(_ work: AnalysisFeed.Work, _ index: Int) -> Done {
        var done = Done(index: index)
        done.text.reserveCapacity(Self.usualOutput)
        for item in work.items {
            switch item {
            case .mail(let content, let place):
                format.append(content.analysis(tables.rules), place, explanations, to: &done.text)
            case .file(let file):
                do {
                    if let analysis = try MailFile.analysis(of: file, rules: tables.rules) {
                        format.append(analysis, MailPlace(file: file.name), explanations, to: &done.text)
                    }
                } catch {
                    Standard.error("cannot read \(file.path ?? "standard input")")
                    done.failures += 1
                }
                progress.step()
            }
        }
        return done
    }
}

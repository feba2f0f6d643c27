import ArgumentParser
import Foundation
import Relay

extension ExportFormat: ExpressibleByArgument {}

extension SuppressionCommand {
    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "import",
            abstract: "Take over a list of SES, SendGrid, Postmark, or JSON lines.",
            discussion: """
                The form is found out: CSV with a header that names the address (email, EmailAddress, address), CSV \
                without one (address, reason), or one JSON object a line with such members; what export prints can be \
                read. An address that somebody has decided about here already keeps that decision. SendGrid's blocks \
                are passed over: they say nothing of the recipient.
                """
        )
        @OptionGroup var service: ServiceOptions
        @Argument(help: "The file, or - for standard input.") var file: String
        @Option(help: "The reason of lines that give none.") var reason: String = "imported"
        @Flag(help: "Only count what would be taken over.") var dryRun = false
        @Option(help: "Who wants it, beside the user who runs this command.") var by: String?

        func run() async throws {
            let entries = try read()
            var count = 0
            var start = 0
            while start < entries.list.count {
                let end = min(start + SuppressionRequest.limit, entries.list.count)
                var question = SuppressionRequest()
                question.entries = Array(entries.list[start..<end])
                question.isTrial = dryRun ? true : nil
                count += try await service.change(.suppressionImport, question, reason: nil, by: by)
                start = end
            }
            let verb = dryRun ? "would be taken over" : "taken over"
            Standard.output("\(count) of \(entries.list.count) \(verb), \(entries.passedOver) passed over.")
        }

        /// Everything is read before anything is changed: a mistake in the last line changes nothing.
        private func read() throws -> (list: [SuppressionRequest.Entry], passedOver: Int) {
            var list = ForeignList(reason: reason)
            var entries: [SuppressionRequest.Entry] = []
            func take(_ entry: SuppressionRequest.Entry) throws {
                _ = try SuppressionSelection.subject(entry.address)
                entries.append(entry)
            }
            do {
                try ListFile(file).forEachPiece { try list.consume($0, take) }
                try list.finish(take)
            } catch let error as CSVReader.Malformed {
                throw CommandFailure(.badData, "line \(error.line) of \(file): \(error.sentence)").exit()
            } catch let error as SuppressionSelection.Unreadable {
                throw CommandFailure(.badData, "entry \(entries.count + 1) of \(file): \(error.sentence)").exit()
            }
            return (entries, list.passedOver)
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "export",
            abstract: "Print the list: JSON lines, or CSV as SES, SendGrid or Postmark know it.",
            discussion: "Only what suppresses now, unless --all is given; the CSV formats have no whole domains."
        )
        @OptionGroup var service: ServiceOptions
        @OptionGroup var filter: SuppressionFilter
        @Option(help: "json, ses, sendgrid or postmark.") var format: ExportFormat = .json

        func run() async throws {
            if let header = format.header { Standard.output(header) }
            try await service.suppressions(.suppressionList, try filter.request()) { item in
                if let line = format.line(item) { Standard.output(line) }
            }
        }
    }
}

/// Addresses of a command line, or of standard input when there is only `-`.
struct SubjectLines {
    private let given: [String]

    init(_ given: [String]) { self.given = given }

    /// Hands them over, so many at a time as one request takes.
    func forEachChunk(_ body: ([String]) async throws -> Void) async throws {
        var chunk: [String] = []
        func take(_ text: String) async throws {
            guard !text.isEmpty else { return }
            do throws(SuppressionSelection.Unreadable) {
                _ = try SuppressionSelection.subject(text)
            } catch {
                throw CommandFailure(.badData, error.sentence)
            }
            chunk.append(text)
            guard chunk.count == SuppressionRequest.limit else { return }
            try await body(chunk)
            chunk = []
        }
        if given == ["-"] {
            while let line = readLine() { try await take(line.trimmingCharacters(in: .whitespaces)) }
        } else {
            for text in given { try await take(text) }
        }
        if !chunk.isEmpty { try await body(chunk) }
    }
}

/// A file that is read piece by piece; `-` is standard input.
struct ListFile {
    private let path: String
    private static let piece = 1 << 16

    init(_ path: String) { self.path = path }

    func forEachPiece(_ body: ([UInt8]) throws -> Void) throws {
        guard path != "-" else {
            while true {
                let piece = try StandardInput.read()
                guard !piece.isEmpty else { return }
                try body(piece)
            }
        }
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw CommandFailure(.inputOutput, "\(path) cannot be read")
        }
        defer { try? file.close() }
        while let data = try file.read(upToCount: Self.piece), !data.isEmpty { try body(Array(data)) }
    }
}

extension ServiceOptions {
    /// Asks about the suppression list; when no service runs, the store itself is read.
    func suppressions(
        _ verb: ControlRequest.Verb,
        _ question: SuppressionRequest,
        each: (SuppressionItem) throws -> Void
    ) async throws {
        let now = Moment.now
        let selection: SuppressionSelection
        do throws(SuppressionSelection.Unreadable) {
            selection = try SuppressionSelection(question, at: now)
        } catch {
            throw CommandFailure(.badData, error.sentence)
        }
        do {
            try await ask(.suppression(verb, question)) { if case .suppression(let item) = $0 { try each(item) } }
        } catch let error as ControlClient.Unreachable {
            try await read(insteadOf: error) { reader in
                guard verb != .suppressionPreview else {
                    return try await selection.preview(in: reader) { try each($0) }
                }
                try await selection.forEach(in: reader) { record in
                    try each(SuppressionItem(record, at: now, withHistory: verb == .suppressionShow))
                }
            }
        }
    }

    /// Changes the suppression list; how many subjects that touched.
    func change(
        _ verb: ControlRequest.Verb,
        _ question: SuppressionRequest,
        reason: String?,
        by: String?,
        each: (SuppressionItem) throws -> Void = { _ in }
    ) async throws -> Int {
        var request = ControlRequest.suppression(verb, question, reason: reason)
        request.by = by
        var count = 0
        try await send(request) { answer in
            switch answer {
            case .suppression(let item): try each(item)
            case .end(let touched): count = touched
            case .message, .event, .position, .line, .failure: return
            }
        }
        return count
    }
}

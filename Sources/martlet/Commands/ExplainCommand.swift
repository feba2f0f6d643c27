import ArgumentParser
import Foundation
import StatusCodes

/// `martlet explain`: what a code or a reply means, whose turn it is, what to do.
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say what a status code or a reply means, whose turn it is and what to do. Offline.",
        discussion: """
            Examples:
              martlet explain 5.1.1
              martlet explain 552
              martlet explain "450 4.7.1 Greylisted, please try again in 300 seconds"
              martlet explain 5.7.1-relay-denied --locale de
              cut -f1 replies.txt | martlet explain - --format json

            With - each line of standard input is a question: plain text, or a JSON object with the keys text, stage, \
            status and provider. --format sisimai prints an object a line with the keys and reasons of Sisimai's dump.
            """
    )
    @Argument(help: "A code, a reply code, a whole reply line, a condition id, or - for standard input.")
    var what: [String]
    @Option(help: "Whose system said it: google, microsoft, …") var provider: String?
    @Option(help: "When it was said: connect, mail, rcpt, dot, …") var stage: String?
    @Option(help: "The language of the words: \(Catalogue.all.map(\.language).joined(separator: ", ")).")
    var locale: String?
    @Option(help: "text, json (one object a line), or sisimai (the keys of Sisimai's dump).")
    var format: Format = .text
    @Option(help: "A file of rules that are tried before the built-in ones (docs/operations/rules.md).")
    var rules: String?
    @Option(help: "A folder with a newer enhanced-status-codes.csv or reply-codes.csv.")
    var registry: String?

    /// How an explanation is printed.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text
        case json
        case sisimai
    }

    /// The longest line of standard input that is a question; a longer one is cut.
    private static let longestQuestion = 8192

    func run() async throws {
        let tables = try Tables(rules: rules, registry: registry)
        if what == ["-"] { return try explainLines(tables) }
        let question = Question(text: what.joined(separator: " "), stage: stage, provider: provider)
        guard let explanation = explain(question, .person, tables) else {
            throw CommandFailure(
                .badData,
                "this is no status code and no reply: \(question.text.prefix(80)); try 5.1.1, 552, or a whole reply line"
            ).exit()
        }
        switch format {
        case .json: Standard.output(ExplainRecord(explanation: explanation, line: nil).json)
        case .sisimai: Standard.output(SisimaiExplanation(explanation, text: question.text, line: nil).json)
        case .text: Standard.output(explanation.description)
        }
    }

    private struct Question: Decodable {
        var text: String
        var stage: String?
        var status: String?
        var provider: String?
    }

    private func explainLines(_ tables: Tables) throws {
        var number = 0
        while let line = readLine() {
            number += 1
            let text = String(line.prefix(Self.longestQuestion))
            guard !text.allSatisfy(\.isWhitespace) else { continue }
            let object = try? JSONDecoder().decode(Question.self, from: Data(text.utf8))
            let question = object ?? Question(text: text)
            let explanation = explain(question, object == nil ? .person : .report, tables)
            switch (explanation, format) {
            case (_, .sisimai):
                Standard.output(SisimaiExplanation(explanation, text: question.text, line: number).json)
            case (let explanation?, .json): Standard.output(ExplainRecord(explanation: explanation, line: number).json)
            case (let explanation?, .text): Standard.output("\(number): \(explanation.description)")
            case (nil, .json): Standard.output("{\"line\":\(number),\"kind\":\"not-a-report\",\"results\":[]}")
            case (nil, .text): Standard.output("\(number): no status code and no reply")
            }
        }
    }

    /// The language asked for; in text that of the terminal when none was, in JSON English, so that a script's output
    /// does not change with the place where it runs.
    private var catalogue: Catalogue {
        if let locale { return Catalogue.best(for: [locale]) }
        guard format == .text else { return .en }
        let environment = ProcessInfo.processInfo.environment
        // POSIX: the first of these that is set decides.
        let named = ["LC_ALL", "LC_MESSAGES", "LANG"].compactMap { environment[$0] }.first { !$0.isEmpty }
        return Catalogue.best(for: named.map { [$0] } ?? [])
    }

    private func explain(_ question: Question, _ source: Explanation.Source, _ tables: Tables) -> Explanation? {
        Explanation(
            question: question.text,
            stage: (question.stage ?? stage).flatMap { Stage(said: $0) },
            status: question.status.flatMap(EnhancedStatusCode.init(_:)),
            provider: (question.provider ?? provider).map { Provider(name: $0.lowercased()) },
            source: source,
            rules: tables.rules,
            registry: tables.registry,
            in: catalogue
        )
    }

    /// The tables of this release, or with what an operator's files say.
    private struct Tables {
        var rules = DecisionRules.builtIn
        var registry = StatusRegistry.builtIn

        init(rules path: String?, registry folder: String?) throws {
            if let path {
                rules = try Self.read(path) { (file) throws(DataFileError) in try DecisionRules(adding: file.span) }
            }
            guard let folder else { return }
            let before = registry
            let statuses = "\(folder)/enhanced-status-codes.csv"
            let replies = "\(folder)/reply-codes.csv"
            let files = FileManager.default
            guard files.fileExists(atPath: statuses) || files.fileExists(atPath: replies) else {
                throw CommandFailure(.badData, "\(folder) has neither of the two files of the registry").exit()
            }
            if files.fileExists(atPath: statuses) {
                registry = try Self.read(statuses) { (file) throws(DataFileError) in
                    try before.replacingStatuses(with: file.span)
                }
            }
            let between = registry
            if files.fileExists(atPath: replies) {
                registry = try Self.read(replies) { (file) throws(DataFileError) in
                    try between.replacingReplies(with: file.span)
                }
            }
        }

        private static func read<Table>(
            _ path: String,
            _ parse: ([UInt8]) throws(DataFileError) -> Table
        ) throws -> Table {
            let data: Data
            do {
                data = try Data(contentsOf: URL(filePath: path))
            } catch {
                throw CommandFailure(.inputOutput, "\(path) cannot be read").exit()
            }
            do {
                return try parse([UInt8](data))
            } catch {
                throw CommandFailure(.badData, "\(path): \(error)").exit()
            }
        }
    }
}

extension Stage {
    /// A stage by its name, or by the SMTP verb that people and reports use for it, in any case.
    init?(said name: String) {
        let name = name.lowercased()
        switch name {
        case "ehlo", "lhlo": self = .helo
        case "conn": self = .connect
        default: self.init(rawValue: name)
        }
    }
}
